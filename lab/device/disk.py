# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The files on a simulated PC's disk: in memory, or in a file system inside a raw disk image, which is only read."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

DATA_FOLDER = "C:\\ProgramData\\nightshift"


class Disk(Protocol):
    """Files by their path on Windows, such as ``C:\\ProgramData\\nightshift\\image.json``; case does not matter."""

    def read(self, path: str) -> bytes | None:
        """Return the content, None where there is no such file. Raises OSError where it cannot be read."""

    def write(self, path: str, content: bytes) -> None:
        """Write the whole file. Raises OSError."""

    def remove(self, path: str) -> None:
        """Remove the file, if there is one. Raises OSError."""


@dataclass(slots=True)
class MemoryDisk:
    """Files in memory. ``broken``: paths that cannot be read, with the reason."""

    files: dict[str, bytes] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, files: Mapping[str, str]) -> MemoryDisk:
        """Return a disk with these texts by path."""
        return cls({path.casefold(): content.encode() for path, content in files.items()})

    def read(self, path: str) -> bytes | None:
        """Return the content."""
        if path.casefold() in self.broken:
            raise OSError(self.broken[path.casefold()])
        return self.files.get(path.casefold())

    def write(self, path: str, content: bytes) -> None:
        """Write the whole file."""
        self.files[path.casefold()] = content

    def remove(self, path: str) -> None:
        """Remove the file."""
        self.files.pop(path.casefold(), None)

    def copy(self) -> MemoryDisk:
        """Return what an image of it would hold."""
        return MemoryDisk(dict(self.files), dict(self.broken))


@dataclass(frozen=True, slots=True)
class RawDisk:
    """An ext2, ext3 or ext4 file system in a raw image, read by debugfs of e2fsprogs: nothing is mounted.

    ``partitions``: drive letter to the byte at which its file system begins. Paths lose their drive and keep their
    case: ``C:\\etc\\room.txt`` is ``/etc/room.txt`` on the partition of C.
    """

    image: Path
    partitions: Mapping[str, int] = field(default_factory=lambda: {"C": 0})

    def read(self, path: str) -> bytes | None:
        """Return the content as it is on the disk now."""
        drive, _colon, rest = path.partition(":")
        if drive.upper() not in self.partitions:
            raise OSError(f"{path}: {self.image.name} has no drive {drive}")
        inside = rest.replace("\\", "/")
        if '"' in inside or "\n" in inside:
            raise OSError(f"{path}: debugfs takes no such name")
        start = self.partitions[drive.upper()]
        done = subprocess.run(
            ["debugfs", "-R", f'cat "{inside}"', f"{self.image}?offset={start}" if start else str(self.image)],
            capture_output=True,
            check=False,
            timeout=60,
        )
        said = [line for line in done.stderr.decode(errors="replace").splitlines() if not line.startswith("debugfs ")]
        if any("File not found" in line for line in said):
            return None
        if done.returncode != 0 or said:
            raise OSError(f"{path}: {' '.join(said) or f'debugfs ended with {done.returncode}'}")
        return done.stdout

    def write(self, path: str, content: bytes) -> None:
        """Refuse: it is only read."""
        raise OSError(f"{path}: {self.image.name} is only read")

    def remove(self, path: str) -> None:
        """Refuse: it is only read."""
        raise OSError(f"{path}: {self.image.name} is only read")
