# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A plan in words: what ``explain`` prints and what a rehearsal shows of each device."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from ..planner.model import DeviceState, Observation
from ..planner.nights import MissedNight
from ..planner.plan import Plan, Verdict
from ..planner.policy import Policy


def local(instant: datetime | None, zone: ZoneInfo, otherwise: str) -> str:
    """Return an instant as a person on the device's site writes it."""
    return f"{instant.astimezone(zone):%a %Y-%m-%d %H:%M}" if instant else otherwise


def plan_lines(made: Plan, zone: ZoneInfo) -> list[str]:
    """Return a line for each thing to do and for each update that is missing."""
    return [
        *(f"-> {decision.action.value}: {decision.text}" for decision in made.decisions),
        *verdict_lines(made, zone),
    ]


def verdict_lines(made: Plan, zone: ZoneInfo) -> Iterator[str]:
    """Yield for each missing update: verdict, severity with its source, reason, next instant."""
    for verdict in made.verdicts:
        until = f"; next {local(verdict.until, zone, '')}" if verdict.until else ""
        rating = f"{verdict.severity.value} ({verdict.severity_source.value})"
        due = f"; due {local(verdict.due, zone, '')} ({verdict.urgency})" if verdict.due else ""
        yield f"{verdict.disposition.value:<8} {verdict.update.label:<10} {rating:<22} {verdict.text}{until}{due}"


def explanation(
    state: DeviceState, policy: Policy, made: Plan, device_class: str, missed: Sequence[MissedNight] = ()
) -> list[str]:
    """Return the whole story of a device: what is known of it, what it is owed, what is done next, and when.

    ``missed``: the windows of late in which it was off.
    """
    zone = policy.zone
    seen = state.observation.at if state.observation else None
    lines = [
        f"{made.device} ({device_class}) at {local(made.now, zone, '')} {zone.key}",
        f"last seen {local(seen, zone, 'never')}; last scan "
        + (f"{local(state.scan.finished_at, zone, '')}, {state.scan.trust.value}" if state.scan else "never"),
    ]
    if state.scan and state.scan.warnings:
        lines.append("scan warnings: " + "; ".join(state.scan.warnings))
    if state.observation and state.observation.pending_restart:
        lines.append(_pending(state.observation, zone))
    if missed:
        lines.append("off in the windows of " + ", ".join(night.words(zone) for night in missed))
    lines += [f"job {job.id}: {job.kind.value}, {job.state.value}" for job in state.jobs if job.active]
    lines += plan_lines(made, zone)
    if not made.verdicts:
        lines.append("nothing is known to be missing" if state.scan else "nothing is known yet: it was never scanned")
    lines.append(f"the answer can change {local(made.next_at, zone, 'only when something happens')}")
    return lines


def _pending(seen: Observation, zone: ZoneInfo) -> str:
    since = f" since {local(seen.pending_since, zone, '')}" if seen.pending_since else ""
    put_off = f"; put off in {seen.postponed} window(s)" if seen.postponed else ""
    return f"restart pending{since}: {', '.join(seen.pending_restart)}{put_off}"


def as_data(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict as plain values, for a task result."""
    return {
        "id": verdict.update.id,
        "label": verdict.update.label,
        "title": verdict.update.title,
        "severity": verdict.severity.value,
        "severity_source": verdict.severity_source.value,
        "verdict": verdict.disposition.value,
        "reason": verdict.reason.code,
        "text": verdict.text,
        "until": verdict.until.isoformat() if verdict.until else None,
        "priority": verdict.priority,
        "due": verdict.due.isoformat() if verdict.due else None,
        "urgency": verdict.urgency,
        "owed": verdict.owed,
    }


def lacking(updates: Iterable[Mapping[str, object]]) -> tuple[str, ...]:
    """Return the approved updates that are missing, by label: they would be installed now, or wait for something.

    ``updates``: as ``as_data`` has them. What is not approved (held, not yet mature, below the threshold) is not
    lacking.
    """
    found = {
        str(one.get("label"))
        for one in updates
        if one.get("verdict") in ("install", "parked") or one.get("owed") or one.get("reason") == "restart_to_finish"
    }
    return tuple(sorted(found))
