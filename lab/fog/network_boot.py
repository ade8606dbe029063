# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lab's FOG server and its PCs: who starts from the network, what is written to whose disk, what goes wrong.

A PC asks at each start whether the server has something for it. What it does then takes the lab's time; the server is
told what a real PC would tell, true or not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path

from lab.device import cloning
from lab.device.disk import MemoryDisk
from lab.device.pc import SimulatedPC
from lab.fog.store import ACTIVE, HostRow, Store, TaskRow
from lab.truth import What

MULTICAST = 8
READING = 2
IMAGING = (1, READING, MULTICAST, 17)
CHECK_IN = timedelta(seconds=40)  # from the start of a PC until it talks to the server
MAX_WAIT = timedelta(minutes=10)  # how long a multicast waits for its last seat
GIVES_UP = timedelta(minutes=2)  # a PC that lost its transfer starts again


class Mishap(str, Enum):
    """What goes wrong at one PC."""

    NEVER_COMES = "never_comes"  # it starts from its disk, whatever the server has for it
    DIES = "dies"  # it stops at 40 percent and tells nobody
    WRONG_STREAM = "wrong_stream"  # a multicast writes another partition's data, and it says that all is well (#1742)
    ONLY_SAYS_SO = "only_says_so"  # it tells that it is done, and its disk was never touched


@dataclass(slots=True)
class Boot:
    """A PC that runs what came from the network. ``begun``: when its disk began to be written."""

    pc: SimulatedPC
    task: TaskRow
    since: datetime
    mishap: Mishap | None
    checked_in: datetime | None = None
    begun: datetime | None = None
    dead: bool = False


