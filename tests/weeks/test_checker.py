# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The checker finds each kind of violation that is planted into some clean days, and nothing in those days alone."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from lab.catalogue import Catalogue, Kit, Release
from tests.weeks.checker.evidence import (
    ApprovalFacts,
    DeviceFacts,
    EmergencyFacts,
    Event,
    Evidence,
    ExceptionFacts,
    TicketFacts,
)
from tests.weeks.checker.judge import violations

ZONES = {"helpdesk": "Europe/London", "campus": "Europe/Rome", "msp": "America/Chicago", "enterprise": "Europe/Berlin"}
KIT = Kit("windows-11-24h2")
LONG_AGO = datetime(2026, 10, 1, tzinfo=UTC)
PATCH = Release("patch", kbs=("KB1",), severity="Important", released=LONG_AGO, minutes=5)
RESTARTING = Release("big", kbs=("KB2",), severity="Important", released=LONG_AGO, needs_restart=True, minutes=5)
CRITICAL = Release("crit", kbs=("KB3",), severity="Critical", released=LONG_AGO, needs_restart=True, minutes=5)
LOW = Release("low", kbs=("KB4",), severity="Low", released=LONG_AGO, minutes=5)
DRIVER = Release("driver", title="a driver", categories=("Drivers",), released=LONG_AGO, minutes=5)
FUSSY = Release("fussy", kbs=("KB6",), severity="Important", released=LONG_AGO, refuses_while_pending=True, minutes=5)
ALL = (PATCH, RESTARTING, CRITICAL, LOW, DRIVER, FUSSY)


@dataclass
class Scene:
    """A fleet of one to four devices from Monday 2 November 2026 on; times are local: ``mon 16:00``, ``2mon 16:00``."""

    preset: str
    days: int = 7
    devices: dict[str, DeviceFacts] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    tickets: list[TicketFacts] = field(default_factory=list)
    approvals: list[ApprovalFacts] = field(default_factory=list)
    exceptions: list[ExceptionFacts] = field(default_factory=list)
    nights: list[tuple[str, datetime]] = field(default_factory=list)
    emergencies: list[EmergencyFacts] = field(default_factory=list)
    calls: dict[str, int] = field(default_factory=dict)

    def at(self, when: str) -> datetime:
        """The instant of a local time of the scene."""
        day, clock = when.split()
        week = int(day[0]) - 1 if day[0].isdigit() else 0
        number = ("mon", "tue", "wed", "thu", "fri", "sat", "sun").index(day[-3:]) + 7 * week
        hour, minute = map(int, clock.split(":"))
        return datetime(2026, 11, 2 + number, hour, minute, tzinfo=ZoneInfo(ZONES[self.preset])).astimezone(UTC)

    def device(
        self, name: str = "pc", device_class: str = "desktop", lacks: Iterable[str] = (), **facts: object
    ) -> Scene:
        """Add a device that is on from Monday 00:10 to the end, and searched each day at noon and at 16:10."""
        shipped = frozenset(one.id for one in ALL) - set(lacks)
        self.devices[name] = DeviceFacts(name, device_class, KIT, shipped, **facts)  # type: ignore[arg-type]
        self.add("mon 00:10", "power_on", device=name)
        for number in range(self.days * 2):
            self.search(self.at("mon 00:15") + timedelta(hours=12 * number), name)
        return self

    def search(self, at: datetime, name: str = "pc") -> Scene:
        self.events += [Event(at, name, "job_started", detail="scan"), Event(at, name, "job_finished")]
        self.events.append(Event(at, name, "search_finished", detail="trusted"))
        return self

    def add(self, when: str, what: str, update: str = "", detail: str = "", device: str = "pc") -> Scene:
        self.events.append(Event(self.at(when), device, what, update, detail))
        return self

    def install(
        self, when: str, update: str, device: str = "pc", ends: str = "install_finished", takes: int = 5
    ) -> Scene:
        begun = self.at(when)
        self.events.append(Event(begun, device, "install_started", update))
        self.events.append(Event(begun + timedelta(minutes=takes), device, ends, update))
        return self.search(begun + timedelta(minutes=takes + 3), device)

    def restart(self, when: str, device: str = "pc", cause: str = "ours") -> Scene:
        at = self.at(when)
        self.events.append(Event(at - timedelta(minutes=5), device, "restart_scheduled", detail=cause))
        self.events.append(Event(at, device, "restarted", detail=cause))
        return self.search(at + timedelta(minutes=10), device)

    def without(self, *what: str, device: str = "pc", since: str = "mon 00:00", until: str = "3mon 00:00") -> Scene:
        start, end = self.at(since), self.at(until)
        self.events = [e for e in self.events if not (e.device == device and e.what in what and start <= e.at < end)]
        return self

    def approve(self, *updates: str, when: str = "mon 00:00") -> Scene:
        self.approvals += [ApprovalFacts(one, "approve", self.at(when)) for one in updates]
        return self

    def found(self) -> list[str]:
        """The broken sentences."""
        begins = self.at("mon 00:00")
        evidence = Evidence(
            self.preset,
            ZoneInfo(ZONES[self.preset]),
            begins,
            begins + timedelta(days=self.days),
            self.devices,
            self.events,
            Catalogue(ALL),
            self.calls,
            self.tickets,
            self.approvals,
            self.exceptions,
            self.emergencies,
            self.nights,
        )
        return [one.sentence for one in violations(evidence)]


