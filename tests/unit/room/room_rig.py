# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A whole room without Ansible: the product's own steps, ledger and engine against the lab's PCs and its FOG server.

``Controller`` takes the steps as the role's files do. It may be made to die before or after anything that it does.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ansible_collections.nightshift.fleet.plugins.module_utils.imaging.engine import EngineError
from ansible_collections.nightshift.fleet.plugins.module_utils.imaging.engines import ENGINES
from ansible_collections.nightshift.fleet.plugins.module_utils.imaging.job_file import new_id
from ansible_collections.nightshift.fleet.plugins.module_utils.imaging.room_steps import run as take_engine_step
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import Ledger, open_ledger
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.contact import NoAnswer
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.probe import Target
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import Device
from ansible_collections.nightshift.fleet.plugins.plugin_utils.room import opening, transferring
from ansible_collections.nightshift.fleet.plugins.plugin_utils.room.engine_door import EngineDoor, EngineFault
from ansible_collections.nightshift.fleet.plugins.plugin_utils.room.model import Run, Seat
from ansible_collections.nightshift.fleet.plugins.plugin_utils.room.rules import ImageFile, RunRules
from ansible_collections.nightshift.fleet.plugins.plugin_utils.room.running import Running
from ansible_collections.nightshift.fleet.plugins.plugin_utils.room.seat_turn import SeatTurn
from ansible_collections.nightshift.fleet.plugins.plugin_utils.room.session import RoomSession
from ansible_collections.nightshift.fleet.plugins.plugin_utils.seat.expected import ImageWanted

from lab.clock import VirtualClock
from lab.device.assembly import assemble
from lab.device.pc import SimulatedPC
from lab.endpoint import ModuleCall
from lab.fleet import parse
from lab.fog.server import API_TOKEN, USER_TOKEN, serving
from lab.imaging import LabImaging
from lab.truth import Truth, What
from tests.e2e.rooms import CHECKSUM, PROOF, ROOM, fleet


class Killed(BaseException):
    """The controller is dead: nothing that it would have done any more happens."""


@dataclass(slots=True)
class Fuse:
    """Counts what a controller does, and kills it at one point. ``left`` None: never."""

    left: int | None = None
    done: int = 0

    def burn(self) -> None:
        """One more thing is about to happen, or has happened."""
        self.done += 1
        if self.left is not None and self.done > self.left:
            raise Killed