@dataclass(slots=True)
class NetworkBoot:
    """``images``: what the server's images hold, by name. ``mishaps``: PC to what goes wrong, and how often.

    ``takes_time``: for writing a disk. ``folder``: where the files of captured images are kept.
    """

    store: Store
    images: dict[str, cloning.Captured] = field(default_factory=dict)
    mishaps: dict[str, tuple[Mishap, int]] = field(default_factory=dict)
    takes_time: timedelta = timedelta(minutes=6)
    folder: Path | None = None
    boots: dict[str, Boot] = field(default_factory=dict)
    pcs: dict[str, SimulatedPC] = field(default_factory=dict)

    def register(self, pc: SimulatedPC, mac: str, image: int) -> HostRow:
        """Make a PC known to the server, and let it ask at each start."""
        self.pcs[pc.name] = pc
        pc.netboot = lambda: self.takes(pc)
        return self.store.add_host(pc.name, [mac], image)

    @property
    def busy(self) -> bool:
        """Whether some PC runs what came from the network, or looks for it."""
        return bool(self.boots) or any(pc.on and not pc.bootable for pc in self.pcs.values())

    def takes(self, pc: SimulatedPC) -> bool:
        """Answer a PC that starts: whether it gets an image now."""
        self.boots.pop(pc.name, None)
        task = self._task(pc.name)
        if task is None:
            return False
        mishap = self._mishap(pc.name)
        if mishap is Mishap.NEVER_COMES:
            return False
        self.boots[pc.name] = Boot(pc, task, pc.at, mishap)
        return True

    def settle(self, now: datetime) -> None:
        """Let everything happen that happens up to ``now``."""
        for pc in self.pcs.values():
            if pc.on and not pc.bootable and not pc.elsewhere and self.takes(pc):
                pc.elsewhere = True  # no system on its disk: it asks the network again and again
        for boot in list(self.boots.values()):
            self._check_in(boot, now)
        for boot in list(self.boots.values()):
            self._begin(boot, now)
        for boot in list(self.boots.values()):
            self._go_on(boot, now)

    def armed(self) -> list[str]:
        """Return the PCs that would be written to at their next start."""
        return sorted(name for name in self.pcs if self._task(name) is not None)

    def _check_in(self, boot: Boot, now: datetime) -> None:
        if boot.checked_in is None and now >= boot.since + CHECK_IN and boot.task.state in ACTIVE:
            boot.checked_in = boot.since + CHECK_IN
            self.store.tick()
            self.store.check_in(self._mac(boot.pc.name))

    def _begin(self, boot: Boot, now: datetime) -> None:
        if boot.begun is not None or boot.checked_in is None:
            return
        begins = boot.checked_in if boot.task.type != MULTICAST else self._multicast_begins(boot.task, now)
        if begins is not None and begins <= now:
            boot.begun = begins
            if boot.mishap is not Mishap.ONLY_SAYS_SO and boot.task.type != READING:
                cloning.begin(boot.pc)

    def _multicast_begins(self, task: TaskRow, now: datetime) -> datetime | None:
        """Return when all receivers are there, or the server has waited long enough."""
        session = next((pair.owner for pair in self.store.receivers.values() if pair.member == task.id), None)
        tasks = {pair.member for pair in self.store.receivers.values() if pair.owner == session}
        there = [boot.checked_in for boot in self.boots.values() if boot.task.id in tasks and boot.checked_in]
        if len(there) == len(tasks):
            return max(there)
        return min(there) + MAX_WAIT if there else None

    def _go_on(self, boot: Boot, now: datetime) -> None:
        if boot.task.state not in ACTIVE:
            self._cut_off(boot, now)
            return
        if boot.begun is None or boot.dead:
            return
        part = (now - boot.begun) / self.takes_time
        if boot.mishap is Mishap.DIES and part >= 0.4:
            boot.dead = True
            part = 0.4
        if part >= 1:
            self._done(boot)
            return
        left = self.takes_time * (1 - part)
        told = f"1.8GiB/min@{_span(now - boot.begun)}@{_span(left)}@{part * 14:.1f}GiB@14.0GiB@{part * 100:.1f}@"
        self.store.report(self._mac(boot.pc.name), told)

    def _done(self, boot: Boot) -> None:
        pc, after = boot.pc, "poweroff" if boot.task.shutdown not in ("", "0") else "reboot"
        name = self.store.images[boot.task.image].name
        self.store.tick()
        if boot.task.type == READING:
            self.images[name] = cloning.capture(pc, name)
            self._keep(name)
            self.store.captured(self._mac(pc.name))
            del self.boots[pc.name]
            pc.leave_network(after)
            return
        image = self.images[name]
        self.store.done(self._mac(pc.name))
        del self.boots[pc.name]
        if boot.mishap is Mishap.ONLY_SAYS_SO:
            pc.leave_network(after)
        elif boot.mishap is Mishap.WRONG_STREAM and boot.task.type == MULTICAST:
            cloning.receive(pc, _garbled(image), after=after)
        else:
            cloning.receive(pc, image, after=after)

    def _keep(self, name: str) -> None:
        """Write a captured image's files, as a server keeps them."""
        if self.folder is not None:
            kept = self.folder / self.store.images[self._image_id(name)].path
            kept.mkdir(parents=True, exist_ok=True)
            for number, (path, content) in enumerate(sorted(self.images[name].files.files.items()), start=1):
                (kept / f"d1p{number}.img").write_bytes(path.encode() + b"\0" + content)

    def _image_id(self, name: str) -> int:
        return next(row.id for row in self.store.images.values() if row.name == name)

    def _cut_off(self, boot: Boot, now: datetime) -> None:
        """The server cancelled it: the PC starts again, from whatever is on its disk."""
        if boot.begun is not None and now < boot.begun + GIVES_UP:
            return
        del self.boots[boot.pc.name]
        if boot.begun is not None:
            boot.pc.note(What.IMAGING_BROKEN, detail="cancelled")
        boot.pc.leave_network("reboot")

    def _task(self, name: str) -> TaskRow | None:
        ids = {host.id for host in self.store.hosts.values() if host.name == name}
        tasks = [one for one in self.store.tasks.values() if one.host in ids and one.state in ACTIVE]
        return next((one for one in tasks if one.type in IMAGING), None)

    def _mac(self, name: str) -> str:
        return next(host.macs[0] for host in self.store.hosts.values() if host.name == name)

    def _mishap(self, name: str) -> Mishap | None:
        kind, times = self.mishaps.get(name, (None, 0))
        if kind is None or times == 0:
            return None
        self.mishaps[name] = (kind, times - 1)
        return kind


def _garbled(image: cloning.Captured) -> cloning.Captured:
    """Return an image whose files beyond the markers hold another partition's data."""
    markers = ("image.json", "run.json")
    files = {
        path: content if path.endswith(markers) else b"another partition's data"
        for path, content in image.files.files.items()
    }
    return replace(image, files=MemoryDisk(files, dict(image.files.broken)))


def _span(value: timedelta) -> str:
    seconds = int(value.total_seconds())
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def mishaps_of(raw: Mapping[str, Mapping[str, object]]) -> dict[str, tuple[Mishap, int]]:
    """Read ``{pc: {kind: dies, times: 1}}``; without ``times`` it goes wrong every time. Raises ValueError."""
    return {name: (Mishap(str(one["kind"])), int(str(one.get("times", -1)))) for name, one in raw.items()}
