# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When a ring is healthy, when an update waits for its ring, and what is left to people (enterprise 5 and 6)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.fleet import (
    Emergency,
    FleetFacts,
    ManualTask,
    RingGate,
    TaskResult,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import (
    Device,
    DeviceState,
    ErrorClass,
    ScanTrust,
    UpdateState,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.plan import Action, Disposition, Plan, plan
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.reasons import Reason
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.rings import (
    Ring,
    Tally,
    ring_of,
    too_many_failures,
    unhealthy,
)
from hypothesis import given
from hypothesis import strategies as st
from planner_scenes import DAY, actions, at, decision, failure, helpdesk, scan, state, update, updates, verdict

RINGS = (Ring("canary", soak=DAY, count=3, per_model=True), Ring("early"), Ring("broad"))
NOW = at("mon 16:00")


def in_ring(ring: str | None, gate: RingGate | None, **changes: object) -> Plan:
    facts = FleetFacts(gates={"u1": gate} if gate else {})
    known = state(at("mon 15:00"), updates(1), fleet=replace(facts, **changes))
    return plan(Device("pc-1", ring=ring), helpdesk(rings=RINGS), known, NOW)


@pytest.mark.policy("enterprise 5a")
def test_a_device_waits_until_its_ring_opens_and_says_why() -> None:
    waits = in_ring("early", RingGate(None, "coverage 50 % of ring canary, 80 % wanted", NOW + DAY))
    assert verdict(waits).disposition is Disposition.WAIT
    assert verdict(waits).until == NOW + DAY
    assert verdict(waits).text == "KBu1 has not come to ring early yet: coverage 50 % of ring canary, 80 % wanted"
    assert verdict(in_ring("early", RingGate(NOW))).disposition is Disposition.INSTALL


@pytest.mark.policy("enterprise 5c")
def test_a_halt_stops_every_ring_also_those_that_are_open() -> None:
    for ring in ("canary", "early", "broad"):
        halted = in_ring(ring, RingGate(NOW - DAY, "it failed on 2 of 10", halted=True))
        assert verdict(halted).reason is Reason.RING_HALTED
        assert actions(halted) == []


def test_an_update_that_no_patrol_has_judged_waits_also_in_the_first_ring() -> None:
    assert verdict(in_ring("canary", None)).reason is Reason.RING_NOT_OPEN


def test_a_device_in_no_ring_of_the_policy_belongs_to_the_last_one() -> None:
    assert [ring_of(RINGS, name) for name in ("canary", "early", "broad", "braod", None)] == [0, 1, 2, 2, 2]
    assert "ring broad" in verdict(in_ring("braod", None)).text


def test_an_emergency_opens_the_rings_and_does_not_lift_a_halt() -> None:
    declared = Emergency(frozenset({"KBu1"}), "worm", "cio", NOW - DAY, NOW + DAY)
    assert verdict(in_ring("broad", None, emergencies=(declared,))).disposition is Disposition.INSTALL
    halted = in_ring("broad", RingGate(None, "x", halted=True), emergencies=(declared,))
    assert verdict(halted).reason is Reason.RING_HALTED


@pytest.mark.policy("enterprise 5b")
@pytest.mark.parametrize(
    ("tally", "waits"),
    [
        (Tally(verified=2, pending=0), "2 of 3 verified successes in ring canary"),
        (Tally(verified=18, failed=2), "success rate 90 % in ring canary, 95 % wanted"),
        (Tally(verified=7, pending=3), "coverage 70 % of ring canary, 80 % wanted"),
        (Tally(verified=3, proven=frozenset({"A"})), "no success yet on B, C"),
    ],
)
def test_each_condition_of_a_healthy_ring_is_named_when_it_is_not_met(tally: Tally, waits: str) -> None:
    assert waits in unhealthy(RINGS[0], tally, tally.proven, {"A", "B", "C"} if tally.proven else ())


def test_a_ring_of_twenty_with_two_switched_on_is_not_healthy() -> None:
    assert unhealthy(replace(RINGS[0], count=1, per_model=False), Tally(verified=2, pending=18), (), ())


@pytest.mark.policy("case 17")
def test_two_failures_of_ten_are_above_a_limit_of_ten_percent_and_one_is_not() -> None:
    assert too_many_failures(RINGS[0], Tally(verified=8, failed=2))
    assert not too_many_failures(RINGS[0], Tally(verified=9, failed=1))


SETS = st.frozensets(st.sampled_from("ABC"))
TALLIES = st.builds(
    Tally, verified=st.integers(0, 30), failed=st.integers(0, 30), pending=st.integers(1, 30), models=SETS, proven=SETS
)
LADDERS = st.builds(
    Ring,
    name=st.just("canary"),
    success=st.integers(0, 100),
    coverage=st.integers(0, 100),
    count=st.integers(1, 20),
    per_model=st.booleans(),
    failures=st.integers(0, 100),
)


@given(LADDERS, TALLIES, SETS)
def test_one_more_failure_never_makes_a_ring_healthy_and_never_lifts_a_halt(
    ring: Ring, tally: Tally, wanted: frozenset[str]
) -> None:
    worse = replace(tally, failed=tally.failed + 1, pending=tally.pending - 1)
    newcomer = replace(tally, failed=tally.failed + 1)
    for changed in (worse, newcomer):
        if unhealthy(ring, tally, tally.proven, wanted):
            assert unhealthy(ring, changed, changed.proven, wanted)
        if too_many_failures(ring, tally):
            assert too_many_failures(ring, worse)


@given(LADDERS, TALLIES, SETS)
def test_a_healthy_ring_has_its_coverage_its_rate_its_count_and_its_models(
    ring: Ring, tally: Tally, wanted: frozenset[str]
) -> None:
    if unhealthy(ring, tally, tally.proven, wanted):
        return
    assert tally.verified * 100 >= ring.coverage * tally.concerned
    assert tally.verified * 100 >= ring.success * (tally.verified + tally.failed)
    assert tally.verified >= ring.count
    assert not ring.per_model or wanted <= tally.proven


# Work by hand

SERVER = Device("srv-1", "server", responsible="ops@example.com")


def by_hand(task: ManualTask | None = None, scanned: str = "mon 15:00", trust: ScanTrust = ScanTrust.TRUSTED) -> Plan:
    facts = FleetFacts(tasks={"u1": task} if task else {})
    known = state(at(scanned), updates(1), fleet=facts)
    return plan(SERVER, helpdesk(manual=True), replace(known, scan=scan(at(scanned), trust)), NOW)


@pytest.mark.policy("enterprise 6a")
def test_a_system_that_is_patched_by_hand_gets_a_task_for_the_person_responsible() -> None:
    made = by_hand()
    assert actions(made) == [Action.TICKET]
    assert decision(made, Action.TICKET).text == (
        "a task for ops@example.com, until a result is recorded: srv-1 is patched by hand, by ops@example.com"
    )
    assert verdict(made).disposition is Disposition.REFUSE


@pytest.mark.policy("enterprise 6b")
def test_a_task_stays_one_until_somebody_records_the_result() -> None:
    assert actions(by_hand(ManualTask(at("mon 10:00")))) == []


def test_a_task_that_was_done_comes_back_when_a_later_scan_still_finds_the_update_missing() -> None:
    done = ManualTask(at("mon 09:00"), at("mon 12:00"), TaskResult.DONE)
    assert actions(by_hand(done, scanned="mon 11:00")) == []
    assert actions(by_hand(done, scanned="mon 15:00")) == [Action.TICKET]
    assert Reason.MANUAL_TASK not in {one.reason for one in by_hand(done, trust=ScanTrust.UNKNOWN).decisions}


def test_what_a_person_found_not_needed_does_not_come_back() -> None:
    assert actions(by_hand(ManualTask(at("mon 09:00"), at("mon 12:00"), TaskResult.NOT_NEEDED))) == []


def _of_people(known: DeviceState, tasks: bool) -> list[Reason]:
    return [
        one.reason for one in plan(SERVER, helpdesk(tasks=tasks), known, NOW).decisions if one.action is Action.TICKET
    ]


def test_what_asks_for_input_or_needs_a_person_becomes_a_task_where_the_policy_says_so() -> None:
    asks = state(at("mon 15:00"), (update(can_request_user_input=True),))
    assert _of_people(asks, tasks=True) == [Reason.MANUAL_TASK]
    assert _of_people(asks, tasks=False) == []
    failed = UpdateState((failure("u1", at("mon 14:00"), ErrorClass.NEEDS_PERSON),))
    broken = state(at("mon 15:00"), updates(1), updates={"u1": failed})
    assert _of_people(broken, tasks=True) == [Reason.NEEDS_PERSON, Reason.MANUAL_TASK]
