# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What devices are owed, from the ledger alone: it works for devices that are switched off, and changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from ..ledger import Reader
from ..planner.model import DeviceState
from ..planner.plan import Plan, plan
from ..planner.policy import Policy
from .contact import without_intents
from .decisions import Written, gather
from .fleet_facts import Decided, fleet_facts
from .opening import Found


@dataclass(frozen=True, slots=True)
class Planned:
    """The plan of a device, and what it was made of."""

    state: DeviceState
    policy: Policy
    plan: Plan


def planned(
    view: Reader, found: Found, written: Written, groups: Mapping[str, Iterable[str]], now: datetime
) -> dict[str, Planned]:
    """Return the plan at ``now`` of each device of ``found`` that the ledger knows.

    ``written``: what people decided; ``groups``: those of each device.
    """
    known = view.device_states(found.members)
    people = gather(view, written, groups, now)
    decided = Decided(people=people, experience=view.experience(), rollbacks=view.rollbacks.standing())
    plans = {}
    for name, state in known.items():
        member = found.members[name]
        policy = found.policies[member.policy].policy
        fleet = fleet_facts(view, decided, member.device, policy, state, now)
        whole = without_intents(replace(state, fleet=fleet))
        plans[name] = Planned(whole, policy, plan(member.device, policy, whole, now))
    return plans