def helpdesk() -> Scene:
    """A desktop that lacks one patch and gets it on Monday, after its search, in its window; restarted on Sunday."""
    return Scene("helpdesk", 9).device(lacks=["patch", "low"]).install("mon 16:05", "patch").restart("sun 02:15")


def pending() -> Scene:
    """A desktop that waits for a restart since Monday; its user is told on Monday at half past four."""
    scene = Scene("helpdesk", 1).device(lacks=["big"]).install("mon 16:05", "big")
    return scene.add("mon 09:00", "logons", detail="ada").add("mon 16:31", "reminded").add("mon 18:40", "logons")


def absent() -> Scene:
    """A desktop that is off from Monday noon to Tuesday at nine: scanned then, and served an hour later."""
    scene = Scene("helpdesk", 3).device(lacks=["patch"])
    scene.without("search_finished", "job_started", "job_finished", since="mon 11:00", until="wed 00:00")
    scene.add("mon 12:30", "power_off").add("tue 09:00", "power_on").search(scene.at("tue 09:31"))
    return scene.search(scene.at("tue 21:00")).install("tue 10:40", "patch")


def campus() -> Scene:
    """A desktop that gets a critical update on Monday in Sunday's window, and its restart there."""
    scene = Scene("campus", 3).device(lacks=["patch", "crit", "driver"]).install("mon 00:20", "crit")
    return scene.install("mon 00:35", "patch").restart("mon 01:00")


def msp() -> Scene:
    """A desktop that gets what is approved at night, restarts, and is clean."""
    scene = Scene("msp", 3).device(lacks=["patch", "big"]).approve("patch", "KB2", when="mon 00:00")
    return scene.install("mon 01:10", "patch").install("mon 01:30", "big").restart("mon 02:00")


def refused() -> Scene:
    """A desktop whose restart is outstanding since Monday night; another update refuses to be installed before it."""
    scene = Scene("msp", 3).device(lacks=["big", "fussy"]).approve("KB2", "KB6", when="mon 00:00")
    return scene.install("mon 01:10", "big").install("mon 01:30", "fussy", ends="install_failed")


def enterprise() -> Scene:
    """Two canaries have the patch on Monday; the early one gets it on Wednesday evening, the broad one does not."""
    scene = Scene("enterprise", 4).approve("patch")
    for name, ring in (("c1", "canary"), ("c2", "canary"), ("e1", "early"), ("b1", "broad")):
        scene.device(name, lacks=["patch"], ring=ring)
    scene.install("mon 12:10", "patch", "c1").install("mon 12:10", "patch", "c2")
    return scene.install("wed 18:10", "patch", "e1")


@pytest.mark.parametrize("scene", [helpdesk, pending, absent, campus, msp, enterprise])
def test_a_month_that_keeps_to_the_policy_breaks_no_sentence(scene: Callable[[], Scene]) -> None:
    assert scene().found() == []


def failing(*extra: str) -> Scene:
    """A desktop on which the patch fails twice, on Monday and on Wednesday; ``extra``: when its ticket is raised."""
    scene = Scene("helpdesk", 4).device(lacks=["patch"])
    scene.install("mon 16:05", "patch", ends="install_failed").install("wed 16:05", "patch", ends="install_failed")
    scene.tickets += [TicketFacts("pc", "patch", scene.at(when)) for when in extra]
    return scene


