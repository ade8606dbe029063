# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The program ocsmgrd of the stand-in: writes down what PCs say at their end, and has them boot from their disks.

It takes the words of anyone, cuts off the first three after address and MAC, and deletes the log when it starts.
"""

from __future__ import annotations

import shutil
import socket
import sys
from datetime import datetime

from .deploy import CLONEZILLA, LOCAL, hexadecimal
from .menus import GrubMenu, PxeMenu
from .tree import Tree, here


def main() -> int:
    """Run the program."""
    tree = here()
    tree.job_log.unlink(missing_ok=True)
    _log(tree, "Start clonezilla logging.")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(600)  # for when nobody ends it
        (tree.root / "ocsmgrd.port").write_text(str(listener.getsockname()[1]))
        while True:
            peer, _address = listener.accept()
            with peer, peer.makefile("r") as words:
                _heard(tree, words.readline().split())
                peer.sendall(b"noted\n")


def _heard(tree: Tree, words: list[str]) -> None:
    address, mac = words[0], words[1]
    told = " ".join(words[5:]) or "N/A"
    print(f"Client {address} ({mac}) finished restoring. Stats: {told}", flush=True)
    _log(tree, f"client {address} ({mac}) finished restoring. Stats: {told}")
    by_address = tree.pxelinux / hexadecimal(address)
    shutil.copyfile(tree.pxelinux / "default", by_address)
    PxeMenu(by_address).choose(LOCAL[0])
    PxeMenu(by_address).hide(CLONEZILLA[0])
    shutil.copyfile(by_address, tree.pxelinux / f"01-{mac.replace(':', '-')}")
    by_address = tree.grub / f"grub.cfg-drbl-{address}"
    shutil.copyfile(tree.grub / "grub.cfg", by_address)
    GrubMenu(by_address).choose(LOCAL[1])
    GrubMenu(by_address).hide(CLONEZILLA[1])
    shutil.copyfile(by_address, tree.grub / f"grub.cfg-drbl-{mac}")


def _log(tree: Tree, line: str) -> None:
    with tree.job_log.open("a") as log:
        log.write(f"{datetime.now().astimezone():%Y-%m%d-%H%M}, {line}\n")


if __name__ == "__main__":
    sys.exit(main())
