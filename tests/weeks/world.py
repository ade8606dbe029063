# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A fleet of sixty devices and what four weeks bring to it: made from a seed, before anybody patrols.

The catalogue's releases are moved so that one of their Patch Tuesdays is the second Tuesday of the simulated month.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from lab.catalogue import Catalogue, read
from lab.clock import VirtualClock
from lab.device.assembly import assemble
from lab.device.attendance import Attendance
from lab.device.pc import SimulatedPC
from lab.device.power import Switching
from lab.fleet import DeviceSpec, FleetSpec
from lab.truth import Truth

from .failures import Failures
from .people import Decision, Declared, Exempted, assessments, exemptions
from .presence import Presence, local, presence

DAYS = 28
_REAL_TUESDAY = date(2026, 2, 10)  # of the catalogue's newest releases
CLIENTS = ("windows-11-24h2", "windows-11-23h2", "windows-10-22h2")
SERVERS = ("server-2022", "server-2025", "server-2019")
MODELS = {
    "desktop": ("OptiPlex 7020", "EliteDesk 800 G9", "ProDesk 400 G6"),
    "room": ("ProDesk 400 G6",),
    "laptop": ("Latitude 5450", "ThinkPad T14 Gen 4"),
    "server": ("ProLiant DL360 Gen10", "PowerEdge R640"),
}


@dataclass(frozen=True)
class Part:
    """So many devices of a class with the same habit. ``row``: cells of the register that they share."""

    count: int
    device_class: str
    habit: str
    row: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Setting:
    """Where and when a preset is put to the test. ``tuesday``: the month's second Tuesday."""

    zone: ZoneInfo
    first: date
    tuesday: date
    parts: tuple[Part, ...]
    vetted: bool = False  # whether people approve what is released
    emergency: bool = False  # whether an operator declares one, a day after the second critical update


NOVEMBER = {"first": date(2026, 11, 2), "tuesday": date(2026, 11, 10)}
SETTINGS: Mapping[str, Setting] = {
    "helpdesk": Setting(
        ZoneInfo("Europe/London"),
        **NOVEMBER,
        parts=(
            Part(24, "desktop", "office"),
            Part(8, "desktop", "kept_on", {"always_on": True}),
            Part(23, "laptop", "wandering"),
            Part(2, "laptop", "wandering", {"managed": False}),
            Part(3, "server", "always"),
        ),
    ),
    "campus": Setting(
        ZoneInfo("Europe/Rome"),
        **NOVEMBER,
        emergency=True,
        parts=(
            Part(20, "desktop", "office"),
            Part(14, "desktop", "kept_on", {"always_on": True}),
            Part(4, "desktop", "night_owl"),
            Part(12, "room", "classroom", {"room": "A101"}),
            Part(8, "laptop", "wandering"),
            Part(2, "server", "always"),
        ),
    ),
    "msp": Setting(
        ZoneInfo("America/Chicago"),
        first=date(2027, 3, 1),
        tuesday=date(2027, 3, 9),  # the clock changes on the 14th
        vetted=True,
        parts=(
            Part(38, "desktop", "left_on", {"always_on": True}),
            Part(5, "desktop", "night_owl"),
            Part(15, "server", "always", {"always_on": True}),
            Part(2, "laptop", "wandering"),
        ),
    ),
    "enterprise": Setting(
        ZoneInfo("Europe/Berlin"),
        **NOVEMBER,
        vetted=True,
        parts=(
            Part(10, "desktop", "kept_on", {"ring": "canary", "criticality": "normal"}),
            Part(8, "desktop", "office", {"ring": "early", "criticality": "normal"}),
            Part(9, "desktop", "office", {"ring": "broad", "criticality": "normal"}),
            Part(3, "laptop", "wandering", {"ring": "early", "criticality": "normal"}),
            Part(8, "laptop", "wandering", {"ring": "broad", "criticality": "normal"}),
            Part(7, "server", "always", {"ring": "canary", "criticality": "low"}),
            Part(7, "server", "always", {"ring": "early", "criticality": "high"}),
            Part(6, "server", "always", {"ring": "broad", "criticality": "high"}),
            Part(2, "desktop", "kept_on", {"ring": "manual", "criticality": "high"}),
        ),
    ),
}


@dataclass(frozen=True)
class World:
    """One fleet and its month, or ``days`` of it. ``presences`` by device; begins and ends at local midnights."""

    preset: str
    seed: int
    setting: Setting
    fleet: FleetSpec
    presences: Mapping[str, Presence]
    decisions: tuple[Decision, ...] = ()
    exempted: tuple[Exempted, ...] = ()
    emergency: Declared | None = None
    days: int = DAYS
    rough: bool = False  # whether connections are cut

    @property
    def begins(self) -> datetime:
        """The first instant (UTC)."""
        return local(self.setting.first, 0, self.setting.zone)

    @property
    def ends(self) -> datetime:
        """The last instant (UTC)."""
        return local(self.setting.first + timedelta(days=self.days), 0, self.setting.zone)

    def devices(self, clock: VirtualClock, truth: Truth) -> dict[str, SimulatedPC]:
        """Build the PCs as they stand at the first instant."""
        found = {}
        for spec in self.fleet.devices:
            pc = assemble(spec, self.fleet, clock, truth, "192.0.2.1", "", "")
            pc.faults = pc.service.faults = Failures(device=spec.name, seed=self.seed)
            pc.attendance, pc.people, pc.sessions = Attendance(self.presences[spec.name].changes), (), ()
            found[spec.name] = pc
        return found


