# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A running lab: devices, their listeners, the clock that drives both, and the folder that tells others about it."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
from collections.abc import Coroutine
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from . import inventory
from .addresses import Block, take
from .clock import VirtualClock
from .clonezilla.imaging import LabDrbl
from .control import Control
from .device.assembly import assemble
from .device.pc import SimulatedPC
from .fleet import FleetSpec
from .imaging import LabImaging
from .memory import give_back
from .tls import LabAuthority
from .truth import Truth
from .winrm import WinRMFleet

_TIDY = 10.0  # real seconds between two returns of memory
_TICK = 0.2  # real seconds between two looks at a running clock
USER = "nightshift"


@dataclass(frozen=True, slots=True)
class Settings:
    """How a lab is run. ``folder`` is its own; ``base`` None: any free block of addresses."""

    folder: Path
    rate: float = 1.0
    start: datetime | None = None
    base: str | None = None
    transport: str = "basic"
    static: bool = False
    plain: bool = False


@dataclass(frozen=True, slots=True)
class StateFile:
    """What ``lab.json`` in a lab's folder says to whoever wants to talk to it."""

    pid: int
    control: str
    token: str
    inventory: str
    network: str
    devices: int

    @staticmethod
    def path(folder: Path) -> Path:
        """Return where it lies."""
        return folder / "lab.json"

    @classmethod
    def read(cls, folder: Path) -> StateFile:
        """Read it. Raises FileNotFoundError where no lab is up."""
        return cls(**json.loads(cls.path(folder).read_text(encoding="utf-8")))

    def write(self, folder: Path) -> None:
        """Write it whole, readable to this user only."""
        fresh = folder / "lab.json.new"
        fresh.touch(mode=0o600)
        fresh.write_text(json.dumps(asdict(self)), encoding="utf-8")
        fresh.replace(self.path(folder))


class Laboratory:
    """One fleet behind WinRM. Use ``start``, then ``wait`` (until somebody stops it), then ``stop``."""

    def __init__(self, fleet: FleetSpec, settings: Settings) -> None:
        """Build the devices and hold their addresses. Raises NoBlock."""
        self.settings = settings
        self.clock = VirtualClock(settings.start or fleet.start)  # stands still until all is ready
        settings.folder.mkdir(parents=True, exist_ok=True)
        truth_file = settings.folder / "truth.jsonl"
        truth_file.unlink(missing_ok=True)
        self.truth = Truth(truth_file)
        self._fleet = fleet
        self._password = secrets.token_urlsafe(16)
        self._block: Block = take(len(fleet.devices), settings.base)
        addresses = self._block.addresses(len(fleet.devices))
        self.devices = {
            spec.name: assemble(spec, fleet, self.clock, self.truth, address, USER, self._password)
            for spec, address in zip(fleet.devices, addresses, strict=True)
        }
        self.imaging = self._imaging(fleet)
        real_now = datetime.now(UTC)
        self._authority = LabAuthority.in_folder(settings.folder / "ca", real_now)
        plain = list(self.devices) if settings.plain else []
        self.winrm = WinRMFleet(self.devices.values(), self._authority, now=real_now, plain=plain)
        self.control = Control(self, secrets.token_urlsafe(24))
        self._turning = asyncio.Lock()
        self._stopped = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    def _imaging(self, fleet: FleetSpec) -> LabImaging | LabDrbl | None:
        if fleet.imaging is None:
            return None
        known = fleet.imaging.pcs
        macs = {d.name: d.mac for d in fleet.devices if d.mac and (d.device_class == "room" or d.name in known)}
        if fleet.imaging.engine == "clonezilla":
            return LabDrbl(fleet.imaging, self.devices, macs, (self.settings.folder / "drbl").resolve(), self._woken)
        made = LabImaging(fleet.imaging, self.devices, macs, self._woken)
        made.network.folder = self.settings.folder / "images"
        return made

    def _woken(self, name: str) -> None:
        self.devices[name].settle()
        self.devices[name].power(True)
        self._spawn(self.refresh())

    async def start(self) -> StateFile:
        """Listen, write the inventory and ``lab.json``. Raises ListenError."""
        await self.winrm.start()
        address = await self.control.start()
        self.clock.watch(self._moved)
        access = inventory.Access(
            USER,
            self._password,
            self._authority.certificate_path.resolve(),
            self.settings.transport,
            address,
            self.control.token,
        )
        if self.imaging is not None:
            await self.imaging.start(self._authority, datetime.now(UTC))
        pairs = [(spec, self.devices[spec.name].address) for spec in self._fleet.devices]
        source = inventory.write(self.settings.folder / "inventory", pairs, access, self.settings.static)
        if self.imaging is not None:
            self.imaging.write_variables(source.parent, self._authority.certificate_path.resolve())
        state = StateFile(
            os.getpid(), address, self.control.token, str(source.resolve()), str(self._block.network), len(self.devices)
        )
        self.clock.run(self.settings.rate)
        if self.clock.rate:
            self._spawn(self._tick())
        self._spawn(self._tidy())
        state.write(self.settings.folder)
        return state

    async def wait(self) -> None:
        """Return when somebody has asked the lab to stop."""
        await self._stopped.wait()

    def ask_to_stop(self) -> None:
        """Let ``wait`` return."""
        self._stopped.set()

    async def stop(self) -> None:
        """Close everything and take ``lab.json`` away."""
        for task in self._tasks:
            task.cancel()
        if self.imaging is not None:
            await self.imaging.stop()
        await self.control.stop()
        await self.winrm.stop()
        self._block.release()
        self.truth.close()
        StateFile.path(self.settings.folder).unlink(missing_ok=True)

    async def refresh(self) -> None:
        """Bring every device and its listener to the present instant."""
        async with self._turning:
            if self.imaging is not None:
                for device in self.devices.values():
                    device.settle()
                self.imaging.network.settle(self.clock.now())
            for name, device in self.devices.items():
                answering = device.answering()
                if answering != self.winrm.listening(name):
                    await self.winrm.set_listening(name, answering)

    def next_event(self) -> tuple[datetime, SimulatedPC] | None:
        """Return the next instant at which anything happens by itself, and where."""
        coming = [(at, device) for device in self.devices.values() if (at := device.next_event()) is not None]
        return min(coming, key=lambda pair: pair[0], default=None)

    def _moved(self) -> None:
        self._spawn(self.refresh())

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(_TICK)
            coming = self.next_event()
            busy = self.imaging is not None and self.imaging.network.busy
            if busy or (coming is not None and coming[0] <= self.clock.now()):
                await self.refresh()

    async def _tidy(self) -> None:
        while True:
            await asyncio.sleep(_TIDY)
            give_back()

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
