# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One situation for each reason that rings, work by hand and exploited vulnerabilities give, and its sentence."""

from __future__ import annotations

from collections.abc import Callable

from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.fleet import Advice, FleetFacts, RingGate
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import Exposure, Severity
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.plan import Plan, plan
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.priority import PriorityPolicy, PriorityRow
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.reasons import Reason
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.rings import Ring
from planner_scenes import DAY, DESKTOP, at, helpdesk, state, updates

RINGS = (Ring("canary"), Ring("early"))
EVERYTHING_2 = (PriorityRow("any", "any", dict.fromkeys(Severity, 2)),)
PRIORITY = PriorityPolicy(EVERYTHING_2, {1: 2 * DAY, 2: 7 * DAY}, {Exposure.INTERNAL: 1})


def _judged(facts: FleetFacts, **changes: object) -> Plan:
    known = state(at("tue 09:00"), updates(1), served_until=at("mon 16:00"), fleet=facts)
    return plan(DESKTOP, helpdesk(**changes), known, at("tue 16:00"))


def _ringed(gate: RingGate) -> Plan:
    return _judged(FleetFacts(gates={"u1": gate}), rings=RINGS)


SCENES: dict[Reason, tuple[str, Callable[[], Plan]]] = {
    Reason.BY_HAND: (
        "pc-001 is patched by hand, by nobody named in the register",
        lambda: _judged(FleetFacts(), manual=True),
    ),
    Reason.MANUAL_TASK: (
        "a task for nobody named in the register, until a result is recorded: pc-001 is patched by hand, by nobody "
        "named in the register",
        lambda: _judged(FleetFacts(), manual=True),
    ),
    Reason.RING_NOT_OPEN: (
        "KBu1 has not come to ring early yet: 0 of 1 verified successes in ring canary",
        lambda: _ringed(RingGate(None, "0 of 1 verified successes in ring canary")),
    ),
    Reason.RING_HALTED: (
        "the rollout of KBu1 is halted, until a person lets it go on: it failed on 2 of 10 devices",
        lambda: _ringed(RingGate(None, "it failed on 2 of 10 devices", halted=True)),
    ),
    Reason.EMERGENCY_WANTED: (
        "KBu1 closes a vulnerability that is exploited (priority 1: exploited, criticality not given, impact of "
        "patching not given, internal; due 2 days after it was known as exploited (Tue 2026-11-24 16:00)); an "
        "emergency approval is asked for: KBu1 has not come to ring early yet: no patrol has looked at its rollout yet",
        lambda: _judged(FleetFacts(advice={"KBu1": Advice("KBu1", exploited=True)}), rings=RINGS, priority=PRIORITY),
    ),
}