def make(preset: str, seed: int, first: date | None = None, days: int = DAYS, *, rough: bool = False) -> World:
    """Return the world of a preset and a seed; the same one each time.

    ``first``: its first day, if not the month's. ``rough``: connections are cut.
    """
    setting = SETTINGS[preset] if first is None else replace(SETTINGS[preset], first=first)
    random = Random(f"{preset}/{seed}")
    shift = timedelta(days=(setting.tuesday - _REAL_TUESDAY).days)
    catalogue = Catalogue.real(read.extra(releases(setting, random), "weeks"), shift=shift)
    begins = local(setting.first, 0, setting.zone)
    specs, presences = [], {}
    for part in setting.parts:
        for _one in range(part.count):
            name = f"{part.device_class[:2]}-{len(specs) + 1:03d}"
            spec = device(name, part, begins, random)
            who = "" if part.habit in ("left_on", "night_owl") and random.random() < 0.5 else f"WEEKS\\{name}"
            there = presence(part.habit, who, setting.first, days, setting.zone, random)
            presences[name] = there
            specs.append(replace(spec, switchings=tuple(after(begins, one) for one in there.switchings)))
    fleet = FleetSpec(setting.zone, begins, catalogue, devices=tuple(specs))
    decisions = assessments(catalogue, begins, random) if setting.vetted else ()
    released = next(one.released for one in catalogue.releases if one.kbs == ("KB5900002",))
    assert released is not None
    noon = local(released.astimezone(setting.zone).date() + timedelta(days=1), 12, setting.zone)
    return World(
        preset,
        seed,
        setting,
        fleet,
        presences,
        tuple(decisions),
        exemptions(fleet.devices, begins, random),
        Declared(noon, "KB5900002", 30) if setting.emergency else None,
        days,
        rough,
    )


def after(begins: datetime, switching: Switching) -> Switching:
    """Return a switching that the month sees: whatever is on when it begins is switched on in its first minute."""
    return Switching(max(switching.at, begins + timedelta(minutes=1)), switching.on)


def device(name: str, part: Part, begins: datetime, random: Random) -> DeviceSpec:
    """Return one device that was patched until some weeks ago, and is off until its first switching."""
    product = random.choice(SERVERS if part.device_class == "server" else CLIENTS)
    features = [one for one, share in FEATURES.items() if part.device_class != "server" and random.random() < share]
    return DeviceSpec(
        name=name,
        device_class=part.device_class,
        product=product,
        model=random.choice(MODELS[part.device_class]),
        chassis="desktop" if part.device_class == "room" else part.device_class,
        patched_until=begins - timedelta(days=random.choice((2, 10, 10, 25, 70))),
        features=frozenset(features),
        on=False,
        uptime=timedelta(hours=1),
        **part.row,
    )


FEATURES = {"office2016": 0.5, "removal_tool": 0.3, "dotnet8": 0.3, "defender": 0.15, "previews": 0.1}


def releases(setting: Setting, random: Random) -> Sequence[Mapping[str, Any]]:
    """Return what is released besides the real updates: of every rating, with and without a restart."""

    def at(day: float) -> str:
        return (local(setting.first, 0, setting.zone) + timedelta(days=day)).astimezone(UTC).isoformat()

    early, late = random.uniform(1, 6), random.uniform(14, 23)
    return [
        {
            "kb": "KB5900001", "title": "Out-of-band security update (KB5900001)", "severity": "Critical",
            "categories": ["Security Updates"], "released": at(early), "needs_restart": True, "minutes": 6,
        },
        {
            "kb": "KB5900002", "title": "Out-of-band security update, revised (KB5900002)", "severity": "Critical",
            "categories": ["Security Updates"], "released": at(late), "needs_restart": True, "minutes": 8,
            "supersedes": ["KB5900001"],
        },
        {
            "kb": "KB5900003", "title": "Update for a component (KB5900003)", "severity": "Moderate",
            "categories": ["Updates"], "released": at(random.uniform(0, 20)), "minutes": 3,
        },
        {
            "kb": "KB5900004", "title": "Update of little weight (KB5900004)", "severity": "Low",
            "categories": ["Updates"], "released": at(random.uniform(0, 20)), "minutes": 2,
        },
        {
            "kb": "KB5900005", "title": "Feature nobody rates (KB5900005)",
            "categories": ["Feature Packs"], "released": at(random.uniform(0, 20)), "minutes": 4, "needs_restart": True,
        },
        {
            "kb": "KB5900006", "title": "Important fix (KB5900006)", "severity": "Important",
            "categories": ["Critical Updates"], "released": at(random.uniform(0, 24)), "minutes": 5,
        },
        {
            "kb": "KB5900007", "title": "An update that asks (KB5900007)", "severity": "Important",
            "categories": ["Critical Updates"], "released": at(random.uniform(0, 20)), "can_request_user_input": True,
        },
        {
            "kb": "KB5900008", "title": "Important fix that cannot be missed (KB5900008)", "severity": "Important",
            "categories": ["Security Updates"], "released": at(random.uniform(0, 24)), "minutes": 25,
            "needs_restart": True, "refuses_while_pending": True,
        },
    ]  # fmt: skip
