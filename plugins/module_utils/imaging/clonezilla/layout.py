# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where a DRBL server keeps what Clonezilla SE reads and writes, and what its settings say.

The paths are those of Debian's packages drbl and clonezilla, below ``root``. The settings are shell files: only plain
assignments are read, the last one of a name counts, as it does when a shell reads them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_ASSIGNMENT = re.compile(r"""^\s*(\w+)=("[^"$`]*"|'[^']*'|[^\s"'$`;#]*)""")


@dataclass(frozen=True, slots=True)
class Layout:
    """The server's files. ``root``: "/" on a server, another folder for a tree that looks like one."""

    root: Path = Path("/")

    def at(self, path: str) -> Path:
        """Return where an absolute ``path`` of the server lies."""
        return self.root / path.lstrip("/")

    @property
    def dhcpd_conf(self) -> Path:
        """The table of the PCs: names, MACs and addresses."""
        return self.at("/etc/dhcp/dhcpd.conf")

    @property
    def pxelinux(self) -> Path:
        """The folder of what PCs with a BIOS boot."""
        return self.at("/tftpboot/nbi_img/pxelinux.cfg")

    @property
    def grub(self) -> Path:
        """The folder of what PCs with UEFI boot."""
        return self.at("/tftpboot/nbi_img/grub")

    @property
    def session(self) -> Path:
        """The file that is there, and newly touched, while Clonezilla SE serves."""
        return self.at("/var/lock/clonezilla/clonezilla.lock")

    @property
    def log(self) -> Path:
        """What ocsmgrd writes down of each PC at its end; deleted at each start."""
        return self.at("/var/log/clonezilla/clonezilla-jobs.log")

    @property
    def kept(self) -> Path:
        """The folder of this collection's own jobs on the server; it outlives a restart."""
        return self.at("/var/lib/nightshift/clonezilla")

    def orders(self, address: str) -> Path:
        """Return the file that tells the PC with ``address`` its orders, beside what it boots."""
        return self.at(f"/tftpboot/nodes/{address}/etc/ocs/ocs-run.param")

    def bytes_read(self, pid: int) -> Path:
        """Return the file that tells what a process has read so far."""
        return self.at(f"/proc/{pid}/io")


@dataclass(frozen=True, slots=True)
class Settings:
    """What the server is set to. The defaults are those of the packages.

    ``sender_options``: what udp-sender is given besides. ``trigger``: where a PC reads its orders. ``modes``: those of
    DRBL and of Clonezilla as drblpush has set them, None where drblpush has not run.
    """

    images: Path
    sender_options: str = ""
    trigger: str = "both"
    port: int = 2232
    modes: tuple[str, str] | None = None


def read_settings(layout: Layout) -> Settings:
    """Read the settings."""
    told = _assignments(layout.at("/etc/drbl/drbl.conf")) | _assignments(layout.at("/etc/drbl/drbl-ocs.conf"))
    deployed = layout.at("/etc/drbl/drbl_deploy.conf")
    modes = _assignments(deployed)
    port = told.get("MULTICAST_PORT", "")
    return Settings(
        images=layout.at(told.get("ocsroot") or "/home/partimag"),
        sender_options=told.get("udp_sender_extra_opt_default", ""),
        trigger=told.get("ocs_client_trig_type") or "both",
        port=int(port) if port.isdigit() else 2232,
        modes=(modes.get("drbl_mode", ""), modes.get("clonezilla_mode", "")) if deployed.is_file() else None,
    )


def _assignments(path: Path) -> dict[str, str]:
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return {}
    found = (_ASSIGNMENT.match(line) for line in lines)
    return {one[1]: one[2].strip("\"'") for one in found if one}