def interrupted(*extra: str) -> Scene:
    """A desktop on which the patch fails on Monday, and is cut off three times on Wednesday; ``extra``: its tickets."""
    scene = Scene("helpdesk", 12).device(lacks=["patch"]).install("mon 16:05", "patch", ends="install_failed")
    for when in ("wed 16:05", "wed 16:25", "wed 16:45"):
        scene.install(when, "patch", ends="install_interrupted")
    scene.tickets += [TicketFacts("pc", "patch", scene.at(when)) for when in extra]
    return scene.restart("sun 02:15")


def with_ticket(scene: Scene, when: str) -> Scene:
    scene.tickets.append(TicketFacts("pc", "patch", scene.at(when)))
    return scene


def excepted(scene: Scene, scope: str, update: str = "") -> Scene:
    scene.exceptions.append(ExceptionFacts("pc", scope, scene.at("sun 00:00"), update))
    return scene


def off_at_night(*reported: str) -> Scene:
    """A desktop at a customer's that was off in the night to Tuesday."""
    scene = msp().add("mon 20:00", "power_off").add("tue 07:00", "power_on").search(msp().at("tue 08:00"))
    scene.without("search_finished", since="mon 20:01", until="tue 07:01")
    scene.nights += [("pc", scene.at(when)) for when in reported]
    return scene


def given_up_on_a_canary() -> Scene:
    scene = enterprise()
    scene.tickets.append(TicketFacts("c1", "patch", scene.at("tue 10:00")))
    return scene


def urgent(restarted: str = "") -> Scene:
    """A critical update installed on Monday at noon, for which an emergency was declared an hour before."""
    scene = Scene("campus", 3).device(lacks=["crit"]).install("mon 12:20", "crit")
    scene.without("search_finished", "job_started", until="mon 12:10")
    scene.emergencies.append(EmergencyFacts("KB3", scene.at("mon 11:00"), scene.at("mon 20:00")))
    return scene.restart(restarted) if restarted else scene


def by_hand_but_not() -> Scene:
    return enterprise().device("m1", ring="manual").install("tue 12:30", "patch", "m1")


def by_night() -> Scene:
    return enterprise().without("install_started", device="c1").install("mon 03:00", "patch", "c1")


