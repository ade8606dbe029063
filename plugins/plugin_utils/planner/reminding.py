# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether people are told that a restart is pending (helpdesk 5: users are urged to shut down)."""

from __future__ import annotations

from datetime import datetime

from .calendar import next_midnight, next_opening, open_window
from .deadline import notice, restart_forced_at
from .decisions import Action, Decision
from .local_time import local_date
from .model import DeviceState
from .policy import Policy
from .reasons import Reason
from .situation import Proposal, Situation


def reminding(situation: Situation, busy: bool) -> Proposal:
    """Return the reminder that is due: once per local day, inside a window, while people are there.

    ``busy``: an installation runs or starts, or a restart is on its way; nobody is asked to shut down then.
    """
    rules, seen, zone, now = (
        situation.policy.restart.remind,
        situation.state.observation,
        situation.policy.zone,
        situation.now,
    )
    if rules is None or seen is None or not seen.pending_restart:
        return Proposal()
    current = open_window(rules.windows, now, zone)
    following = next_opening(rules.windows, now, zone)
    instants = [following.opens] if following else []
    if current is not None:
        instants += [current.closes, next_midnight(now, zone)]
    told = situation.state.last_reminded
    told_today = told is not None and local_date(told, zone) == local_date(now, zone)
    if current is None or told_today or busy or not situation.people:
        return Proposal((), tuple(instants))
    detail = {
        "sources": ", ".join(seen.pending_restart),
        "users": ", ".join(user.name for user in situation.people),
    }
    deadline = notice(situation, restart_forced_at(situation))
    return Proposal((Decision(Action.REMIND, Reason.REMIND, detail, notice=deadline),), tuple(instants))


def waits_for_people(policy: Policy, state: DeviceState, now: datetime) -> bool:
    """Return whether somebody who logs on now would be told: time alone does not bring them."""
    rules, seen = policy.restart.remind, state.observation
    if rules is None or seen is None or not seen.pending_restart or any(user.active for user in seen.users):
        return False
    told = state.last_reminded
    told_today = told is not None and local_date(told, policy.zone) == local_date(now, policy.zone)
    return not told_today and open_window(rules.windows, now, policy.zone) is not None