@dataclass(slots=True)
class World:
    """PCs, an imaging server, a clock that stands still until it is moved."""

    clock: VirtualClock
    truth: Truth
    pcs: dict[str, SimulatedPC]
    imaging: LabImaging
    options: dict[str, Any] = field(default_factory=dict)

    def advance_to(self, instant: datetime) -> None:
        """Let time pass."""
        self.clock.advance_to(instant)
        self.settle()

    def settle(self) -> None:
        """Bring everything to the present instant."""
        for pc in self.pcs.values():
            pc.settle()
        self.imaging.network.settle(self.clock.now())

    def probe(self, targets: Iterator[Target] | list[Target]) -> Mapping[str, str]:
        """Answer as the network would."""
        self.settle()
        return {one.name: "" if self.pcs[one.name].answering() else "no answer" for one in targets}

    def call(self, name: str, module: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        """Run a module on a PC."""
        self.settle()
        if not self.pcs[name].answering():
            raise NoAnswer("no answer")
        reply = asyncio.run(self.pcs[name].run(ModuleCall(f"nightshift.fleet.{module}", dict(arguments), False)))
        told: dict[str, Any] = json.loads(reply.stdout)
        return told

    def imaged(self) -> list[str]:
        """Return the PCs that really got an image, in order."""
        return [one.device for one in self.truth.happenings(what=What.IMAGED)]

    def arming(self) -> list[str]:
        """Return the orders that armed something."""
        return [order for order in self.imaging.server.orders() if order.endswith("/task")]


@contextmanager
def few_authorities() -> Iterator[None]:
    """Let this process trust nobody by default: Ansible reads all authorities anew for each request."""
    before = {name: os.environ.get(name) for name in ("SSL_CERT_FILE", "SSL_CERT_DIR")}
    os.environ.update(dict.fromkeys(before, os.devnull))
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


@contextmanager
def world(count: int = 3, **changes: Any) -> Iterator[World]:
    """Build a room, its PCs and its server."""
    spec = parse(fleet(count, **changes), "room.yml")
    clock, truth = VirtualClock(datetime(2026, 11, 23, 21, tzinfo=UTC)), Truth()
    pcs = {one.name: assemble(one, spec, clock, truth, "127.0.0.1", "n", "s") for one in spec.devices}
    assert spec.imaging is not None
    macs = {one.name: one.mac for one in spec.devices if one.mac and one.device_class == "room"}
    imaging = LabImaging(spec.imaging, pcs, macs)
    with few_authorities(), serving(imaging.server) as url:
        fog = {"url": url, "api_token": API_TOKEN, "user_token": USER_TOKEN, "plain_http": True}
        spec_of = {name: one.get("default") for name, one in ENGINES["fog"].options.items()}
        yield World(clock, truth, pcs, imaging, {**spec_of, **fog, "timeout": 10})


@dataclass(frozen=True, slots=True)
class MovedClock:
    """The world's clock, which waiting moves."""

    world: World

    def now(self) -> datetime:
        """Return the present instant."""
        return self.world.clock.now()

    def wait_until(self, instant: datetime) -> MovedClock:
        """Let time pass."""
        self.world.advance_to(instant)
        return self


class FusedLedger(Ledger):
    """A ledger whose user may die right before a transaction, or right after it was committed."""

    __slots__ = ("fuse",)

    @contextmanager
    def begin(self) -> Iterator[Any]:
        """A transaction that writes."""
        self.fuse.burn()
        with super().begin() as tx:
            yield tx
        self.fuse.burn()


RULES = RunRules(patch=False)


@dataclass(slots=True)
class Controller:
    """One process that drives a run of the room S12, from its opening to its end or to its death."""

    world: World
    folder: Path
    rules: RunRules = RULES
    fuse: Fuse = field(default_factory=Fuse)
    hook: dict[str, bool] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """The ledger."""
        return f"sqlite:///{self.folder / 'ledger.sqlite'}"

    def session(self) -> RoomSession:
        """Return what an inventory would give."""
        names = sorted(name for name in self.world.imaging.network.pcs if name.startswith(f"{ROOM.lower()}-"))
        hosts = {row.name: row.macs[0] for row in self.world.imaging.store.hosts.values()}
        seats = tuple(Seat(name, hosts[name], address="127.0.0.1") for name in names if name not in self.rules.never)
        files = tuple(ImageFile(path, _sha256(text)) for path, text in PROOF.items())
        computer = self.world.pcs["reference"].computer
        image = ImageWanted("lab", "7", CHECKSUM, computer.build, computer.ubr, files)
        night = datetime(2026, 11, 24, 5, tzinfo=UTC)
        ports = dict.fromkeys(names, 5986)
        return RoomSession(ROOM, "fog-1", self.url, os.getppid(), seats, ports, self.rules, image, night)

    def go(self) -> Run:
        """Open the run or carry on with it, and take every step; return the run as it ended. May raise Killed."""
        door = EngineDoor(self._module, "fog", self.world.options, ROOM, "lab", self.rules)
        clock = MovedClock(self.world)
        session = self.session()
        devices = {seat.name: Device(seat.name, device_class="room", room=ROOM) for seat in session.seats}
        opened = opening.open_run(session, door, new_id(ROOM, datetime.now(UTC)), devices, clock.now())
        session = opened.session
        if opened.already:
            return self.last()
        ledger = _fused(open_ledger(self.url), self.fuse)
        running = Running(ledger, session, clock, self.world.probe, lambda line, worth: None)
        driver = transferring.Driver(ledger, session, door, clock, lambda line, worth: None)
        while (told := running.next())["do"] != "end":
            {
                "survey": self._survey, "prepare": self._prepare, "arm": self._arm, "watch": self._watch,
                "close": lambda _running, its, _told: transferring.close(its), "judge": self._judge,
            }[told["do"]](running, driver, told)  # fmt: skip
        running.ended(self.folder / "report")
        return transferring.run_in(ledger, session)

    def last(self) -> Run:
        """Return the newest run, which has ended."""
        with open_ledger(self.url).read() as view:
            (report,) = (self.folder / "report").glob("*.json")
            found = view.rooms.run(report.stem)
        assert found is not None and found.ended is not None
        return found

    def _survey(self, running: Running, driver: transferring.Driver, told: Mapping[str, Any]) -> None:
        running.probed(told["seats"])
        for name in running.awaited(told["seats"])["seats"]:
            self._seat(running, name, "look")
        running.surveyed()

    def _prepare(self, running: Running, driver: transferring.Driver, told: Mapping[str, Any]) -> None:
        awake = running.awaited(told["seats"])
        for name in awake["seats"]:
            self._seat(running, name, "look")
        for name in awake["seats"] if self.rules.announce else ():
            self._seat(running, name, "tell")
        for name in awake["unprepared"] if self.hook else ():
            self._seat(running, name, "prepared" if self.hook[name] else "excused", "the backup failed")
        running.prepared(new_id(ROOM, datetime.now(UTC)))

    def _arm(self, running: Running, driver: transferring.Driver, told: Mapping[str, Any]) -> None:
        for name in running.probed(told["seats"])["seats"]:
            self._seat(running, name, "mark")
        try:
            transferring.arm(driver)
        except EngineFault:
            return

    def _watch(self, running: Running, driver: transferring.Driver, told: Mapping[str, Any]) -> None:
        for name in running.probed(told["seats"])["seats"]:
            self._seat(running, name, "start")
        transferring.watch(driver)
        transferring.close(driver)

    def _judge(self, running: Running, driver: transferring.Driver, told: Mapping[str, Any]) -> None:
        for name in running.settled()["seats"]:
            self._seat(running, name, "check")
        for name in running.judged()["done"]:
            self._seat(running, name, "sign")

    def _seat(self, running: Running, name: str, do: str, why: str = "") -> None:
        def call(module: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
            self.fuse.burn()
            result = self.world.call(name, module, arguments)
            self.fuse.burn()
            return result

        SeatTurn(running.ledger, running.session, running.clock, name, call).take(do, why)

    def _module(self, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        self.fuse.burn()
        params = {"job_file": None, "max_bitrate": None, **arguments}
        try:
            result = take_engine_step(ENGINES["fog"].build(params["fog"]), params, check=False)
        except EngineError as error:
            result = {"failed": True, "msg": str(error), "problems": getattr(error, "problems", [])}
        self.fuse.burn()
        return result


def _fused(ledger: Ledger, fuse: Fuse) -> Ledger:
    found = FusedLedger(ledger._database, read_only=False)
    found.fuse = fuse
    return found


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def rules(**changes: Any) -> RunRules:
    """Return rules that differ from the usual ones."""
    return replace(RULES, **changes)
