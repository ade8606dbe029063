# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which tickets are raised, each once until it is closed: for a parked update, for scans or restarts that fail."""

from __future__ import annotations

from collections.abc import Sequence

from .calling import emergency_approvals, manual_tasks
from .decisions import Action, Decision, Disposition, Verdict
from .reasons import Reason
from .restarting import in_vain, vainly
from .rollback import removals_that_fail
from .situation import Situation


def tickets(situation: Situation, verdicts: Sequence[Verdict]) -> tuple[Decision, ...]:
    """Return the tickets that do not exist yet (helpdesk 6)."""
    found = [
        Decision(Action.TICKET, one.reason, one.detail, (one.update.id,))
        for one in verdicts
        if one.disposition is Disposition.PARKED and situation.standing(one.update.id).ticket_due
    ]
    state = situation.state
    if state.failed_scans >= situation.policy.retry.attempts and not state.scan_ticket_open:
        found.append(Decision(Action.TICKET, Reason.SCANS_FAIL, {"failures": str(state.failed_scans)}))
    if in_vain(situation) and not state.restart_ticket_open:
        found.append(Decision(Action.TICKET, Reason.RESTART_IN_VAIN, vainly(situation)))
    found += removals_that_fail(situation)
    return (*found, *manual_tasks(situation, verdicts), *emergency_approvals(situation, verdicts))
