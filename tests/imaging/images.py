# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Images of a small Windows-like partition, made from files, and the files as they lie on a seat's disk.

A disk is read with debugfs, without mounting it: what counts is what is on the disk, and nothing that ran there.
"""

from __future__ import annotations

import hashlib
import json
import random
import shlex
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from tests.imaging.needs import program

OFFSET = 1024 * 1024  # where the partition begins on a disk
MARKER = "ProgramData/nightshift/image.json"  # docs/device-protocol.md, win_image_marker
RUN_MARKER = "ProgramData/nightshift/run.json"


class OnDisk(Enum):
    """What a seat's disk holds, judged by its files alone."""

    NEW = "the image, every file of it"
    OLD = "what it held before"
    BROKEN = "neither"


@dataclass(frozen=True, slots=True)
class Image:
    """An image. ``files``: path to content. ``partition``: the file system, ``megabytes`` large."""

    name: str
    files: Mapping[str, bytes]
    partition: Path

    @property
    def sums(self) -> dict[str, str]:
        """SHA-256 of each file, in hex."""
        return {path: hashlib.sha256(content).hexdigest() for path, content in self.files.items()}


def files_of(version: str, payload: int) -> dict[str, bytes]:
    """Return the files of a version of the image with ``payload`` bytes that no compression makes smaller."""
    chance = random.Random(version)
    files = {"Windows/notepad.txt": f"version {version}\n".encode()}
    pieces = 8
    for piece in range(pieces):
        files[f"Windows/System32/piece{piece}.bin"] = chance.randbytes(payload // pieces)
    checksum = hashlib.sha256(b"".join(files[path] for path in sorted(files))).hexdigest()
    marker = {"name": version, "version": version, "checksum": checksum, "date": "2026-11-20T18:00:00Z"}
    return files | {MARKER: json.dumps(marker).encode()}


def make_partition(files: Mapping[str, bytes], to: Path, megabytes: int) -> None:
    """Write a file system with these files, without mounting anything."""
    with tempfile.TemporaryDirectory(dir=to.parent) as tree:
        for path, content in files.items():
            file = Path(tree, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        subprocess.run(
            [program("mke2fs"), "-q", "-F", "-t", "ext4", "-E", "root_owner=0:0", "-d", tree, str(to), f"{megabytes}M"],
            check=True,
            capture_output=True,
        )


def make_image(version: str, folder: Path, *, payload: int, megabytes: int) -> Image:
    """Make an image of ``version``; ``payload`` in bytes."""
    files = files_of(version, payload)
    partition = folder / f"{version}.ext4"
    make_partition(files, partition, megabytes)
    return Image(version, files, partition)


def partition_table(megabytes: int) -> bytes:
    """Return the first sector of a disk with one Linux partition of that size at OFFSET."""
    start, length = OFFSET // 512, megabytes * 2048
    entry = bytes((0x80, 0, 0, 0, 0x83, 0, 0, 0)) + start.to_bytes(4, "little") + length.to_bytes(4, "little")
    return bytes(440) + b"NSFT\0\0" + entry + bytes(48) + b"\x55\xaa"


def make_disk(image: Image, disk: Path) -> None:
    """Write a disk that holds the image already, as a PC's does before its night."""
    content = image.partition.read_bytes()
    table = partition_table(len(content) // OFFSET)
    with disk.open("wb") as file:
        file.write(table)
        file.seek(OFFSET)
        file.write(content)
        file.truncate(OFFSET + len(content) + OFFSET)


def capture(image: Image, to: Path) -> Path:
    """Let partclone capture the image and zstd compress it, as the engines do; return the file."""
    raw = to / f"{image.name}.ptcl"
    subprocess.run(
        [
            program("partclone.ext4"),
            "-B",
            "-c",
            "-s",
            str(image.partition),
            "-o",
            str(raw),
            "-L",
            str(to / "partclone.log"),
        ],
        check=True,
        capture_output=True,
    )
    packed = to / f"{image.name}.ptcl.zst"
    subprocess.run([program("zstd"), "-q", "-1", "-f", "--rm", str(raw), "-o", str(packed)], check=True)
    return packed


def read_disk(disk: Path, *, offset: int = OFFSET) -> dict[str, bytes]:
    """Return the files that lie on a disk's partition; those that cannot be read are not in it."""
    with tempfile.TemporaryDirectory() as to:
        subprocess.run(
            [program("debugfs"), "-R", f"rdump / {shlex.quote(to)}", f"{disk}?offset={offset}"],
            check=False,
            capture_output=True,
            stdin=subprocess.DEVNULL,
        )
        found = (path for path in Path(to).rglob("*") if path.is_file() and not path.is_symlink())
        return {str(path.relative_to(to)): path.read_bytes() for path in found}


def judged(disk: Path, new: Image, old: Image, *, offset: int = OFFSET) -> OnDisk:
    """Say what a disk holds: all files as in ``new`` and no others, or as in ``old``, or neither."""
    files = read_disk(disk, offset=offset)
    for image, verdict in ((new, OnDisk.NEW), (old, OnDisk.OLD)):
        if files == dict(image.files):
            return verdict
    return OnDisk.BROKEN
