# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A DRBL server with the real Clonezilla SE in a cell: a copy of the system that forgets everything with the test."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.imaging.cell import Cell
from tests.imaging.clonezilla_system import base, system
from tests.imaging.network import SERVER, SWITCH, Place
from tests.imaging.seats import EMULATED

BITRATE = "16m"
_DEPLOYED = """\
drbl_mode="full_drbl_mode"
clonezilla_mode="full_clonezilla_mode"
drbl_server_as_NAT_server="no"
nic="{switch}"
"""


@dataclass(frozen=True, slots=True)
class Server:
    """The server. ``root``: where its system lies, as processes of the cell see it."""

    cell: Cell
    root: Path

    @property
    def seen(self) -> Path:
        """The same folder as this process, outside of the cell, sees it."""
        return Path(f"/proc/{self.cell.first}/root{self.root}")

    @property
    def words(self) -> list[str]:
        """The words before a command of the server, in the cell."""
        path = "PATH=/usr/sbin:/usr/bin:/sbin:/bin:/usr/share/drbl/bin:/usr/share/drbl/sbin"
        return ["chroot", str(self.root), "/usr/bin/env", "-i", path, "HOME=/root", "LC_ALL=C"]

    def run(self, *command: str, seconds: float = 120) -> str:
        """Run a command on the server; return its output. Raises RuntimeError."""
        return self.cell.run([*self.words, *command], seconds=seconds)

    def read(self, path: str) -> str:
        """Return a file of the server, "" when it is not there. Its time of access stays: the engine goes by that."""
        try:
            handle = os.open(self.seen / path.lstrip("/"), os.O_RDONLY | os.O_NOATIME)
        except FileNotFoundError:
            return ""
        with os.fdopen(handle, encoding="utf-8", errors="replace") as file:
            return file.read()

    def would_write(self, place: Place) -> bool:
        """Whether this PC, if it booted now, would write to its disk: what pxelinux takes first for it decides."""
        digits = "".join(f"{int(part):02X}" for part in place.address.split("."))
        names = ["01-" + place.mac.replace(":", "-"), *(digits[:length] for length in range(8, 0, -1)), "default"]
        texts = (self.read(f"/tftpboot/nbi_img/pxelinux.cfg/{name}") for name in names)
        return "ocs_opt=" in next((text for text in texts if text), "")

    def armed(self) -> list[str]:
        """Return the names of the boot files that would make a PC write to its disk."""
        boots = (
            f"tftpboot/nbi_img/{folder}/{file.name}"
            for folder in ("pxelinux.cfg", "grub")
            for file in sorted((self.seen / "tftpboot/nbi_img" / folder).iterdir())
            if file.is_file() and not file.name.endswith("_skeleton")
        )
        return [Path(path).name for path in boots if "ocs_opt=" in self.read(path)]


def clonezilla_server(cell: Cell, folder: Path, seats: Sequence[Place]) -> Server:
    """Set the server up below ``folder`` for these PCs, as drblpush would; nothing of it serves yet."""
    memory, root = folder / "memory", folder / "server"
    for path in (memory, root):
        path.mkdir()
    cell.run(["mount", "-t", "tmpfs", "none", str(memory)])
    cell.run(["mkdir", str(memory / "upper"), str(memory / "work")])
    layers = f"lowerdir={base()},upperdir={memory / 'upper'},workdir={memory / 'work'}"
    cell.run(["mount", "-t", "overlay", "-o", layers, "none", str(root)])
    cell.run(["mount", "-t", "proc", "proc", str(root / "proc")])
    cell.run(["mount", "--rbind", "/dev", str(root / "dev")])
    cell.run(["mount", "--bind", "/sys", str(root / "sys")])
    for place in ("run", "tmp", "tftpboot"):
        cell.run(["mkdir", "-p", str(root / place)])
        cell.run(["mount", "-t", "tmpfs", "none", str(root / place)])
    cell.run(["cp", "-a", f"{system() / 'boot'}/.", str(root / "tftpboot")])
    server = Server(cell, root)
    _settle(server, seats)
    return server


def _settle(server: Server, seats: Sequence[Place]) -> None:
    etc = server.seen / "etc"
    (etc / "dhcp").mkdir(exist_ok=True)
    (etc / "dhcp/dhcpd.conf").write_text(_dhcpd_conf(seats), encoding="ascii")
    (etc / "hosts").write_text(
        "".join(
            f"{one}\n" for one in ("127.0.0.1 localhost", f"{SERVER} drbl", *(f"{s.address} {s.name}" for s in seats))
        ),
        encoding="ascii",
    )
    (etc / "drbl/drbl_deploy.conf").write_text(_DEPLOYED.format(switch=SWITCH), encoding="ascii")
    conf = etc / "drbl/drbl-ocs.conf"
    conf.write_text(
        conf.read_text(encoding="utf-8").replace(
            'udp_sender_extra_opt_default=""',
            f'udp_sender_extra_opt_default="--max-bitrate {BITRATE} --retries-until-drop 50"',
        ),
        encoding="utf-8",
    )
    boot = server.seen / "tftpboot"
    (boot / "nbi_img/PXELINUX_VERSION").write_text("PXELINUX 6.04\n", encoding="ascii")
    for name in ("run/lock", "var/log/clonezilla"):
        (server.seen / name).mkdir(parents=True, exist_ok=True)
    for name in ("node_root/etc", *(f"nodes/{place.address}/etc/ocs" for place in seats)):
        (boot / name).mkdir(parents=True)
    server.run(
        "generate-pxe-menu",
        "-m",
        "text",
        "-c",
        f"console=ttyS0,115200n8 {EMULATED}",
        "-s",
        "serial 0 115200",
    )
    (server.seen / "home/partimag").mkdir(exist_ok=True)


def _dhcpd_conf(seats: Sequence[Place]) -> str:
    """One directive on each line: DRBL reads no other way."""
    lines = ["subnet 10.77.0.0 netmask 255.255.255.0 {", f"  next-server {SERVER};", '  filename "pxelinux.0";', "}"]
    for place in seats:
        lines += [
            f"host {place.name} {{",
            f"  hardware ethernet {place.mac};",
            f"  fixed-address {place.address};",
            "}",
        ]
    return "\n".join(lines) + "\n"
