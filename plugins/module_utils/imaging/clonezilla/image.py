# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An image in Clonezilla's folder: its disk, its partitions, and what forbids to give it to a room.

An image is a folder: ``disk`` names the disk it was taken from, ``parts`` its partitions, and each partition lies in
``<partition>.<file system>-ptcl-img.<compression>``, cut into ``.aa``, ``.ab`` and so on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ..engine import JobSpec, Mode, Problem
from .layout import Settings

_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_.+-]*$")
_RESERVED = frozenset({"ask_user", "autoname", "autoproductname"})
_COMPRESSED = re.compile(r"-ptcl-img\.(gz|bz2|lzo|lzma|xz|lzip|lz|lrz|lz4|zst)(\.a[a-z]+)?$")
_PLAIN = re.compile(r"(-ptcl-img(\.uncomp)?)(\.a[a-z]+)?$")
_SECTORS = re.compile(r"^Disk /dev/[^:]+: (\d+)s$", re.MULTILINE)
_SECTOR = re.compile(r"^Sector size \(logical/physical\): (\d+)B", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Image:
    """An image. ``disk``: the disk it was taken from, "" where it is of no whole disk or of several.

    ``files``: those of each partition in ``parts``. ``disk_bytes``: the size of that disk, 0 where that is not told.
    ``volumes``: whether partitions hold logical volumes, which lie, and are told of, under names of their own.
    """

    name: str
    disk: str
    parts: tuple[str, ...]
    files: dict[str, tuple[Path, ...]]
    disk_bytes: int
    volumes: bool = False

    @property
    def size(self) -> int:
        """How much of all of it goes over the network."""
        return sum(self.bytes_of(part) for part in self.parts)

    def bytes_of(self, part: str) -> int:
        """Return how much of a partition goes over the network."""
        return sum(path.stat().st_size for path in self.files.get(part, ()))


def fit_name(name: str) -> bool:
    """Whether an image can have a name: one that Clonezilla takes, and takes for nothing else."""
    return bool(_NAME.match(name)) and name not in _RESERVED


def read_image(settings: Settings, name: str) -> Image | None:
    """Read an image, None when there is none of that name."""
    folder = settings.images / name
    if not fit_name(name) or not folder.is_dir():
        return None
    parts = _words(folder / "parts")
    disks = _words(folder / "disk")
    return Image(
        name=name,
        disk=disks[0] if len(disks) == 1 else "",
        parts=parts,
        files={part: tuple(sorted(folder.glob(f"{part}.*-img*"))) for part in parts},
        disk_bytes=_disk_bytes(folder, disks[0]) if len(disks) == 1 else 0,
        volumes=(folder / "lvm_vg_dev.list").is_file(),
    )


def problems_of_image(settings: Settings, spec: JobSpec, disk_bytes: int | None) -> list[Problem]:
    """Return what forbids the image. ``disk_bytes``: the size of the room's smallest disk, where it is known.

    A name that is unknown to Clonezilla opens a dialog, even in batch mode: it must never get that far.
    """
    image = read_image(settings, spec.image)
    if image is None:
        return [Problem(f"image {spec.image}: {settings.images} has none of that name; one is needed")]
    folder = settings.images / spec.image
    wrong = []
    if (folder / "ecryptfs.info").exists():
        wrong.append("it is encrypted, which Clonezilla SE does not restore; save it unencrypted")
    if (folder / "00-pseudo-img-note.txt").exists():
        wrong.append("it is no image but a note of Clonezilla's; choose another")
    if not image.disk:
        wrong.append("its file disk does not name one disk; save the whole disk (savedisk)")
    if not image.parts:
        wrong.append("its file parts names no partition; save it again")
    gone = [part for part in image.parts if not image.files[part] and not image.volumes]
    wrong += [f"partition {part} is not there; save it again" for part in gone]
    if spec.mode is Mode.MULTICAST and any(_uncompressed(path) for files in image.files.values() for path in files):
        wrong.append("it was saved without compression (-z0), which no multicast restores; save it compressed")
    if disk_bytes is not None and image.disk_bytes > disk_bytes:
        wrong.append(f"its disk has {image.disk_bytes} bytes, the room's smallest {disk_bytes}; take a smaller image")
    if disk_bytes is not None and image.disk and not image.disk_bytes:
        wrong.append(f"the size of its disk cannot be read from {image.disk}-pt.parted; leave disk_bytes out")
    return [Problem(f"image {spec.image}: {what}") for what in wrong]


def _uncompressed(path: Path) -> bool:
    return bool(_PLAIN.search(path.name)) and not _COMPRESSED.search(path.name)


def _disk_bytes(folder: Path, disk: str) -> int:
    """Return the size that parted saw: it counts sectors, and says how large one is."""
    try:
        table = (folder / f"{disk}-pt.parted").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return 0
    sectors, sector = _SECTORS.search(table), _SECTOR.search(table)
    return int(sectors[1]) * (int(sector[1]) if sector else 512) if sectors else 0


def _words(path: Path) -> tuple[str, ...]:
    try:
        return tuple(path.read_text(encoding="utf-8", errors="replace").split())
    except OSError:
        return ()
