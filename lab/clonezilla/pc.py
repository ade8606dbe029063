# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A PC that boots from the network of the stand-in: it takes the file that pxelinux or GRUB would take, and obeys."""

from __future__ import annotations

import os
import re
import socket
from dataclasses import dataclass
from pathlib import Path

from .deploy import hexadecimal
from .tree import Tree

STATISTICS = "212.1 MB = 207165 Blocks, .592 mins"


@dataclass
class DrblPc:
    """A PC. ``disk``: what is on it; ``orders``: what Clonezilla was told at its last boot, "" for nothing."""

    tree: Tree
    address: str
    mac: str
    uefi: bool = False
    disk: str = "old"
    orders: str = ""

    def boot(self) -> str:
        """Boot from the network; return what came of it: ``clonezilla``, ``local`` or ``drbl``."""
        path = self.boot_file()
        text = path.read_text()
        status = path.stat()
        os.utime(path, ns=(status.st_mtime_ns + 1_000_000_000, status.st_mtime_ns))  # the server has read it for us
        entry = self._entry(text)
        found = re.search(r'ocs_opt=\\?"([^"\\]*)', entry)
        self.orders = found[1] if found else ""
        if self.orders:
            return "clonezilla"
        return "local" if "local" in entry.splitlines()[0] else "drbl"

    def restore(self) -> None:
        """Write the image: of a multicast it is what is being sent, whatever the orders say."""
        task, image, _disk = self.orders.split()[-3:]
        sent = self.tree.stream / "image"
        self.disk = sent.read_text() if task.startswith("multicast") else image

    def report(self, *parts: str, failed: str = "", image: str = "") -> None:
        """Tell ocsmgrd that it is through, with the partitions ``parts``; ``failed`` is the one that failed."""
        task, ordered, _disk = (self.orders or "restoredisk none sda").split()[-3:]
        way = "Multicast" if task.startswith("multicast") else "Unicast"
        words = [self.address, self.mac]
        words += ["Windows", "1", "/EFI/Microsoft/Boot/bootmgfw.efi"] if self.uefi else []
        words += [f"{way} restored {image or ordered},"]
        for part in parts:
            status = "***FAIL***" if part == failed else "success"
            words.append(f"/dev/{part}, {status}, {STATISTICS};")
        tell(self.tree, " ".join(words))

    def image(self, *parts: str) -> None:
        """Do all of it."""
        if self.boot() == "clonezilla":
            self.restore()
            self.report(*parts)

    def boot_file(self) -> Path:
        """Return the file that it takes when it boots."""
        if self.uefi:
            names = [f"grub.cfg-drbl-{self.mac}", f"grub.cfg-drbl-{self.address}", "grub.cfg"]
            return next(self.tree.grub / name for name in names if (self.tree.grub / name).exists())
        digits = hexadecimal(self.address)
        names = [f"01-{self.mac.replace(':', '-')}", *(digits[:n] for n in range(8, 0, -1)), "default"]
        return next(self.tree.pxelinux / name for name in names if (self.tree.pxelinux / name).exists())

    def _entry(self, text: str) -> str:
        if self.uefi:
            default = re.search(r"^set default=(\S+)", text, re.MULTILINE)
            entries: list[str] = re.findall(r'^menuentry "[^"\n]*" (--id \S+ \{.*?)^\}', text, re.MULTILINE | re.DOTALL)
            return next(entry for entry in entries if default and entry.startswith(f"--id {default[1]} "))
        labels: list[str] = re.split(r"^(?=label )", text, flags=re.MULTILINE)[1:]
        return next(label for label in labels if re.search(r"^\s*MENU DEFAULT", label, re.MULTILINE))


def tell(tree: Tree, words: str) -> None:
    """Say a line to ocsmgrd, as anyone in the network can."""
    port = int((tree.root / "ocsmgrd.port").read_text())
    with socket.create_connection(("127.0.0.1", port), timeout=10) as wire:
        wire.sendall(words.encode() + b"\n")
        wire.recv(100)
