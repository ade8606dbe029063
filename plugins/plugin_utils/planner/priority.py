# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How urgent a missing update is on one device, and by when it is due (enterprise 2).

Priority 1 is the most urgent. It comes from the severity of the vulnerability, the criticality of the
system and the impact of patching on it: a table of the policy. A vulnerability that is exploited has a
priority of its own, by who can reach the device; the more urgent of the two counts.

Three clocks, because one would be unfair to somebody (field notes 4.11):

- the first starts when the vendor released the update (when it was first found missing, if nobody says when
  that was), not when somebody approved it: a vulnerability does not wait for approvals;
- exploitation starts a clock of its own when it is first found on a device of the fleet; a date that an
  authority gives shortens it, unless that was over by then;
- a device that was away, or not known yet, gets a grace from its return, and no more than that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from .fleet import Advice, FleetFacts
from .local_time import span, words
from .model import Device, Exposure, Severity, Update

ANY = "any"


@dataclass(frozen=True, slots=True)
class PriorityRow:
    """One row of the table: for systems of this criticality and impact (``any``: all), the priority by severity."""

    criticality: str
    impact: str
    levels: Mapping[Severity, int]

    def covers(self, criticality: str | None, impact: str | None) -> bool:
        """Return whether the row is about such a system."""
        return self.criticality in (ANY, criticality) and self.impact in (ANY, impact)


@dataclass(frozen=True, slots=True)
class PriorityPolicy:
    """The table, whose first row that covers a device counts; every device is covered, and every level has its time.

    ``exploited``: the level of an exploited vulnerability by exposure; empty: as any other.
    ``grace``: what a device gets after an absence of at least ``away``.
    """

    matrix: tuple[PriorityRow, ...]
    due: Mapping[int, timedelta]
    exploited: Mapping[Exposure, int] = field(default_factory=dict)
    grace: timedelta = timedelta(days=2)
    away: timedelta = timedelta(days=5)


@dataclass(frozen=True, slots=True)
class Priority:
    """How urgent, by when, and why in words. ``exploited``: it is, as far as vendors and authorities say."""

    level: int
    due: datetime
    why: str
    exploited: bool = False


def priority_of(
    update: Update,
    severity: Severity,
    device: Device,
    rules: PriorityPolicy,
    first_missing: datetime | None,
    fleet: FleetFacts,
    now: datetime,
    zone: ZoneInfo,
) -> Priority:
    """Return the priority of ``update`` on ``device``. ``first_missing``: there, since when; None: since now."""
    found = first_missing or now
    level = _level(rules, device, severity)
    start = update.released if update.released is not None and update.released <= found else found
    due = start + rules.due[level]
    since = "its release" if start is update.released else "it was found missing"
    words_of = [f"priority {level}: {severity.value}, {_system(device)}"]
    when = f"due {span(rules.due[level])} after {since} ({words(start, zone)})"

    warned = exploited_advice(update, fleet.advice)
    raised = rules.exploited.get(device.exposure) if warned else None
    if warned and raised is not None:
        known = fleet.exploited_since.get(update.id, now)
        limit = known + rules.due[raised]
        clock = f"due {span(rules.due[raised])} after it was known as exploited ({words(known, zone)})"
        dates = [one.due for one in warned if one.due is not None and known < one.due < limit]
        if dates:
            limit, clock = min(dates), "due by the date that an authority gives"
        if raised <= level:
            words_of = [f"priority {raised}: exploited, {_system(device)}, {_exposed(device)}"]
        if limit < due:
            due, when = limit, clock
        level = min(level, raised)

    grace = min(rules.grace, rules.due[level])
    for back, reason in [(found, "it was first found here"), *_returns(fleet, start, due)]:
        if back + grace > due:
            due, when = back + grace, f"due {span(grace)} after {reason} ({words(back, zone)})"
    return Priority(level, due, f"{words_of[0]}; {when}", bool(warned))


def exploited_advice(update: Update, advice: Mapping[str, Advice]) -> tuple[Advice, ...]:
    """Return what is said of the update's KBs by those who say that it is exploited."""
    return tuple(advice[kb] for kb in update.kbs if kb in advice and advice[kb].exploited)


def _returns(fleet: FleetFacts, start: datetime, due: datetime) -> Iterable[tuple[datetime, str]]:
    """Yield the ends of the absences that took away some of the time before ``due``."""
    for absence in fleet.absences:
        if absence.since < due and absence.until > start:
            yield absence.until, "the device came back"


def _level(rules: PriorityPolicy, device: Device, severity: Severity) -> int:
    row = next(row for row in rules.matrix if row.covers(device.criticality, device.impact))
    return row.levels[severity]


def _system(device: Device) -> str:
    return f"criticality {device.criticality or 'not given'}, impact of patching {device.impact or 'not given'}"


def _exposed(device: Device) -> str:
    return "internet-facing" if device.exposure is Exposure.INTERNET else "internal"
