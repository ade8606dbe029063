# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""plan(device, policy, state, now): the one function that decides.

It gathers what is known (``situation``), judges each missing update (``verdicts``), and asks the rooms
in turn: scanning, installing, restarting, reminding, tickets. ``docs/planner.md`` explains the rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from .attempts import standing
from .calendar import describe
from .decisions import Action, Decision, Disposition, Plan, Verdict
from .installing import installing, keeps_waiting, served
from .model import Device, DeviceState
from .occasions import OccasionKind, find_occasion
from .policy import Policy
from .reasons import Reason
from .reminding import reminding
from .restarting import restarting
from .rollback import before_installing, removing
from .scanning import scan_need
from .severity import effective_severity
from .situation import Proposal, Situation
from .tickets import tickets
from .verdicts import hold, judge
from .vetting import instants as ends_of_decisions

__all__ = ["Action", "Decision", "Disposition", "Plan", "Verdict", "plan"]

_FAR = datetime.max.replace(tzinfo=UTC)


def plan(device: Device, policy: Policy, state: DeviceState, now: datetime) -> Plan:
    """Decide what ``device`` is owed at ``now``. Deterministic, without I/O.

    Raises ValueError when ``now`` is naive. The plan says what to do if the device answers at ``now``;
    a caller that cannot reach it plans again at the next contact, and nothing is lost.
    """
    if now.tzinfo is None:
        raise ValueError(f"now: {now.isoformat()} has no time zone; give an aware instant")
    now = now.astimezone(UTC)
    if not (device.managed and policy.managed):
        nothing = Decision(Action.NOTHING, Reason.OUT_OF_SCOPE, {"device": device.name})
        return Plan(device.name, now, (nothing,), (), next_at=None, serves=None, settled=True)
    situation = _survey(device, policy, state, now)
    verdicts = judge(situation)
    need = scan_need(situation, verdicts)
    waits = keeps_waiting(situation, need)
    removal = removing(situation, waits)
    if waits is None and removal.decisions:
        waits = before_installing()
    if waits is not None:
        verdicts = hold(verdicts, waits)

    scan = None if situation.active_jobs or situation.restart_at else need.decision(situation)
    install = installing(situation, verdicts)
    changes = [*removal.decisions, *install.decisions]
    restart = restarting(situation, bool(changes))
    if scan is not None and scan.action is Action.SCAN:
        if scan.reason is Reason.SCAN_AFTER_ATTEMPT and _has(restart, Action.RESTART):
            scan = None  # the restart completes the attempt, and a scan follows it: none is needed before
        else:
            restart = restarting(situation, job_starts=True)
    restart_comes = situation.restart_at is not None or _has(restart, Action.RESTART)
    remind = reminding(situation, bool(changes or situation.changing_jobs) or restart_comes)

    decisions = [*tickets(situation, verdicts), *([scan] if scan else []), *changes, *restart.decisions]
    decisions += remind.decisions
    settled = not situation.active_jobs and all(one.action is Action.NOTHING for one in decisions)
    if scan is None and not any(one.action is not Action.NOTHING for one in decisions):
        decisions.insert(0, _nothing_to_do(situation, verdicts))
    instants = [*need.instants, *removal.instants, *install.instants, *restart.instants, *remind.instants]
    instants += ends_of_decisions(situation)
    return Plan(
        device.name,
        now,
        tuple(decisions),
        verdicts,
        next_at=_first_after(now, instants, verdicts),
        serves=served(situation, verdicts, need),
        settled=settled,
        postpones=restart.postpones,
    )


def _has(proposal: Proposal, action: Action) -> bool:
    return any(one.action is action for one in proposal.decisions)


def _survey(device: Device, policy: Policy, state: DeviceState, now: datetime) -> Situation:
    """Gather what the rules look at."""
    scan, seen, memory = state.scan, state.observation, state.updates
    return Situation(
        device=device,
        policy=policy,
        state=state,
        now=now,
        occasion=find_occasion(policy, state, now),
        severities={one.id: effective_severity(one, policy, state.fleet.advice) for one in state.missing},
        standings={
            one.id: standing(memory[one.id], policy.retry, scan, seen)
            for one in state.missing
            if scan is not None and one.id in memory
        },
    )


def _nothing_to_do(situation: Situation, verdicts: Sequence[Verdict]) -> Decision:
    """Return why nothing is done now: a job at work, else the wait that ends first, else nothing left."""
    if situation.active_jobs:
        kinds = ", ".join(sorted({job.kind.value for job in situation.active_jobs}))
        return Decision(Action.NOTHING, Reason.JOB_RUNNING, {"kind": kinds})
    waiting = [one for one in verdicts if one.disposition is Disposition.WAIT]
    if waiting:
        first = min(waiting, key=lambda one: (one.until or _FAR, one.update.id))
        return Decision(Action.NOTHING, first.reason, first.detail)
    return Decision(Action.NOTHING, Reason.UP_TO_DATE, {"next": _next_window(situation)})


def _next_window(situation: Situation) -> str:
    """Return ``Wed 2026-11-25 16:00 (Europe/London)``, or what there is instead."""
    occasion, zone = situation.occasion, situation.policy.zone
    if occasion.kind is OccasionKind.ANY_TIME:
        return "any time"
    return f"{describe(occasion.following, zone)} ({zone})" if occasion.following else "none"


def _first_after(now: datetime, instants: Iterable[datetime], verdicts: Iterable[Verdict]) -> datetime | None:
    """Return the earliest instant after ``now`` at which something can change by itself."""
    known = [*instants, *(one.until for one in verdicts if one.until is not None)]
    return min((one.astimezone(UTC) for one in known if one > now), default=None)
