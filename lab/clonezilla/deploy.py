# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What drbl-ocs and dcs share: copying a menu to single PCs, and how DRBL finds their other files."""

from __future__ import annotations

import re
import shutil

from .menus import GrubMenu, PxeMenu
from .tree import Tree

CLONEZILLA = ("clonezilla", "clonezilla-se-client")
LOCAL = ("local", "local-disk")
DRBL = ("drbl", "drbl-client")


def hexadecimal(address: str) -> str:
    """10.77.0.80 is 0A4D0050."""
    return "".join(f"{int(part):02X}" for part in address.split("."))


class Menus:
    """The pair of menus that a command changes: skeletons for ``hosts``, or where it is None the ones of all PCs."""

    def __init__(self, tree: Tree, hosts: list[str] | None) -> None:
        self._tree = tree
        self._hosts = hosts
        if hosts is not None:
            shutil.copyfile(tree.pxelinux / "default", tree.pxelinux / "default_skeleton")
            shutil.copyfile(tree.grub / "grub.cfg", tree.grub / "grub.cfg_skeleton")
        of_all = hosts is None
        self.pxe = PxeMenu(tree.pxelinux / ("default" if of_all else "default_skeleton"))
        self.grub = GrubMenu(tree.grub / ("grub.cfg" if of_all else "grub.cfg_skeleton"))

    def choose(self, entry: tuple[str, str], title: str = "") -> None:
        self.pxe.choose(entry[0], title)
        self.grub.choose(entry[1], title)

    def give(self, orders: str) -> None:
        self.pxe.give(CLONEZILLA[0], orders)
        self.grub.show(CLONEZILLA[1])
        self.grub.give(CLONEZILLA[1], orders)

    def take(self) -> None:
        self.pxe.take(CLONEZILLA[0])
        self.grub.take(CLONEZILLA[1])
        self.pxe.hide(CLONEZILLA[0])
        self.grub.hide(CLONEZILLA[1])

    def deploy(self) -> None:
        """Copy the skeletons to their PCs; or remove all PCs' own files, of all rooms."""
        if self._hosts is None:
            self.clean()
            return
        for host in self._hosts:
            # DRBL greps the table for the address as it is: 10.0.0.1 finds 10.0.0.10 to 19 too, and then no file has
            # such a name.
            macs = [mac for name, ip, mac in self._tree.table() if re.search(host, f"{name} {ip} {mac}")]
            (self._tree.pxelinux / ("01-" + "\n".join(macs).replace(":", "-"))).unlink(missing_ok=True)
            (self._tree.grub / ("grub.cfg-drbl-" + "\n".join(macs))).unlink(missing_ok=True)
            shutil.copyfile(self.pxe.path, self._tree.pxelinux / hexadecimal(host))
            shutil.copyfile(self.grub.path, self._tree.grub / f"grub.cfg-drbl-{host}")

    def clean(self) -> None:
        """Remove what is of single PCs, whoever's they are."""
        for path in self._tree.pxelinux.iterdir():
            if path.name not in ("default", "default_skeleton"):
                path.unlink()
        for path in self._tree.grub.glob("grub.cfg-drbl-*"):
            path.unlink()