PLANTED: Sequence[tuple[str, str, Callable[[], Scene]]] = (
    ("helpdesk 2a", "outside the window", lambda: helpdesk().without("install_started").install("tue 11:00", "patch")),
    ("helpdesk 2a", "left unserved", lambda: helpdesk().without("install_started", "install_finished")),
    ("helpdesk 3b", "a low one", lambda: helpdesk().install("mon 17:00", "low")),
    ("helpdesk 3b", "twice", lambda: helpdesk().install("wed 17:00", "patch")),
    ("helpdesk 1a", "no search for days", lambda: helpdesk().without("search_finished", since="tue 00:00")),
    ("helpdesk 4a", "not scanned when back", lambda: absent().without("search_finished", since="tue 00:00")),
    ("helpdesk 4b", "not caught up", lambda: absent().without("install_started", "install_finished")),
    ("helpdesk 2a", "caught up too early", lambda: absent().without("install_started").install("tue 09:40", "patch")),
    ("helpdesk 5a", "an automatic restart", lambda: helpdesk().restart("wed 02:15")),
    ("helpdesk 5d", "restarted by day", lambda: helpdesk().without("restarted").restart("sun 12:00")),
    ("helpdesk 5d", "kept on for ever", lambda: helpdesk().without("restarted")),
    ("helpdesk 5b", "told at noon", lambda: pending().add("mon 12:00", "reminded")),
    ("helpdesk 5b", "told twice", lambda: pending().add("mon 17:31", "reminded")),
    ("helpdesk 5b", "told nobody", lambda: pending().without("reminded")),
    ("helpdesk 5b", "told for nothing", lambda: helpdesk().add("mon 16:40", "reminded")),
    ("helpdesk 6b", "no ticket", failing),
    ("helpdesk 6b", "two tickets", lambda: failing("wed 16:20", "wed 16:30")),
    ("helpdesk 6b", "a ticket too late", lambda: failing("thu 12:00")),
    ("helpdesk 6b", "a ticket for nothing", lambda: with_ticket(helpdesk(), "tue 10:00")),
    ("helpdesk 6b", "no ticket for what was cut off", interrupted),
    ("helpdesk 6c", "a third try", lambda: failing("wed 16:20").install("wed 18:00", "patch")),
    ("helpdesk 8a", "in spite of an exception", lambda: excepted(helpdesk(), "patching")),
    ("helpdesk 8a", "an excepted update", lambda: excepted(helpdesk(), "update", "KB1")),
    ("helpdesk 8a", "an excepted restart", lambda: excepted(helpdesk(), "restarts").restart("sat 02:15")),
    ("helpdesk 5a", "cut off", lambda: helpdesk().add("sun 02:15", "install_interrupted", "patch")),
    ("campus 1b", "a laptop is asked", lambda: replace(campus().device("lt", "laptop"), calls={"lt": 1})),
    ("campus 2a", "left missing", lambda: campus().without("install_started", "install_finished", until="mon 01:00")),
    ("campus 2a", "a driver", lambda: campus().install("tue 10:00", "driver")),
    ("campus 2a", "a pop-up", lambda: campus().add("mon 00:50", "logons", detail="ada").add("mon 00:58", "logons")),
    ("campus 3b", "a routine restart", lambda: campus().restart("tue 23:30")),
    ("campus 4c", "a restart by day", lambda: campus().without("restarted").restart("mon 21:00")),
    ("campus 4c", "somebody there", lambda: campus().add("mon 00:56", "logons", detail="ada")),
    ("campus 4c", "never restarted", lambda: campus().without("restarted")),
    ("campus 4d", "an emergency without its restart", urgent),
    ("campus 4c", "an emergency that was over", lambda: urgent("mon 20:30")),
    ("msp 1a", "begun by day", lambda: msp().without("install_started").install("mon 12:00", "patch")),
    ("msp 1a", "waits for a restart that nobody forbids", refused),
    ("msp 1a", "left unserved", lambda: msp().without("install_started", "install_finished", until="mon 01:20")),
    ("msp 2a", "unapproved", lambda: replace(msp(), approvals=[]).approve("KB2")),
    ("msp 3b", "ended too late", lambda: msp().without("install_finished").install("tue 04:50", "patch", takes=30)),
    ("msp 3c", "restarted after the window", lambda: msp().without("restarted").restart("mon 05:05")),
    ("msp 3a", "left pending", lambda: msp().without("restarted")),
    ("msp 4a", "nobody was told", off_at_night),
    ("msp 4a", "told of the wrong night", lambda: off_at_night("tue 01:00", "wed 01:00")),
    ("enterprise 4a", "unapproved", lambda: replace(enterprise(), approvals=[])),
    ("enterprise 5b", "too early", lambda: enterprise().install("tue 18:10", "patch", "b1")),
    ("enterprise 5c", "not halted", given_up_on_a_canary),
    ("enterprise 6a", "not by hand", by_hand_but_not),
    ("enterprise 5a", "at night", by_night),
)  # fmt: skip


@pytest.mark.parametrize(("sentence", "what", "scene"), PLANTED, ids=[f"{one[0]}: {one[1]}" for one in PLANTED])
def test_a_planted_violation_is_found(sentence: str, what: str, scene: Callable[[], Scene]) -> None:
    assert sentence in scene().found()


def test_two_failures_with_one_ticket_at_once_are_right() -> None:
    assert failing("wed 16:20").found() == []


def test_three_interruptions_count_as_a_failure_and_what_was_given_up_is_owed_no_more() -> None:
    assert interrupted("wed 17:00").found() == []


def test_what_waits_for_a_restart_that_an_exception_forbids_is_left_alone() -> None:
    assert "msp 1a" not in excepted(refused(), "restarts").found()


def test_an_emergency_restarts_by_day() -> None:
    assert {"campus 4c", "campus 4d"}.isdisjoint(urgent("mon 12:40").found())


def test_a_night_that_was_missed_and_reported_is_right() -> None:
    assert off_at_night("tue 01:00").found() == []


def test_the_checker_knows_nothing_of_the_collection() -> None:
    for file in (Path(__file__).parent / "checker").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not any("ansible" in name or "plugin" in name or "planner" in name for name in names), file
