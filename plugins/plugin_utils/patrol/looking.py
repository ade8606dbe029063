# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When a device is asked again: at the plan's next instant, or sooner while something waits for the device itself.

A plan's ``next_at`` is what time alone changes. People who leave, a cable that is plugged in and a disk that is cleaned
up are told by nobody: as long as one of them is waited for, the patrol has to look.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from ..planner.decisions import Plan
from ..planner.model import DeviceState
from ..planner.policy import Policy
from ..planner.reasons import Reason
from ..planner.reminding import waits_for_people

LOOK = timedelta(minutes=15)
WATCHED = frozenset(
    {
        Reason.ON_BATTERY,
        Reason.LOW_SPACE,
        Reason.RESTART_DEFERRED,
        Reason.RESTART_DEFERRED_UNTIL,
        Reason.RESTART_FOREIGN,
    }
)


def with_next_look(policy: Policy, state: DeviceState, made: Plan) -> Plan:
    """Return the plan with the instant (UTC) at which to ask the device again as its ``next_at``."""
    reasons = {one.reason for one in made.decisions} | {one.reason for one in made.verdicts}
    if WATCHED.isdisjoint(reasons) and not waits_for_people(policy, state, made.now):
        return made
    look = made.now + LOOK
    return replace(made, next_at=look if made.next_at is None else min(look, made.next_at))
