# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Patrols of a simulated month: the collection's own rounds, turns, planner and ledger, without Ansible's processes.

Half of the months are patrolled as a schedule would: every half hour a patrol is opened, and lasts until nobody is busy
or its time is spent. In the other half patrols stay for four hours and wait for what becomes due.
A module call goes straight into the simulated device instead of through WinRM; everything else is the product's.
"""

from __future__ import annotations

import json
from collections.abc import Coroutine, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar
from unittest.mock import patch

import sqlalchemy as sa
import yaml
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import Contact, Ledger, Ticket, open_ledger
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger.tables import tickets
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger.tickets import ticket_of
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol import contact, opening
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.acting import TURNS, allowed
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.asking import ask
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.contact import Call, DeviceFault, NoAnswer
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.decisions import Written, read_written
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.nights import nights_of
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.opening import Found, open_session
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.probe import Target
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.round import begin, first_words, judge, target_of
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.rounds import turnout
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.session import (
    Member,
    Purpose,
    Session,
    SessionFolder,
    Word,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.register.groups import groups_of
from ansible_collections.nightshift.fleet.plugins.plugin_utils.register.row import Row

from lab.clock import VirtualClock
from lab.device.pc import SimulatedPC
from lab.endpoint import ModuleCall, ModuleReply
from lab.truth import Truth
from tests.preset_inventories import placed

from .connections import Connections, Cut
from .world import World

EVERY = timedelta(minutes=30)
STAY = timedelta(hours=4)
POLL = timedelta(minutes=15)
OFFICE = timedelta(hours=6)  # so often an operator looks after the tickets
MENDED = timedelta(days=4)  # so long after it was raised an operator closes a ticket


@dataclass(frozen=True)
class MonthClock:
    """The month's clock as a patrol's. It is found again by its number when a session is read back from its file."""

    number: int
    _all: ClassVar[list[VirtualClock]] = []

    @classmethod
    def of(cls, clock: VirtualClock) -> MonthClock:
        cls._all.append(clock)
        return cls(len(cls._all) - 1)

    def now(self) -> datetime:
        return self._all[self.number].now()

    def wait_until(self, instant: datetime) -> MonthClock:
        self._all[self.number].advance_to(instant)
        return self


@dataclass
class Month:
    """What four weeks left behind: the truth of the devices, and the tickets."""

    world: World
    truth: Truth
    tickets: list[Ticket] = field(default_factory=list)
    nights: list[tuple[str, datetime]] = field(default_factory=list)  # reported as missed: device and opening
    cuts: list[tuple[str, datetime]] = field(default_factory=list)  # connections: device and instant
    attention: list[Word] = field(default_factory=list)
    contacts: int = 0


class Patroller:
    """Patrols one world from its first instant to its last."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world = world
        self.truth = Truth()
        self.virtual = VirtualClock(world.begins, 0)
        self.clock = MonthClock.of(self.virtual)
        self.pcs = world.devices(self.virtual, self.truth)
        self.month = Month(world, self.truth)
        self.connections = Connections(world.seed, world.rough, self.month.cuts)
        self.every = STAY if world.seed % 2 else EVERY
        self.written = 0
        self.said: Written | None = None
        self.site = folder / "site"
        rows = self.rows()
        self.found: Found = placed(rows, world.preset, self.site, world.begins)
        self.groups_of = {row.name: groups_of(row) for row in rows}
        self.groups: dict[str, list[str]] = {"all": [row.name for row in rows]}
        for name, groups in self.groups_of.items():
            for group in groups:
                self.groups.setdefault(group, []).append(name)
        text = yaml.safe_dump([one.row() for one in world.exempted])
        (self.site / "exceptions.yml").write_text(text, encoding="utf-8")
        self.ledger: Ledger
        self.folder = SessionFolder(str(folder))
        self.url = f"sqlite:///{folder / 'ledger.sqlite'}"
        self.last: tuple[Written, Session] | None = None  # the session that was opened last, and what it went by

    @contextmanager
    def one_connection(self) -> Iterator[None]:
        """Let the whole month go over one connection, for it is one process.

        A patrol's forked workers make one for each device.
        """
        with open_ledger(self.url).kept() as ledger:

            def kept(_url: str) -> Ledger:
                return ledger

            self.ledger = ledger
            with patch.object(contact, "reopen", kept), patch.object(opening, "open_ledger", kept):
                yield

    def rows(self) -> list[Row]:
        """The register of the fleet."""
        return [
            Row(
                number + 2,
                spec.name,
                f"192.0.2.{number + 1}",
                spec.device_class,
                ring=spec.ring,
                room=spec.room,
                unit=spec.unit,
                criticality=spec.criticality,
                model=spec.model,
                always_on=spec.always_on,
                managed=spec.managed,
            )
            for number, spec in enumerate(self.world.fleet.devices)
        ]

    def run(self) -> Month:
        """Patrol to the end."""
        with self.one_connection():
            return self._run()

    def _run(self) -> Month:
        moment = self.world.begins
        while moment < self.world.ends:
            self.virtual.advance_to(moment)
            self.people()
            self.patrol()
            if (moment - self.world.begins) % OFFICE == timedelta():
                self.operator()
            moment += self.every
        self.virtual.advance_to(self.world.ends)
        for pc in self.pcs.values():
            pc.settle()
        policies = {name: self.found.policies[one.policy].policy for name, one in self.found.members.items()}
        with self.ledger.read() as tx:
            self.month.tickets += [ticket_of(row) for row in tx._conn.execute(sa.select(tickets)).mappings()]
            nights = nights_of(tx, policies, self.world.begins, self.world.ends)
        self.month.nights += [(name, one.window.opens) for name, missed in nights.items() for one in missed]
        return self.month

    def people(self) -> None:
        """Write down beside the inventory what people have decided by now; read it as an opening patrol does."""
        done = sorted((one for one in self.world.decisions if one.on <= self.clock.now()), key=lambda one: one.on)
        emergency = self.world.emergency
        declares = emergency is not None and emergency.on <= self.clock.now() < emergency.on + self.every
        if self.said is None or self.said.declared is not None or declares or len(done) > self.written:
            text = yaml.safe_dump([one.row() for one in done])
            (self.site / "approvals.yml").write_text(text, encoding="utf-8")
            self.written = len(done)
            self.said = read_written(
                approvals=None,
                exceptions=None,
                emergency=emergency.said() if emergency is not None and declares else None,
                inventory_dir=str(self.site),
                groups=self.groups,
                now=self.clock.now(),
            )

    def patrol(self) -> None:
        """One run: rounds until it is over."""
        assert self.said is not None
        if self.quiet():
            return
        self.folder.clear()
        session = open_session(
            purpose=Purpose.PATROL,
            rehearsal=False,
            ledger=self.url,
            clock=self.clock,
            stay=STAY - timedelta(minutes=1) if self.every is STAY else timedelta(),
            budget=self.every - timedelta(minutes=1),
            poll=POLL,
            found=self.found,
            folder=self.folder,
            written=self.said,
            groups=self.groups_of,
        )
        self.last = self.said, session
        number = 1
        while not begin(self.folder, self.ledger, session, number, self.probe).over:
            session = replace(session, round=number)
            for name in self.folder.read_turn("ask", number):
                self.take(session, number, session.members[name])
            number += 1

    def quiet(self) -> bool:
        """Do what a patrol that asks nobody does, if this one would; say whether.

        The product is asked: whose time has come by the last plan, and who waits for a ring. Whoever did not answer is
        tried, and that is written down. A patrol that stays, or goes by other decisions than the last, is none such.
        """
        if self.every is STAY or self.last is None:
            return False
        said, session = self.last
        if said is not self.said or session.decided.people.emergencies:
            return False
        now = self.clock.now()
        session = replace(session, opened=now, stay_until=now, end_by=now)
        judge(self.ledger, session)
        answers = self.probe(
            target_of(session.members[name]) for name in turnout(session, first_words(self.ledger, session), now)
        )
        if not all(answers.values()):
            return False
        with self.ledger.begin() as tx:
            tx.record_contacts([Contact(name, False, why) for name, why in answers.items()], now)
        return True

    def take(self, session: Session, number: int, member: Member) -> None:
        """Take the turn of one device; say its word."""
        self.month.contacts += 1
        word = ask(session, member, self.caller(self.pcs[member.device.name]), allowed(TURNS))
        if word.status == "attention":
            self.month.attention.append(word)
        self.folder.say(number, word)

    def probe(self, targets: Iterable[Target]) -> Mapping[str, str]:
        """Who answers."""
        return {one.name: "" if self.pcs[one.name].answering() else "switched off" for one in targets}

    def caller(self, pc: SimulatedPC) -> Call:
        """The edge to one device."""

        def call(module: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
            now = self.clock.now()
            if not pc.answering():
                raise NoAnswer("switched off")
            if pc.computer.chassis == "laptop":
                pc.computer.power = self.connections.power(pc.name, now)
            cut = self.connections.cut(pc.name, module, now)
            if cut is Cut.BEFORE:
                raise NoAnswer(cut.value)
            reply = finished(pc.run(ModuleCall(f"nightshift.fleet.{module}", dict(arguments))))
            if cut is not None:
                raise NoAnswer(cut.value)
            answer: dict[str, Any] = json.loads(reply.stdout)
            if answer.get("failed"):
                raise DeviceFault(str(answer["msg"]))
            return answer

        return call

    def operator(self) -> None:
        """Close the tickets that are old enough: somebody has mended the cause, or believes so."""
        now = self.clock.now()
        with self.ledger.begin() as tx:
            for ticket in tx.open_tickets():
                if ticket.raised_at + MENDED <= now:
                    tx.close_ticket(ticket.id, now, "mended")


def finished(running: Coroutine[Any, Any, ModuleReply]) -> ModuleReply:
    """Run a module that waits for nothing, for the lab's clock stands still."""
    try:
        running.send(None)
    except StopIteration as done:
        reply: ModuleReply = done.value
        return reply
    raise AssertionError("a module waited")
