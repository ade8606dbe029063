# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The schedules that the policies of a fleet ask for: one for each window of each part of the fleet."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from ..planner.calendar import Window
from ..planner.local_time import span
from ..planner.policy import Policy
from ..tasks.fault import OperatorError
from .limits import EVERYBODY, pattern_of
from .rules import RuleError, daily, every, rule_of

ROUND_THE_CLOCK, DAILY = "round the clock", "once a day"
PATROL, WORKFLOW = "patrol", "workflow"  # what a schedule launches
_LONGEST_NAME = 3  # parts of a pattern that a name repeats


@dataclass(frozen=True, slots=True)
class Schedule:
    """One schedule. ``launches``: ``patrol`` or ``workflow``; ``limit``: a pattern of hosts; ``extra``: variables."""

    name: str
    rrule: str
    limit: str
    description: str
    launches: str = PATROL
    extra: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def as_data(self) -> dict[str, Any]:
        """Return it as a task's result has it."""
        return {
            "name": self.name,
            "rrule": self.rrule,
            "limit": self.limit,
            "description": self.description,
            "launches": self.launches,
            "extra_data": dict(self.extra),
        }


@dataclass(frozen=True, slots=True)
class Wishes:
    """What an operator asks for beside the windows.

    ``minutes``: patrols round the clock so often, 0: none, and then each window's patrol stays until it closes.
    ``at``: when the daily workflow begins, None: never; in ``zone``, or in the zone that most devices have.
    ``inventory``: how AWX calls the inventory that the devices are in.
    """

    inventory: str = "Fleet"
    minutes: int = 15
    at: time | None = None
    zone: ZoneInfo | None = None


def prefix_of(inventory: str) -> str:
    """Return how the names of all our schedules of an inventory begin: those that people made are left alone."""
    return f"Policy {inventory}: "


class NoSchedule(OperatorError, ValueError):
    """Windows that cannot become schedules: one line for each in the message."""


def schedules_of(
    policies: Mapping[str, Policy],
    groups: Mapping[str, Collection[str]],
    wishes: Wishes,
    outside: Collection[str] = (),
) -> tuple[Schedule, ...]:
    """Return the schedules for devices under ``policies`` (by device, those in scope), in the order of their names.

    A part of the fleet is all devices with the same windows. A window that opens when another of the same part does
    has no schedule of its own: the patrol does at each device what its policy says. Raises NoSchedule.
    """
    found, problems = [], []
    for hosts, policy in _parts(policies):
        pattern = pattern_of(hosts, groups, outside)
        try:
            found += list(_of_part(pattern, policy, wishes))
        except RuleError as wrong:
            problems.append(f"{','.join(pattern)}: {wrong}")
    if problems:
        raise NoSchedule("\n".join(problems))
    if wishes.minutes and policies:
        found.append(_round_the_clock(wishes))
    if wishes.at is not None and policies:
        found.append(_once_a_day(wishes, wishes.at, wishes.zone or _usual_zone(policies)))
    return tuple(sorted(_apart(found), key=lambda one: one.name))


def _parts(policies: Mapping[str, Policy]) -> Iterator[tuple[list[str], Policy]]:
    """Yield devices that have the same windows, and the policy of one of them."""
    parts: dict[object, tuple[list[str], Policy]] = {}
    for host in sorted(policies):
        policy = policies[host]
        parts.setdefault((policy.zone.key, tuple(_windows(policy))), ([], policy))[0].append(host)
    yield from parts.values()


def _windows(policy: Policy) -> Iterator[tuple[str, int, Window]]:
    """Yield purpose, number (from 1) and window, of every window of a policy."""
    restart = policy.restart
    lists = {
        "install": policy.install.windows,
        "restart": restart.windows,
        "regular restart": restart.always_on.windows if restart.always_on else (),
        "remind": restart.remind.windows if restart.remind else (),
    }
    for purpose, windows in lists.items():
        for number, window in enumerate(windows, 1):
            yield purpose, number, window


def _of_part(pattern: tuple[str, ...], policy: Policy, wishes: Wishes) -> Iterator[Schedule]:
    """Yield the schedules of one part of the fleet."""
    texts: dict[str, list[tuple[str, Window]]] = {}
    for purpose, number, window in _windows(policy):
        texts.setdefault(rule_of(window, policy.zone), []).append((f"{purpose} {number}", window))
    for text, found in texts.items():
        longest = max(_length(window) for _what, window in found)
        minutes = f"{int(longest.total_seconds()) // 60}m"
        extra = {"nightshift_time_budget": minutes}
        if not wishes.minutes:
            extra["nightshift_stay"] = minutes
        yield Schedule(
            name=f"{prefix_of(wishes.inventory)}{_short(pattern)}: {found[0][0]}",
            rrule=text,
            limit=",".join(pattern),
            description=f"{', '.join(what for what, _window in found)} of nightshift_policy, open for {span(longest)}",
            extra=MappingProxyType(extra),
        )


def _round_the_clock(wishes: Wishes) -> Schedule:
    # What is due at any time: searches, catching up, results, restarts past their deadline.
    return Schedule(
        name=f"{prefix_of(wishes.inventory)}{ROUND_THE_CLOCK}",
        rrule=every(wishes.minutes),
        limit=EVERYBODY,
        description=f"Every {wishes.minutes} minutes: what is due at any time, and the results of what was started",
        extra=MappingProxyType({"nightshift_time_budget": f"{max(wishes.minutes - 1, 1)}m"}),
    )


def _once_a_day(wishes: Wishes, at: time, zone: ZoneInfo) -> Schedule:
    return Schedule(
        name=f"{prefix_of(wishes.inventory)}{DAILY}",
        rrule=daily(at, zone),
        limit="",
        description="Once a day: advisories, patrol, tickets, report",
        launches=WORKFLOW,
    )


def _length(window: Window) -> timedelta:
    """Return how long a window is open on a day on which no clock is set."""
    if window.duration is not None:
        return window.duration
    start, end = (timedelta(hours=at.hour, minutes=at.minute) for at in (window.start or time(), window.end or time()))
    return end - start if end > start else end - start + timedelta(days=1)


def _usual_zone(policies: Mapping[str, Policy]) -> ZoneInfo:
    zones = sorted(policy.zone.key for policy in policies.values())
    return ZoneInfo(max(zones, key=zones.count))


def _short(pattern: tuple[str, ...]) -> str:
    """Name a part of the fleet."""
    more = len(pattern) - _LONGEST_NAME
    return ", ".join(pattern[:_LONGEST_NAME]) + (f" and {more} more" if more > 0 else "")


def _apart(found: list[Schedule]) -> Iterator[Schedule]:
    """Yield schedules with names that differ: two patterns may look alike when they are shortened."""
    seen: dict[str, int] = {}
    for one in found:
        seen[one.name] = seen.get(one.name, 0) + 1
        number = seen[one.name]
        yield (
            one
            if number == 1
            else Schedule(f"{one.name} ({number})", one.rrule, one.limit, one.description, one.launches, one.extra)
        )
