# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The checksums of an image's files where the engine keeps them, as a text of its own that lies elsewhere.

The text is that of ``sha256sum``: its digits, two spaces, the path below the image's folder; sorted by path.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_LINE = re.compile(r"^([0-9a-f]{64})  (.+)$")
_CHUNK = 1024 * 1024


class ManifestError(Exception):
    """The files, or the manifest, cannot be read or written. The message says where, what and what to do."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """``files``: SHA-256 by path below the image's folder, with slashes. ``size``: bytes of all files."""

    files: Mapping[str, str]
    size: int = 0

    @property
    def text(self) -> str:
        """The manifest as it is written."""
        return "".join(f"{self.files[name]}  {name}\n" for name in sorted(self.files))

    @property
    def checksum(self) -> str:
        """The SHA-256 of the text: one for the whole image."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def differences(self, other: Manifest) -> list[str]:
        """Return how ``other`` differs from this one, a line for each file."""
        lines = [f"{name} is missing" for name in sorted(set(self.files) - set(other.files))]
        lines += [f"{name} is new" for name in sorted(set(other.files) - set(self.files))]
        both = sorted(set(self.files) & set(other.files))
        return lines + [f"{name} has another content" for name in both if self.files[name] != other.files[name]]


def read_folder(folder: Path) -> Manifest:
    """Read every file below the image's folder. Raises ManifestError for an empty one, links and odd names."""
    files: dict[str, str] = {}
    size = 0
    try:
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder).as_posix()
            if path.is_symlink():
                raise ManifestError(f"{path}: it is a link; an image has files of its own")
            if path.is_dir():
                continue
            if "\n" in name:
                raise ManifestError(f"{folder}: a file's name has a line end; this is no image")
            files[name] = _digest(path)
            size += path.stat().st_size
    except OSError as error:
        raise ManifestError(
            f"{folder}: {error.strerror}; run this where the image lies, with the right to read it"
        ) from error
    if not files:
        raise ManifestError(f"{folder}: there is no file; is this the image's folder?")
    return Manifest(files, size)


def read_text(path: Path) -> Manifest | None:
    """Read a manifest, None where there is none. Raises ManifestError."""
    try:
        content = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise ManifestError(f"{path}: the manifest cannot be read: {error}") from error
    files = {}
    for number, line in enumerate(content.splitlines(), 1):
        found = _LINE.match(line)
        if not found:
            raise ManifestError(f"{path}: line {number} is no line of a manifest; remove the file and make it anew")
        files[found[2]] = found[1]
    return Manifest(files)


def write_text(path: Path, manifest: Manifest) -> None:
    """Write a manifest whole or not at all. Raises ManifestError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, fresh = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(manifest.text)
            file.flush()
            os.fsync(file.fileno())
        Path(fresh).chmod(0o644)
        Path(fresh).replace(path)
    except OSError as error:
        raise ManifestError(f"{path}: the manifest cannot be written: {error.strerror}") from error


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
