# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The building: S12 with three seats, S13 with two, on one DRBL server; images winter and summer."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.nightshift.fleet.plugins.module_utils.imaging.clonezilla.commands import Commands
from ansible_collections.nightshift.fleet.plugins.module_utils.imaging.clonezilla.engine import ClonezillaEngine
from ansible_collections.nightshift.fleet.plugins.module_utils.imaging.clonezilla.jobs import Jobs
from ansible_collections.nightshift.fleet.plugins.module_utils.imaging.clonezilla.layout import Layout
from ansible_collections.nightshift.fleet.plugins.module_utils.imaging.clonezilla.room import Server, Wishes
from ansible_collections.nightshift.fleet.plugins.module_utils.imaging.engine import EngineError, JobSpec, Mode, Seat

from lab.clonezilla.pc import DrblPc
from lab.clonezilla.server import DrblServer, Pc, drbl_server

JOB = "reimage-s12-20261121T220000Z-0a1b2c"
JOB_OF_S13 = "reimage-s13-20261121T221000Z-0d1e2f"
ROOM = [f"S12-PC0{n}" for n in (1, 2, 3)]
OTHER = [f"S13-PC0{n}" for n in (1, 2)]
PARTS = ("sda1", "sda2")
NOW = datetime(2026, 11, 21, 22, 0, tzinfo=UTC)


def mac(name: str) -> str:
    """The MAC of a PC of the building."""
    return f"52:54:00:77:{name[1:3]}:{name[-2:]}"


def address(name: str) -> str:
    """The address of a PC: 10.77.0.81 to 83, and 10.77.0.91 and 92."""
    return f"10.77.0.{8 if name in ROOM else 9}{name[-1]}"


PCS = [Pc(name, mac(name), address(name)) for name in ROOM + OTHER]


@dataclass
class Building:
    """The server, and an engine that drives it. ``now`` is the time that the engine sees."""

    server: DrblServer
    wishes: Wishes = field(default_factory=lambda: Wishes(interface="eth1"))
    now: datetime = NOW

    @property
    def root(self) -> Path:
        return self.server.tree.root

    @property
    def layout(self) -> Layout:
        return Layout(self.root)

    @property
    def engine(self) -> ClonezillaEngine:
        """An engine as a run of the module makes it: nothing is remembered from one to the next."""
        return ClonezillaEngine(self.looked_at, lambda: self.now)

    @property
    def looked_at(self) -> Server:
        return Server(self.layout, Commands(self.layout, 30), Jobs(self.layout), self.wishes)

    def spec(self, **changes: Any) -> JobSpec:
        """The job: winter for S12, by multicast."""
        seats = tuple(Seat(name, mac(name), address(name)) for name in ROOM)
        return replace(JobSpec(JOB, "S12", "winter", seats), **changes)

    def unicast(self, *names: str) -> JobSpec:
        seats = tuple(Seat(name, mac(name), address(name)) for name in names or ROOM)
        return self.spec(mode=Mode.UNICAST, seats=seats)

    def next_door(self) -> JobSpec:
        """The job: summer for S13, by multicast."""
        seats = tuple(Seat(name, mac(name), address(name)) for name in OTHER)
        return JobSpec(JOB_OF_S13, "S13", "summer", seats)

    def pc(self, name: str, *, uefi: bool = False) -> DrblPc:
        return self.server.pc(name, uefi=uefi)

    def armed(self) -> set[str]:
        """The names of the PCs whose boot would give them to Clonezilla, found by booting each of them."""
        return {pc.name for pc in PCS for uefi in (False, True) if self._boots(pc.name, uefi)}

    def running(self) -> dict[str, int]:
        """How many processes of each name of Clonezilla there are."""
        names = ("drbl-ocs", "ocsmgrd", "udp-sender")
        return {name: count for name in names if (count := len(self.server.tree.pids(name)))}

    def by_hand(self, *words: str) -> int:
        """Someone types a command on the server; return how it ended."""
        return Commands(self.layout, 30).run(words).code or 0

    def by_hand_next_door(self) -> None:
        """Someone starts summer for S13 by hand, whatever runs."""
        hosts = " ".join(address(name) for name in OTHER)
        words = ["drbl-ocs", "-b", "-l", "en_US.UTF-8", "-p", "poweroff", "-x", "--clients-to-wait", "2"]
        words += ["--max-time-to-wait", "60", "-h", hosts, "startdisk", "multicast_restore", "summer", "sda"]
        before = set(self.server.tree.pids("udp-sender"))
        assert self.by_hand(*words) == 0
        for _look in range(1000):  # its sender comes up after the command has ended
            if set(self.server.tree.pids("udp-sender")) - before:
                return
        raise AssertionError("the sender of S13 did not start")

    def transfer(self) -> None:
        """Let the multicast send all it has, and wait for the end of its senders."""
        for number in range(len(PARTS)):
            self.server.sent(number, None)
        commands = Commands(self.layout, 30)
        for _look in range(1000):
            if not self.running().keys() & {"udp-sender", "drbl-ocs"}:  # which starts one sender after the other
                return
            commands.pause(0.01)

    def later(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def files(self) -> dict[str, bytes]:
        """All files of the server, to compare."""
        with self.untraced():
            folders = ("etc", "tftpboot", "var")
            paths = [path for folder in folders for path in sorted((self.root / folder).rglob("*")) if path.is_file()]
            return {str(path.relative_to(self.root)): path.read_bytes() for path in paths}

    @contextmanager
    def untraced(self) -> Iterator[None]:
        """Look at what PCs boot without leaving a trace in the times of access."""
        times = {path: path.stat() for path in self.layout.at("/tftpboot/nbi_img").rglob("*") if path.is_file()}
        try:
            yield
        finally:
            for path, status in times.items():
                os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))

    def _boots(self, name: str, uefi: bool) -> bool:
        with self.untraced():
            return self.pc(name, uefi=uefi).boot() == "clonezilla"


@contextmanager
def building_in(folder: Path) -> Iterator[Building]:
    """Make the building."""
    with drbl_server(folder / "drbl", PCS) as server:
        server.add_image("winter", {"sda1": 1000, "sda2": 3000})
        server.add_image("summer", {"sda1": 1000, "sda2": 3000})
        yield Building(server)


@contextmanager
def sender_of_fog(building: Building) -> Iterator[subprocess.Popen[bytes]]:
    """FOG on the same machine sends to a room of its own."""
    words = ["--min-receivers", "4", "--max-wait", "600", "--portbase", "55008", "--full-duplex", "--ttl", "32"]
    process = subprocess.Popen([building.server.tree.program("udp-sender"), *words])
    try:
        while "udp-sender" not in building.running():
            assert process.poll() is None
        yield process
    finally:
        process.kill()
        process.wait()


def refusal(building: Building) -> str:
    with pytest.raises(EngineError) as caught:
        building.engine.start(building.spec())
    return str(caught.value)
