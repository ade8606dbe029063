# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One checksum that stands for the content of an image, and that can be known before it is captured.

The marker lies inside the image, so it cannot hold a checksum of the image. It holds one of what is checked on each
seat: the image's name, its Windows and the checksums of some of its files.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

from ..room.rules import ImageFile
from ..seat.facts import Windows


def seal(image: str, windows: Windows, files: Iterable[ImageFile]) -> str:
    """Return the SHA-256 in hexadecimal digits; the order and case of paths and digits do not matter."""
    listed = sorted((file.path.casefold(), file.sha256.lower()) for file in files)
    content = {"image": image, "windows": [windows.edition, windows.build, windows.ubr], "files": listed}
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
