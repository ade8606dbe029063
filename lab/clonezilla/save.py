# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A PC whose disk is saved, step by step: it writes what the real one writes into the image's folder, in that order.

The real one removes the folder of an image that is there, asks nobody, and keeps nothing of a partition that it could
not save: then it waits for a key. It tells the server before it writes its log into the image.
"""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from .pc import STATISTICS, DrblPc, tell

_SECTOR = 512


@dataclass
class Save:
    """What a PC does that has booted with orders to save its disk. ``parts``: bytes of each partition's file."""

    pc: DrblPc
    parts: dict[str, int]
    failed: list[str] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        """The folder of the image that it was told."""
        return self.pc.tree.images / self._words[-2]

    @property
    def disk(self) -> str:
        return self._words[-1]

    def begin(self) -> Save:
        """Remove what has the name, and make the folder."""
        assert self._words[-3] == "savedisk", self.pc.orders
        if self.folder.exists():
            shutil.rmtree(self.folder)
        self.folder.mkdir()
        (self.folder / "dev-fs.list").write_text("# <Device name>   <File system>   <Size>\n")
        return self

    def write(self, part: str, size: int | None = None) -> Path:
        """Write a partition, as far as ``size`` bytes of it, or all of it."""
        path = self.folder / f"{part}.ntfs-ptcl-img.zst"
        path.write_bytes(b"\0" * (self.parts[part] if size is None else size))
        return path

    def fail(self, part: str) -> None:
        """Stumble over a partition: what there is of it goes, and the PC waits for a key."""
        self.write(part).unlink()
        self.failed.append(part)

    def tables(self) -> None:
        """Write what follows the partitions, whether these are there or not, up to the file ``disk``."""
        partition = "gpt" if self.disk.startswith("nvme") else "msdos"
        lines = [f"/dev/{part} : start=2048, size=4096, type=7" for part in self.parts]
        for name, text in (
            ("blkdev.list", f"{self.disk} {self.disk} 1G disk\n"),
            ("blkid.list", "".join(f'/dev/{part}: TYPE="ntfs"\n' for part in self.parts)),
            (f"{self.disk}-pt.sf", "\n".join(["label: dos", *lines, ""])),
            (f"{self.disk}-chs.sf", "cylinders=130\nheads=255\nsectors=63\n"),
            (
                f"{self.disk}-pt.parted",
                f"Model: ATA (scsi)\nDisk /dev/{self.disk}: 2097152s\nSector size (logical/physical): 512B/512B\n"
                f"Partition Table: {partition}\n",
            ),
        ):
            (self.folder / name).write_text(text)
        (self.folder / f"{self.disk}-mbr").write_bytes(b"\0" * _SECTOR)
        if partition == "gpt":
            (self.folder / f"{self.disk}-gpt-1st").write_bytes(b"\0" * 34 * _SECTOR)
            (self.folder / f"{self.disk}-gpt-2nd").write_bytes(b"\0" * 33 * _SECTOR)
        else:
            (self.folder / f"{self.disk}-hidden-data-after-mbr").write_bytes(b"\0" * 2047 * _SECTOR)
        (self.folder / "parts").write_text(" ".join(self.parts) + "\n")
        (self.folder / "disk").write_text(f"{self.disk}\n")
        (self.folder / "Info-packages.txt").write_text("drbl-5.2.7 clonezilla-5.3.17 partclone-0.3.23\n")
        (self.folder / "Info-img-size.txt").write_text(f"Image size (Bytes):\n1M\t{self.folder}\n")
        (self.folder / "Info-saved-by-cmd.txt").write_text(f"/usr/sbin/ocs-sr {self.pc.orders}\n")

    def tell(self) -> None:
        """Tell ocsmgrd that it is through."""
        told = []
        for part in self.parts:
            status = "***FAIL***" if part in self.failed else "success"
            told.append(f"/dev/{part}, {status}, {STATISTICS};")
        tell(self.pc.tree, f"{self.pc.address} {self.pc.mac} Saved /home/partimag, {' '.join(told)}")

    def sign(self) -> None:
        """Write its log into the image, and the checksum of that: the last that it does."""
        lines = ["This image was saved by Clonezilla at 2026-11-21 22:30:00 UTC.", "The log during saving:"]
        lines += [f"Failed to save partition /dev/{part}." for part in self.failed]
        lines += ["### End of log ###", "### Image created time: 2026-1121-2230", ""]
        log = self.folder / "clonezilla-img"
        log.write_text("\n".join(lines))
        digest = hashlib.sha512(log.read_bytes()).hexdigest()
        (self.folder / "Info-img-id.txt").write_text(f"# Created by: sha512sum clonezilla-img\nIMG_ID={digest}\n")

    def end(self) -> None:
        """Do what follows the partitions."""
        self.tables()
        self.tell()
        self.sign()

    def whole(self) -> Path:
        """Do all of it; return the image's folder."""
        self.begin()
        for part in self.parts:
            self.write(part)
        self.end()
        return self.folder

    @property
    def _words(self) -> list[str]:
        return self.pc.orders.split()
