# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Until when people may put a restart off: a deadline and a grace (field notes 2.3 and 4.10).

Two clocks, and the later one counts. The deadline runs from when the updates were there to install: their ring
opened, or else they were approved, or else the fleet first lacked them. The grace runs from when this device was
first seen to wait for the restart. So a device that was on has the whole deadline, and one that was away while it
ran gets its grace and no more. This is our own rule: Windows itself starts the first clock when the device's own
scan discovers the update, which gives the longest time to those that were away longest.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from .fleet import ApprovalState
from .model import Severity, Update
from .policy import RestartAfterInstall
from .severity import effective_severity
from .situation import Situation


def forced_at(started: datetime, pending_since: datetime, deadline: timedelta, grace: timedelta) -> datetime:
    """Return the instant from which a restart no longer waits for people."""
    return max(started + deadline, pending_since + grace)


def clock_start(update: Update, situation: Situation) -> datetime | None:
    """Return since when ``update`` is there to be installed on this device; None: nobody knows."""
    fleet, memory = situation.state.fleet, situation.state.updates.get(update.id)
    gate = fleet.gates.get(update.id)
    if gate is not None and gate.opened_at is not None:
        return gate.opened_at
    names = {update.id, *update.kbs}
    approved = [
        max(one.on, one.not_before or one.on)
        for one in fleet.approvals
        if one.state is ApprovalState.APPROVED and one.update in names
    ]
    if approved:
        return min(approved)
    seen = [fleet.first_seen.get(update.id), memory.first_missing if memory else None]
    return min((one for one in seen if one is not None), default=None)


def completed_by_restart(situation: Situation) -> tuple[Update, ...] | None:
    """Return the installed updates for whose sake the policy restarts the device; None: it does not restart it.

    Where any pending restart is carried out, there may be one that no known update explains.
    """
    seen, after = situation.state.observation, situation.policy.restart.after_install
    if seen is None or not seen.pending_restart or after is RestartAfterInstall.NEVER:
        return None
    waiting = situation.awaiting_restart
    if after is RestartAfterInstall.ALWAYS:
        return waiting
    advice = situation.state.fleet.advice
    critical = (one for one in waiting if effective_severity(one, situation.policy, advice)[0] is Severity.CRITICAL)
    return tuple(critical) or None


def restart_forced_at(situation: Situation) -> datetime | None:
    """Return from when on the pending restart no longer waits for people; None: it always does.

    The update whose time is up first decides. A restart that nothing known explains runs from when it was pending.
    """
    rules, seen, updates = situation.policy.restart, situation.state.observation, completed_by_restart(situation)
    if rules.deadline is None or updates is None or seen is None or seen.pending_since is None:
        return None
    starts = [one for one in (clock_start(update, situation) for update in updates) if one is not None]
    return forced_at(min(starts, default=seen.pending_since), seen.pending_since, rules.deadline, rules.grace)


def notice(situation: Situation, forced: datetime | None) -> str:
    """Return what people are told of the deadline ``forced``, beside the warning; nothing without a deadline."""
    seen = situation.state.observation
    if forced is None or seen is None:
        return ""
    told = {"deadline": situation.local(forced), "postponed": str(seen.postponed)}
    return situation.policy.restart.deadline_message.format(**told)
