# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lab's PCs sit on the disks of emulated PCs: what they tell through WinRM of their files is what is really there.

A PC of the lab that starts asks whether the DRBL server would have it write to its disk. If so, the emulated PC with
that disk is switched on and boots from the network; until it is off again, the lab's PC does not answer.
"""

from __future__ import annotations

import asyncio
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiohttp import web

from lab.device.disk import DATA_FOLDER, RawDisk
from lab.device.pc import Habits, SimulatedPC
from lab.fleet import parse
from lab.laboratory import Laboratory, Settings, StateFile
from tests.imaging.clonezilla_room import Room
from tests.imaging.images import OFFSET
from tests.imaging.needs import program
from tests.imaging.seats import Seat

QUICK = Habits(boot=2, restart=2, complete=0)


@dataclass(frozen=True, slots=True)
class SeatDisk:
    """The disk of an emulated PC as Windows would see it. It is written only while the emulated PC is off."""

    seat: Seat

    def read(self, path: str) -> bytes | None:
        """Return the content as it is on the disk now."""
        return RawDisk(self.seat.disk, {"C": OFFSET}).read(path)

    def write(self, path: str, content: bytes) -> None:
        """Write the whole file."""
        with tempfile.NamedTemporaryFile() as file:
            file.write(content)
            file.flush()
            self._change(f"rm {_inside(path)}", f"write {file.name} {_inside(path)}")

    def remove(self, path: str) -> None:
        """Remove the file."""
        self._change(f"rm {_inside(path)}")

    def _change(self, *commands: str) -> None:
        if self.seat.running():
            raise OSError(f"{self.seat.place.name} is writing to its disk itself")
        words = "".join(f"{command}\n" for command in commands)
        subprocess.run(
            [program("debugfs"), "-w", "-f", "-", f"{self.seat.disk}?offset={OFFSET}"],
            input=words.encode(),
            check=True,
            capture_output=True,
        )


def _inside(path: str) -> str:
    return path.partition(":")[2].replace("\\", "/")


@dataclass(slots=True)
class Boots:
    """The network that the lab's PCs start from; the lab asks it as it asks its own."""

    room: Room
    pcs: Mapping[str, SimulatedPC]
    seats: Mapping[str, Seat]
    imaged: list[str] = field(default_factory=list)

    @property
    def busy(self) -> bool:
        """Whether an emulated PC is on."""
        return any(pc.elsewhere for pc in self.pcs.values())

    def takes(self, name: str) -> bool:
        """Answer a PC that starts; when the server has orders for it, they are followed on its disk."""
        seat = self.seats[name]
        if seat.running():
            return True
        if not self.room.server.would_write(seat.place):
            return False
        self.imaged.append(name)
        seat.on()
        return True

    def settle(self, now: datetime) -> None:
        """Let PCs go on whose emulated PC has ended."""
        for name, pc in self.pcs.items():
            if pc.elsewhere and not self.seats[name].running():
                pc.bootable = pc.disk.read(f"{DATA_FOLDER}\\image.json") is not None
                pc.leave_network("reboot")


@dataclass(slots=True)
class Imaging:
    """What a lab wants of its imaging server: the real one needs nothing of it."""

    network: Boots

    async def start(self, authority: object, now: datetime) -> None:
        """It runs already."""

    async def stop(self) -> None:
        """It ends with its cell."""

    def write_variables(self, folder: Path, ca: Path) -> None:
        """The test tells the operator's inventory."""

    def routes(self) -> list[web.RouteDef]:
        """Nothing of it is controlled through the lab."""
        return []


@dataclass(slots=True)
class SeatLab:
    """A lab in this process, on a thread of its own. ``boots``: what its PCs boot."""

    state: StateFile
    boots: Boots

    @property
    def inventory(self) -> Path:
        """The file to give to ``-i``."""
        return Path(self.state.inventory)


@contextmanager
def seat_lab(folder: Path, room: Room, devices: Sequence[Mapping[str, Any]]) -> Iterator[SeatLab]:
    """Start a lab at the present time whose ``devices`` are the seats of the room, in their order."""
    fleet = parse({"zone": "UTC", "devices": [dict(one) for one in devices]}, "seats.yml")
    laboratory = Laboratory(fleet, Settings(folder, rate=1.0, start=datetime.now(UTC)))
    seats = dict(zip(laboratory.devices, room.seats, strict=True))
    boots = Boots(room, laboratory.devices, seats)
    for name, pc in laboratory.devices.items():
        pc.disk, pc.habits = SeatDisk(seats[name]), QUICK
        pc.netboot = lambda name=name: boots.takes(name)
    laboratory.imaging = Imaging(boots)  # type: ignore[assignment]
    loop = asyncio.new_event_loop()
    started: Future[StateFile] = Future()

    async def live() -> None:
        try:
            started.set_result(await laboratory.start())
        except Exception as wrong:
            started.set_exception(wrong)
            return
        await laboratory.wait()
        await laboratory.stop()

    thread = threading.Thread(target=loop.run_until_complete, args=(live(),))
    thread.start()
    try:
        yield SeatLab(started.result(60), boots)
    finally:
        loop.call_soon_threadsafe(laboratory.ask_to_stop)
        thread.join(60)
        loop.close()
