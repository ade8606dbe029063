# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The program ocs-chkimg of the stand-in: reads an image, and tells whether it could be restored."""

from __future__ import annotations

import sys

from .tree import here


def main() -> int:
    """Run the program: ``ocs-chkimg [-b] [--nogui] IMAGE``. A file ``corrupt`` in the image makes it a broken one."""
    tree = here()
    words = [word for word in sys.argv[1:] if word not in ("-b", "--nogui")]
    if len(words) != 1 or words[0].startswith("-"):
        print("Usage: ocs-chkimg [OPTION] IMAGE")
        return 2
    folder = tree.images / words[0]
    parts = (folder / "parts").read_text().split() if (folder / "parts").exists() else []
    for part in parts:
        print(f'Checking the partition {part} in the image "{words[0]}"...')
    whole = all(any(folder.glob(f"{part}.*-img*")) for part in parts) and bool(parts)
    if (folder / "corrupt").exists() or not whole:
        print("Broken partition image(s) found: " + words[0])
        return 1
    print(f"All the images of partition or LV device in this image were checked and they are restorable: {words[0]}")
    return 0
