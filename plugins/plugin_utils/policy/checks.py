# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Contradictions: values that are right one by one, and cannot be meant together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from ..planner.calendar import Window, next_opening
from ..planner.policy import RestartAfterInstall, WithUsers
from .defaults import ORIGIN
from .problems import Problem, shown
from .schema import OPTIONAL, WINDOWS
from .values import spoken
from .windows import longest

_SAMPLE = datetime(2026, 1, 5, tzinfo=UTC)  # weekly windows are as long in any five weeks


@dataclass(slots=True)
class Merged:
    """The values of all keys and their origins. ``doubtful``: keys whose own value was refused."""

    values: dict[str, Any]
    origins: dict[str, str]
    doubtful: set[str] = field(default_factory=set)

    def sound(self, *keys: str) -> bool:
        """Return whether these keys can be judged together."""
        return not self.doubtful.intersection(keys)

    def problem(self, key: str, fault: str, remedy: str, value: str = "") -> Problem:
        """Return a problem at the place that gave ``key``."""
        return Problem(self.origins[key], key, value, fault, remedy)


def contradictions(merged: Merged, now: datetime | None) -> Iterator[Problem]:
    """Yield every contradiction; a key that was refused already takes part in none."""
    yield from _installing(merged)
    yield from _restarting(merged)
    yield from _vetting(merged)
    yield from _urgency(merged)
    yield from _zone(merged)
    if now is not None:
        yield from _over(merged, now)


def _installing(merged: Merged) -> Iterator[Problem]:
    """Yield contradictions about when updates are installed."""
    v: Mapping[str, Any] = merged.values
    windows, any_time = v["install.windows"], v["install.any_time"]
    if not merged.sound("install.windows", "install.any_time"):
        return
    if any_time and windows:
        fault = "contradicts install.windows, which is not empty"
        yield merged.problem("install.any_time", fault, "give windows, or any_time: true", "true")
    if merged.sound("install.catch_up") and v["install.catch_up"] and not windows:
        fault = "has nothing to catch up with: there is no window in install.windows"
        yield merged.problem("install.catch_up", fault, "add a window, or use catch_up: false", "true")
    if not windows or not merged.sound("install.fit", "install.default_minutes", "zone") or not v["install.fit"]:
        return
    if all(window.rrule is None for window in windows):
        room, needed = longest(windows, v["zone"], _SAMPLE), _needed(v)
        if room < needed:
            restart = " with a restart" if needed > timedelta(minutes=v["install.default_minutes"]) else ""
            fault = f"is{restart} more than the longest window ({spoken(room)}), so nothing would ever start"
            remedy = "make the window longer, default_minutes smaller, or use fit: false"
            yield merged.problem("install.default_minutes", fault, remedy, str(v["install.default_minutes"]))


def _needed(v: Mapping[str, Any]) -> timedelta:
    """Return what one update needs of a window; with its restart where the same windows serve both."""
    minutes, rules = v["install.default_minutes"], v["restart.windows"] == v["install.windows"]
    if not rules or v["restart.after_install"] is not RestartAfterInstall.ALWAYS:
        return timedelta(minutes=minutes)
    warning = timedelta(0) if v["restart.users"] is WithUsers.PROCEED else v["restart.countdown"]
    return timedelta(minutes=minutes + v["install.restart_minutes"]) + warning


def _restarting(merged: Merged) -> Iterator[Problem]:
    """Yield contradictions about when devices restart and users are reminded."""
    v: Mapping[str, Any] = merged.values
    after = v["restart.after_install"]
    sound = merged.sound("restart.after_install", "restart.windows")
    if sound and after is not RestartAfterInstall.NEVER and not v["restart.windows"]:
        fault = "would never restart: there is no window in restart.windows"
        yield merged.problem("restart.after_install", fault, "add a window, or use never", repr(after.value))
    if merged.sound("restart.after_install", "restart.deadline"):
        yield from _deadline(merged)
    for section in OPTIONAL:
        key = f"{section}.windows"
        if key in WINDOWS and v[section] and merged.sound(key) and not v[key]:
            yield merged.problem(
                section, "has no windows, so it would never act", f"add {key}, or switch it off with null"
            )


def _vetting(merged: Merged) -> Iterator[Problem]:
    """Yield contradictions about approvals."""
    v: Mapping[str, Any] = merged.values
    if not merged.sound("approval.required", "approval.follow_supersedence"):
        return
    if v["approval.follow_supersedence"] and not v["approval.required"]:
        fault = "has no approvals to follow: none are required"
        remedy = "use approval.required: true, or leave it out"
        yield merged.problem("approval.follow_supersedence", fault, remedy, "true")


def _urgency(merged: Merged) -> Iterator[Problem]:
    """Yield what a priority cannot be computed from: no table, a level without its time, or times out of order."""
    v: Mapping[str, Any] = merged.values
    if not v["priority"] or not merged.sound("priority.matrix", "priority.due", "priority.exploited"):
        return
    if not v["priority.matrix"]:
        yield merged.problem("priority", "has no matrix", "add priority.matrix, or switch it off with null")
        return
    due: dict[int, timedelta] = {int(level): time for level, time in v["priority.due"].items()}
    used = {level for row in v["priority.matrix"] for level in row.levels.values()}
    used |= set(v["priority.exploited"].values())
    for level in sorted(used - due.keys()):
        yield merged.problem("priority.due", f"has no time for priority {level}", f"add {level}: 30d, or as you need")
    levels = sorted(due)
    for first, second in pairwise(levels):
        if due[second] < due[first]:
            fault = f"gives priority {second} less time ({spoken(due[second])}) than priority {first}"
            yield merged.problem("priority.due", fault, f"use {spoken(due[first])} or more for it")


def _deadline(merged: Merged) -> Iterator[Problem]:
    """Yield a deadline for restarts that the policy never makes, and what depends on a deadline that is not there."""
    v: Mapping[str, Any] = merged.values
    deadline, key = v["restart.deadline"], "restart.outside_windows_after_deadline"
    if deadline is not None and v["restart.after_install"] is RestartAfterInstall.NEVER:
        fault = "bounds a restart that restart.after_install never makes"
        yield merged.problem("restart.deadline", fault, "use never, or let after_install restart", spoken(deadline))
    if deadline is None and merged.sound(key) and v[key]:
        yield merged.problem(key, "has no deadline to follow", "add restart.deadline, or use false", "true")


def _zone(merged: Merged) -> Iterator[Problem]:
    """Yield a problem when there are windows and nobody said in which zone."""
    if merged.origins["zone"] == ORIGIN and merged.sound("zone"):
        given = next((key for key in WINDOWS if merged.values[key]), None)
        if given is not None:
            fault = f"is not set, and {given} needs it"
            yield Problem(merged.origins[given], "zone", "", fault, "add the zone of the windows, like Europe/London")


def _over(merged: Merged, now: datetime) -> Iterator[Problem]:
    """Yield the lists of windows none of which opens again; one that is over beside others is no mistake."""
    for key in WINDOWS:
        windows: tuple[Window, ...] = merged.values[key]
        if not windows or not merged.sound(key, "zone"):
            continue
        if all(window.duration and not next_opening((window,), now - window.duration, merged.values["zone"])
               for window in windows):  # fmt: skip
            fault, remedy = "never opens again: its last opening is over", "change UNTIL or COUNT, or add a window"
            for number, window in enumerate(windows):
                yield Problem(merged.origins[key], f"{key}[{number}].rrule", shown(window.rrule), fault, remedy)
