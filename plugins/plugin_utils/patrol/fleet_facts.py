# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the fleet teaches about one device: gathered here, and only here, for every plan of a patrol and of explain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..ledger import Reader
from ..planner.experience import NOTHING_LEARNED, Experience
from ..planner.fleet import FleetFacts, Rollback
from ..planner.model import Device, DeviceState
from ..planner.policy import Policy
from .decisions import NOBODY, People, concerning
from .phasing import phase_of
from .vendor_advice import advice_on


@dataclass(frozen=True, slots=True)
class Decided:
    """What people wrote down for the whole fleet, read and checked once when a run is opened.

    ``people``: approvals, exceptions, emergencies.
    ``experience``: what devices had taught by then. ``rollbacks``: the orders that stood then.
    """

    people: People = NOBODY
    experience: Experience = NOTHING_LEARNED
    rollbacks: tuple[Rollback, ...] = ()


def fleet_facts(
    tx: Reader, decided: Decided, device: Device, policy: Policy, state: DeviceState, now: datetime
) -> FleetFacts:
    """Return the decisions, advice and experience that concern ``device``, given what it lacks (``state.missing``)."""
    taught = decided.experience
    model = device.model or (state.observation.model if state.observation else "")
    people = concerning(tx, decided.people, device, policy, state)
    advice = advice_on(tx, state, now)
    phase = phase_of(tx, device, policy, state, advice, people.approvals, now)
    removals, listed = tx.rollbacks.on_device(device.name, decided.rollbacks) if decided.rollbacks else ((), "")
    return FleetFacts(
        approvals=people.approvals,
        exemptions=people.exemptions,
        emergencies=people.emergencies,
        ancestors=people.ancestors,
        advice=advice,
        gates=phase.gates,
        exploited_since=phase.exploited_since,
        asked=phase.asked,
        absences=phase.absences,
        tasks=phase.tasks,
        expected=expected_on(model, taught, state),
        first_seen=taught.first_seen if policy.restart.deadline is not None else {},
        rollbacks=decided.rollbacks,
        removals=removals,
        installed_listed=listed,
    )


def expected_on(model: str, taught: Experience, state: DeviceState) -> Mapping[str, timedelta]:
    """Return how long what the device lacks is expected to take on its ``model``, where that is known."""
    known = ((one.id, taught.expected(one.id, model)) for one in state.missing)
    return {name: length for name, length in known if length is not None}
