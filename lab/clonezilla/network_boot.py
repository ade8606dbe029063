# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lab's DRBL server and its PCs: at each start a PC takes the boot file that is there for it, and obeys.

What it does then takes the lab's time, and its disk is the lab's: saved into an image, or written over. It writes and
tells what the real one does, one at a time; the stream of a multicast is not sent here.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ..device import cloning
from ..device.pc import SimulatedPC
from .pc import DrblPc
from .save import Save
from .server import DrblServer

PARTS = {"sda1": 100_000, "sda2": 300_000}  # bytes of the files of an image
_UP = timedelta(seconds=40)  # from the start of a PC until Clonezilla runs there


@dataclass(slots=True)
class Boot:
    """A PC that runs Clonezilla. ``begun``: when its disk began to be read or written."""

    pc: SimulatedPC
    there: DrblPc
    since: datetime
    begun: datetime | None = None
    save: Save | None = None


@dataclass(slots=True)
class DrblNetwork:
    """``images``: what the server's images hold, by name. ``takes_time``: for a disk."""

    server: DrblServer
    takes_time: timedelta
    images: dict[str, cloning.Captured] = field(default_factory=dict)
    boots: dict[str, Boot] = field(default_factory=dict)
    pcs: dict[str, SimulatedPC] = field(default_factory=dict)

    def register(self, pc: SimulatedPC) -> None:
        """Let a PC that the server knows ask at each start."""
        self.pcs[pc.name] = pc
        pc.netboot = lambda: self.takes(pc)

    @property
    def busy(self) -> bool:
        """Whether some PC runs what came from the network, or looks for it."""
        return bool(self.boots) or any(pc.on and not pc.bootable for pc in self.pcs.values())

    def takes(self, pc: SimulatedPC) -> bool:
        """Answer a PC that starts: whether it gets Clonezilla now."""
        self.boots.pop(pc.name, None)
        there = self.server.pc(pc.name)
        if there.boot() != "clonezilla":
            return False
        self.boots[pc.name] = Boot(pc, there, pc.at)
        return True

    def settle(self, now: datetime) -> None:
        """Let everything happen that happens up to ``now``."""
        for pc in self.pcs.values():
            if pc.on and not pc.bootable and not pc.elsewhere and self.takes(pc):
                pc.elsewhere = True  # no system on its disk: it asks the network again and again
        for boot in list(self.boots.values()):
            if boot.begun is None and now >= boot.since + _UP:
                self._begin(boot)
            if boot.begun is not None and now >= boot.begun + self.takes_time:
                self._end(boot)

    def armed(self) -> list[str]:
        """Return the PCs that would be read from or written to at their next start; nobody sees that it was asked."""
        return sorted(name for name in self.pcs if "ocs_opt=" in self._boot_file(name))

    def _boot_file(self, name: str) -> str:
        path = self.server.pc(name).boot_file()
        status = path.stat()
        text = path.read_text()
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))  # a boot is told by the time of access
        return text

    def _begin(self, boot: Boot) -> None:
        boot.begun = boot.since + _UP
        if boot.there.orders.split()[-3] == "savedisk":
            boot.save = Save(boot.there, dict(PARTS)).begin()
            boot.save.write(next(iter(PARTS)))
        else:
            cloning.begin(boot.pc)

    def _end(self, boot: Boot) -> None:
        del self.boots[boot.pc.name]
        after = "poweroff" if "-p poweroff" in boot.there.orders else "reboot"
        name = boot.there.orders.split()[-2]
        if boot.save is not None:
            for part in PARTS:
                boot.save.write(part)
            boot.save.end()
            self.images[name] = cloning.capture(boot.pc, name)
            boot.pc.leave_network(after)
            return
        boot.there.restore()
        boot.there.report(*PARTS)
        cloning.receive(boot.pc, self.images[boot.there.disk], after=after)
