# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The folder of the stand-in: where things lie in it, its table of PCs, and the faults that a test asks for."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PORT = 2232


def here() -> Tree:
    """Return the tree that the running program lies in: ``<root>/usr/sbin/<program>``."""
    return Tree(Path(sys.argv[0]).absolute().parents[2])


@dataclass(frozen=True, slots=True)
class Tree:
    """The folder."""

    root: Path

    @property
    def pxelinux(self) -> Path:
        return self.root / "tftpboot/nbi_img/pxelinux.cfg"

    @property
    def grub(self) -> Path:
        return self.root / "tftpboot/nbi_img/grub"

    @property
    def images(self) -> Path:
        return self.root / "home/partimag"

    @property
    def lock(self) -> Path:
        return self.root / "var/lock/clonezilla/clonezilla.lock"

    @property
    def logs(self) -> Path:
        return self.root / "var/log/clonezilla"

    @property
    def job_log(self) -> Path:
        return self.logs / "clonezilla-jobs.log"

    @property
    def dhcpd_conf(self) -> Path:
        return self.root / "etc/dhcp/dhcpd.conf"

    @property
    def stream(self) -> Path:
        """How far each sender may go, by port, and the image that is sent."""
        return self.root / "stream"

    def program(self, name: str) -> str:
        return str(self.root / "usr/sbin" / name)

    def setting(self, file: str, name: str) -> str:
        """Return a setting of a shell file of /etc/drbl."""
        text = (self.root / "etc/drbl" / file).read_text()
        found = re.search(rf'^{name}="?([^"\n]*)"?$', text, re.MULTILINE)
        return found[1] if found else ""

    def fault(self, name: str) -> Any:
        """Return what a test has asked of a fault, None where it has not."""
        try:
            return json.loads((self.root / "faults.json").read_text()).get(name)
        except FileNotFoundError:
            return None

    def table(self) -> list[tuple[str, str, str]]:
        """Return name, address and MAC of each PC: one directive for a line, as DRBL's own program reads it."""
        rows: dict[str, dict[str, str]] = {}
        name = ""
        for line in self.dhcpd_conf.read_text().splitlines():
            words = line.replace(";", " ").split()
            if re.match(r"^\s*host .*{", line, re.IGNORECASE):
                name = words[1]
            elif words[:2] == ["hardware", "ethernet"]:
                rows.setdefault(name, {})["mac"] = words[2].lower()
            elif words[:1] == ["fixed-address"]:
                rows.setdefault(name, {})["ip"] = words[1]
        return [(name, row.get("ip", ""), row.get("mac", "")) for name, row in sorted(rows.items())]

    def addresses(self) -> list[str]:
        """Return what get-client-ip-list prints."""
        return sorted({ip for _name, ip, _mac in self.table() if ip}, key=lambda ip: [int(n) for n in ip.split(".")])

    def pids(self, name: str) -> list[int]:
        """Return the processes of a name that belong to this folder."""
        ran = subprocess.run(
            [str(self.root / "usr/bin/ps"), "-e", "-ww", "-o", "pid=", "-o", "stat=", "-o", "comm=", "-o", "args="],
            capture_output=True,
            text=True,
            check=True,
        )
        rows = [line.split() for line in ran.stdout.splitlines()]
        return [int(row[0]) for row in rows if row[2] == name and not row[1].startswith("Z")]

    def kill_all(self, name: str) -> None:
        """End all processes of a name, as killall -9 does, this one excepted."""
        for pid in self.pids(name):
            if pid != os.getpid():
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue
