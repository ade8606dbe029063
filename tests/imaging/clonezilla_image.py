# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An image as Clonezilla keeps it, of a disk with one partition: made with the tools it uses, in its own layout."""

from __future__ import annotations

import subprocess
import tarfile
from io import BytesIO
from pathlib import Path

from tests.imaging.cell import Cell
from tests.imaging.images import OFFSET, Image, capture, make_disk

DISK = "vda"
PART = "vda1"
DATA = f"{PART}.ext4-ptcl-img.zst"


def save(cell: Cell, root: Path, image: Image, folder: Path) -> Path:
    """Write the image below ``folder`` as ``<name>``. ``root``: the system in the cell, whose programs are used.

    The folder lies outside of the cell. Returns the image's folder.
    """
    to = folder / image.name
    to.mkdir(parents=True)
    capture(image, to).rename(to / DATA)
    (to / "partclone.log").unlink()
    raw = to / "disk.raw"
    make_disk(image, raw)
    content = raw.read_bytes()[:OFFSET]
    (to / f"{DISK}-mbr").write_bytes(content[:512])
    (to / f"{DISK}-hidden-data-after-mbr").write_bytes(content[512:])
    cell.run(["mount", "--bind", str(to), str(root / "mnt")])
    inside = ["chroot", str(root)]
    try:
        tables = {
            "pt.sf": [*inside, "/sbin/sfdisk", "-d", "/mnt/disk.raw"],
            "pt.parted": [*inside, "/sbin/parted", "-s", "/mnt/disk.raw", "unit", "s", "print"],
            "pt.parted.compact": [*inside, "/sbin/parted", "-s", "/mnt/disk.raw", "unit", "compact", "print"],
        }
        for name, command in tables.items():
            told = cell.run(command).replace("/mnt/disk.raw", f"/dev/{DISK}")
            (to / f"{DISK}-{name}").write_text(told, encoding="ascii")
    finally:
        cell.run(["umount", str(root / "mnt")])
    size = f"{raw.stat().st_size // OFFSET}M"
    raw.unlink()
    (to / "disk").write_text(f"{DISK}\n", encoding="ascii")
    (to / "parts").write_text(f"{PART}\n", encoding="ascii")
    (to / "clonezilla-img").write_text("This image was saved by Clonezilla.\n", encoding="ascii")
    (to / f"{DISK}-chs.sf").write_text("cylinders=6\nheads=255\nsectors=63\n", encoding="ascii")
    (to / "dev-fs.list").write_text(
        f"# <Device name>   <File system>   <Size>\n/dev/{PART} ext4 {size}\n", encoding="ascii"
    )
    (to / "blkdev.list").write_text(
        f"KNAME NAME SIZE TYPE FSTYPE MOUNTPOINT MODEL\n{DISK} {DISK} {size} disk\n{PART} |-{PART} {size} part ext4\n",
        encoding="ascii",
    )
    uuid = subprocess.run(
        ["blkid", "-o", "value", "-s", "UUID", str(image.partition)], capture_output=True, text=True, check=False
    )
    (to / "blkid.list").write_text(f'/dev/{PART}: UUID="{uuid.stdout.strip()}" TYPE="ext4"\n', encoding="ascii")
    return to


def pack_for_pcs(images: Path, files: Path) -> None:
    """Write what PCs fetch in the place of DRBL's NFS: the images whole, and their names without the data."""
    for what in ("whole", "names"):
        with tarfile.open(files / f"images-{what}.tar", "w") as archive:
            for path in sorted(images.rglob("*")):
                if path.name == DATA and what == "names":
                    archive.addfile(tarfile.TarInfo(str(path.relative_to(images))), BytesIO())
                else:
                    archive.add(path, str(path.relative_to(images)), recursive=False)
