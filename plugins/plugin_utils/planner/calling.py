# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What only people can do, and are asked for: a manual task (enterprise 6), an emergency approval (enterprise 3)."""

from __future__ import annotations

from collections.abc import Sequence

from .decisions import Action, Decision, Verdict
from .fleet import TaskResult
from .model import ScanTrust
from .priority import exploited_advice
from .reasons import Reason
from .situation import Situation

BY_A_PERSON = frozenset({Reason.NEEDS_INPUT, Reason.NEEDS_PERSON})
LET_IN_BY_PEOPLE = frozenset(
    {
        Reason.NOT_APPROVED,
        Reason.RING_NOT_APPROVED,
        Reason.EMBARGO,
        Reason.MATURING,
        Reason.RING_NOT_OPEN,
        Reason.RING_HALTED,
    }
)


def manual_tasks(situation: Situation, verdicts: Sequence[Verdict]) -> tuple[Decision, ...]:
    """Return a ticket for each update that a person must install here and that is nobody's task yet."""
    device, policy = situation.device, situation.policy
    who = device.responsible or "nobody named in the register"
    return tuple(
        Decision(Action.TICKET, Reason.MANUAL_TASK, {"who": who, "why": one.text}, (one.update.id,))
        for one in verdicts
        if (one.reason is Reason.BY_HAND or (policy.tasks and one.reason in BY_A_PERSON))
        and not _is_task(situation, one.update.id)
    )


def emergency_approvals(situation: Situation, verdicts: Sequence[Verdict]) -> tuple[Decision, ...]:
    """Return a ticket for each update that closes an exploited vulnerability and waits for people to let it in.

    The ledger keeps it to one for each update, however many devices lack it.
    """
    fleet = situation.state.fleet
    if situation.policy.priority is None:
        return ()
    return tuple(
        Decision(
            Action.TICKET,
            Reason.EMERGENCY_WANTED,
            {"update": one.update.label, "urgency": one.urgency, "why": one.text},
            (one.update.id,),
        )
        for one in verdicts
        if one.reason in LET_IN_BY_PEOPLE
        and exploited_advice(one.update, fleet.advice)
        and one.update.id not in fleet.asked
    )


def _is_task(situation: Situation, update_id: str) -> bool:
    """Return whether the update is a task, was one that is not needed, or was done and no scan has looked since."""
    task, scan = situation.state.fleet.tasks.get(update_id), situation.state.scan
    if task is None:
        return False
    if task.result is not TaskResult.DONE or task.closed_at is None or scan is None:
        return True
    return scan.trust is ScanTrust.UNKNOWN or scan.finished_at <= task.closed_at
