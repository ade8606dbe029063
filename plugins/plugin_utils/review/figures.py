# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How devices stand against their due dates: pure counting of plans (enterprise 8; field notes 4.11).

A device counts once for each priority and once for all together, as the first of these that is true:

- exempt: somebody authorised took it out of patching;
- unknown: no search that can be believed, or none that is recent: never compliant;
- late: it lacks something whose due date is over;
- exempt: all that is overdue is excepted, or was found not needed by whom a task asked;
- compliant: nothing is overdue. What it lacks and has time for shows as ``waiting``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from ..ledger.compliance import Figures
from ..planner.decisions import Disposition, Plan, Verdict
from ..planner.fleet import Exemption, Scope, TaskResult
from ..planner.model import Device, DeviceState, ScanTrust
from ..planner.policy import Policy
from ..planner.reasons import Reason

ALL = 0  # the figures of all priorities together
EXCEPTIONS = frozenset({Reason.EXCEPTED, Reason.UPDATE_EXCEPTED})


class Standing(str, Enum):
    """How a device, or one update on it, stands."""

    COMPLIANT = "compliant"
    WAITING = "waiting"  # of an update: in time; a device with such ones is compliant
    LATE = "late"
    EXEMPT = "exempt"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Owed:
    """One update that a device lacks and the policy wants. ``until``: when the exception ends."""

    update: str
    title: str
    severity: str
    priority: int | None
    due: datetime | None
    standing: Standing
    text: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """One device. ``standing`` by priority (ALL: together); ``why``: what makes it unknown or exempt."""

    device: Device
    standing: dict[int, Standing]
    waiting: frozenset[int]
    owed: tuple[Owed, ...]
    why: str = ""
    until: datetime | None = None


def judge(
    device: Device, policy: Policy, state: DeviceState | None, made: Plan | None, stale: timedelta, now: datetime
) -> Judged:
    """Judge a device by its plan at ``now`` (None: never seen). An older search than ``stale`` says nothing."""
    levels = (ALL, *sorted(policy.priority.due if policy.priority else ()))
    exemption = excepted(state, now) if state else None
    if exemption is not None:
        standing = dict.fromkeys(levels, Standing.EXEMPT)
        why = f"{exemption.reason} (authorised by {exemption.authorised_by})"
        return Judged(device, standing, frozenset(), (), why, exemption.expires)
    owed = tuple(_owed(one, state, now) for one in made.verdicts if _counts(one)) if made and state else ()
    why = _unknown(state, stale, now)
    if why:
        return Judged(device, dict.fromkeys(levels, Standing.UNKNOWN), frozenset(), owed, why)
    by_level = {level: [one.standing for one in owed if level in (ALL, one.priority)] for level in levels}
    return Judged(
        device,
        {level: _worst(found) for level, found in by_level.items()},
        frozenset(level for level, found in by_level.items() if Standing.WAITING in found),
        owed,
    )


def tabulate(judged: Iterable[Judged]) -> tuple[Figures, ...]:
    """Count devices by class, unit, ring and priority, in that order."""
    groups: dict[tuple[str, str, str, int], list[Judged]] = defaultdict(list)
    for one in judged:
        for level in one.standing:
            groups[one.device.device_class, one.device.unit or "", one.device.ring or "", level].append(one)
    return tuple(_figures(key, groups[key]) for key in sorted(groups))


def totals(figures: Sequence[Figures]) -> tuple[Figures, ...]:
    """Sum figures up by priority, whatever the class, unit and ring."""
    found = []
    for level in sorted({one.priority for one in figures}):
        rows = [one for one in figures if one.priority == level]
        counts = {name: sum(getattr(row, name) for row in rows) for name in COUNTS}
        found.append(Figures("", "", "", level, **counts))
    return tuple(found)


COUNTS = ("devices", "compliant", "late", "exempt", "unknown", "waiting")


def excepted(state: DeviceState, now: datetime) -> Exemption | None:
    """Return the exception from patching that holds for the device."""
    found = (one for one in state.fleet.exemptions if one.scope is Scope.PATCHING)
    return next((one for one in found if one.expires is None or now < one.expires), None)


def _counts(verdict: Verdict) -> bool:
    return verdict.disposition is not Disposition.IGNORE or verdict.reason in EXCEPTIONS


def _owed(verdict: Verdict, state: DeviceState, now: datetime) -> Owed:
    task = state.fleet.tasks.get(verdict.update.id)
    free = verdict.reason in EXCEPTIONS or (task is not None and task.result is TaskResult.NOT_NEEDED)
    late = verdict.due is not None and verdict.due < now
    return Owed(
        update=verdict.update.label,
        title=verdict.update.title,
        severity=verdict.severity.value,
        priority=verdict.priority,
        due=verdict.due,
        standing=Standing.EXEMPT if free else Standing.LATE if late else Standing.WAITING,
        text=verdict.text,
        until=verdict.until if verdict.reason in EXCEPTIONS else None,
    )


def _unknown(state: DeviceState | None, stale: timedelta, now: datetime) -> str:
    if state is None:
        return "no patrol has seen it"
    if state.scan is None:
        return "it was never searched"
    if state.scan.trust is ScanTrust.UNKNOWN:
        return f"its last search cannot be trusted: {'; '.join(state.scan.warnings) or 'no reason given'}"
    if now - state.scan.finished_at > stale:
        return f"its last search is from {state.scan.finished_at:%Y-%m-%d %H:%M} UTC"
    return ""


def _worst(found: Sequence[Standing]) -> Standing:
    if Standing.LATE in found:
        return Standing.LATE
    return Standing.EXEMPT if Standing.EXEMPT in found else Standing.COMPLIANT


def _figures(key: tuple[str, str, str, int], judged: Sequence[Judged]) -> Figures:
    level = key[3]
    stand = [one.standing[level] for one in judged]
    return Figures(
        *key,
        devices=len(judged),
        compliant=stand.count(Standing.COMPLIANT),
        late=stand.count(Standing.LATE),
        exempt=stand.count(Standing.EXEMPT),
        unknown=stand.count(Standing.UNKNOWN),
        waiting=sum(one.standing[level] is Standing.COMPLIANT and level in one.waiting for one in judged),
    )
