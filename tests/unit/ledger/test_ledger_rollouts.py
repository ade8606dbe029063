# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rollouts by rings, verified deployment and manual tasks, on a fleet whose devices report as devices do."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import Ledger, LedgerError, Signal, Standing
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger.deployed import Deployed, deployments
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.fleet import Absence, TaskResult
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import Device, Exposure
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.policy import RetryPolicy
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.rings import Ring
from ledger_scenes import HOUR, NOW, job, report, result, update

RETRY = RetryPolicy(attempts=2, delay=HOUR, interruptions=3)
DAY = timedelta(days=1)
RINGS = (Ring("canary", soak=2 * DAY, success=90, coverage=80, count=5, failures=10), Ring("early"), Ring("broad"))
KB = "KB5068861"


class Fleet:
    """Ten canaries, four devices in the ring after it and two in none; all lack one update."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.clock = NOW
        self.number = 0
        self.canaries = [f"c{number}" for number in range(10)]
        self.early = [f"e{number}" for number in range(4)]
        with ledger.begin() as tx:
            for ring, names in (("canary", self.canaries), ("early", self.early), (None, ["x0", "x1"])):
                tx.enrol([Device(name, ring=ring, model="M1") for name in names], NOW)
        self.report([*self.canaries, *self.early, "x0", "x1"], missing=True)

    def report(self, names: Iterable[str], missing: bool, jobs: Iterable[dict] = (), trust: str = "trusted") -> None:
        """Let devices be searched an hour later."""
        self.clock += HOUR
        self.number += 1
        found = [update("u1", kbs=[KB])] if missing else []
        with self.ledger.begin() as tx:
            for name in names:
                tx.record_contact(name, self.clock, answered=True)
                answer = report(f"scan-{self.number}", self.clock, trust, missing=found, installed=(), jobs=jobs)
                tx.record_report(name, answer, self.clock)

    def tried(self, names: Iterable[str], outcome: str = "succeeded") -> None:
        """Let an installation end, and be told, without a search after it."""
        self.clock += HOUR
        self.number += 1
        ended = self.clock.strftime("%Y-%m-%dT%H:%M:%SZ")
        done = job(
            f"j{self.number}", updates=["u1"], results=[result("u1", outcome, finished_at=ended)], finished_at=ended
        )
        with self.ledger.begin() as tx:
            for name in names:
                tx.record_report(name, report(jobs=[done]), self.clock)

    def verified(self, names: Iterable[str]) -> None:
        names = list(names)
        self.tried(names)
        self.report(names, missing=False)

    def given_up(self, names: Iterable[str]) -> None:
        names = list(names)
        for _ in range(RETRY.attempts):
            self.tried(names, "failed")

    def judge(self, after: timedelta = timedelta(0)) -> tuple[object, ...]:
        self.clock += after
        with self.ledger.begin() as tx:
            return tx.rollouts.judge(RINGS, RETRY, self.clock)

    def gate(self, ring: str | None):
        with self.ledger.read() as tx:
            return tx.rollouts.gates(RINGS, ring, ["u1"]).get("u1")

    def state_of(self, name: str) -> Deployed:
        with self.ledger.read() as tx:
            found = {one.device: one.state for one in deployments(tx._conn, RETRY, ["u1"])}
        return found[name]

    def tickets(self, signal: Signal) -> list:
        with self.ledger.read() as tx:
            return [one for one in tx.open_tickets() if one.signal is signal]


@pytest.fixture
def fleet(ledger: Ledger) -> Fleet:
    return Fleet(ledger)


@pytest.mark.policy("enterprise 7a")
def test_an_update_is_deployed_only_when_a_later_search_no_longer_finds_it_missing(fleet: Fleet) -> None:
    assert fleet.state_of("c0") is Deployed.MISSING
    fleet.tried(["c0"])
    assert fleet.state_of("c0") is Deployed.CLAIMED
    fleet.report(["c0"], missing=False, trust="unknown")
    assert fleet.state_of("c0") is Deployed.CLAIMED
    fleet.report(["c0"], missing=False)
    assert fleet.state_of("c0") is Deployed.VERIFIED


def test_a_claim_that_a_later_search_disproves_twice_is_a_failure(fleet: Fleet) -> None:
    for _ in range(RETRY.attempts):
        fleet.tried(["c0"])
        fleet.report(["c0"], missing=True)
    assert fleet.state_of("c0") is Deployed.FAILED


def test_what_goes_away_without_an_installation_of_ours_is_neither_success_nor_failure(fleet: Fleet) -> None:
    fleet.report(["c0"], missing=False)
    assert fleet.state_of("c0") is Deployed.GONE


def test_what_comes_back_after_it_was_verified_is_missing_again(fleet: Fleet) -> None:
    fleet.verified(["c0"])
    fleet.report(["c0"], missing=True)
    assert fleet.state_of("c0") is not Deployed.VERIFIED


@pytest.mark.policy("enterprise 5a", "enterprise 5b")
def test_rings_open_one_after_the_other_each_after_its_soak(fleet: Fleet) -> None:
    fleet.judge()
    assert fleet.gate("canary").opened_at == fleet.clock
    assert (fleet.gate("early").opened_at, fleet.gate("broad").opened_at) == (None, None)
    fleet.verified(fleet.canaries[:8])
    fleet.judge()
    healthy = fleet.clock
    assert fleet.gate("early").opened_at is None
    assert fleet.gate("early").opens_at == healthy + 2 * DAY
    fleet.judge(after=2 * DAY - HOUR)
    assert fleet.gate("early").opened_at is None
    fleet.judge(after=HOUR)
    assert fleet.gate("early").opened_at == healthy + 2 * DAY
    assert fleet.gate(None).opened_at is None
    assert "ring early" in fleet.gate(None).why


def test_a_claim_is_not_enough_to_open_the_next_ring(fleet: Fleet) -> None:
    fleet.judge()
    fleet.tried(fleet.canaries)
    fleet.judge()
    fleet.judge(after=9 * DAY)
    assert fleet.gate("early").opened_at is None
    assert fleet.gate("early").why.startswith("0 of 5 verified successes")


def test_a_ring_that_falls_ill_soaks_anew(fleet: Fleet) -> None:
    fleet.judge()
    fleet.verified(fleet.canaries[:8])
    fleet.judge()
    fleet.report(fleet.canaries[:1], missing=True)  # it was undone: coverage falls below 80 %
    fleet.judge(after=DAY)
    assert fleet.gate("early").opens_at is None
    fleet.verified(fleet.canaries[:1])
    fleet.judge()
    again = fleet.clock
    fleet.judge(after=2 * DAY - HOUR)
    assert fleet.gate("early").opened_at is None
    fleet.judge(after=HOUR)
    assert fleet.gate("early").opened_at == again + 2 * DAY


@pytest.mark.policy("enterprise 5c", "case 17")
def test_ring_2_with_the_canary_failed_on_2_of_10_and_a_limit_of_10_percent_is_halted_with_one_ticket(
    fleet: Fleet,
) -> None:
    fleet.judge()
    fleet.verified(fleet.canaries[:8])
    fleet.given_up(fleet.canaries[8:9])
    assert fleet.judge() == ()
    fleet.given_up(fleet.canaries[9:])
    (halt,) = fleet.judge()
    assert (halt.ring, halt.label) == ("canary", KB)
    assert fleet.judge() == fleet.judge(after=9 * DAY) == ()
    gate = fleet.gate("early")
    assert gate.halted
    assert gate.why == "it failed on 2 of 10 devices of ring canary, above 10 %"
    assert fleet.gate("canary").halted
    (ticket,) = fleet.tickets(Signal.ROLLOUT_HALTED)
    assert ticket.device is None
    assert ticket.subject == f"{KB}: rollout halted in ring canary: {gate.why}"


def test_systems_that_a_person_patches_by_hand_hide_no_failures_of_the_others(fleet: Fleet) -> None:
    fleet.judge()
    with fleet.ledger.begin() as tx:
        tx.tasks.call("c9", "u1", KB, "it is patched by hand", "olga", "", fleet.clock)
    fleet.given_up(["c8"])
    (halt,) = fleet.judge()
    assert halt.why == "it failed on 1 of 9 devices of ring canary, above 10 %"


def test_a_halt_lasts_until_a_person_lifts_it_whatever_becomes_of_the_failures(fleet: Fleet) -> None:
    fleet.judge()
    fleet.given_up(fleet.canaries[:2])
    fleet.judge()
    fleet.report(fleet.canaries[:2], missing=False)  # somebody installed it by hand
    fleet.judge(after=9 * DAY)
    assert fleet.gate("canary").halted


def test_a_person_who_lifts_a_halt_is_on_record_and_earlier_failures_no_longer_count(fleet: Fleet) -> None:
    fleet.judge()
    fleet.given_up(fleet.canaries[:2])
    fleet.judge()
    with fleet.ledger.begin() as tx:
        assert tx.rollouts.resume(KB, "ada", "a known defect of two old disks", fleet.clock) == ("u1",)
        (line,) = [one for one in tx.audit_trail() if one.event == "rollout_resumed"]
    assert (line.actor, line.detail["why"]) == ("ada", "a known defect of two old disks")
    assert fleet.tickets(Signal.ROLLOUT_HALTED) == []
    assert fleet.judge(after=HOUR) == ()
    assert not fleet.gate("canary").halted
    fleet.given_up(fleet.canaries[2:4])
    assert len(fleet.judge()) == 1


@pytest.mark.parametrize(("by", "why"), [("", "reason"), ("ada", " ")])
def test_nobody_lifts_a_halt_or_opens_a_ring_without_a_name_and_a_reason(fleet: Fleet, by: str, why: str) -> None:
    with fleet.ledger.begin() as tx:
        with pytest.raises(LedgerError, match="is empty"):
            tx.rollouts.resume(KB, by, why, NOW)
        with pytest.raises(LedgerError, match="is empty"):
            tx.rollouts.open_ring(KB, "early", by, why, NOW)


def test_a_person_may_open_a_ring_before_its_rules_do(fleet: Fleet) -> None:
    fleet.judge()
    with fleet.ledger.begin() as tx:
        assert tx.rollouts.open_ring(KB, "early", "ada", "urgent", fleet.clock) == ("u1",)
        assert tx.rollouts.open_ring(KB, "early", "ada", "urgent", fleet.clock) == ()
    assert fleet.gate("early").opened_at == fleet.clock
    fleet.judge(after=HOUR)
    assert fleet.gate("early").opened_at == fleet.clock - HOUR


def test_an_unknown_update_is_refused_by_name(fleet: Fleet) -> None:
    with fleet.ledger.begin() as tx, pytest.raises(LedgerError, match="'KB1' was never found on a device"):
        tx.rollouts.resume("KB1", "ada", "why", NOW)


def test_a_ring_that_opens_makes_it_the_turn_of_its_devices(fleet: Fleet) -> None:
    fleet.judge()
    fleet.verified(fleet.canaries)
    with fleet.ledger.begin() as tx:
        for name in ("e0", "x0"):
            tx.record_standing(name, Standing(NOW, NOW + 99 * DAY, "p", "waiting", ""))
    fleet.judge()
    fleet.judge(after=2 * DAY)
    with fleet.ledger.read() as tx:
        found = tx.standings(["e0", "x0"])
    assert found["e0"].next_at == fleet.clock
    assert found["x0"].next_at == NOW + 99 * DAY


def test_a_model_without_a_success_keeps_the_next_ring_closed(ledger: Ledger) -> None:
    fleet = Fleet(ledger)
    rings = (Ring("canary", soak=timedelta(0), count=1, per_model=True), Ring("early"))
    with ledger.begin() as tx:
        tx.enrol([Device("e0", ring="early", model="M2")], NOW)
    fleet.verified(fleet.canaries)
    with ledger.begin() as tx:
        tx.rollouts.judge(rings, RETRY, fleet.clock)
        gate = tx.rollouts.gates(rings, "early", ["u1"])["u1"]
    assert (gate.opened_at, gate.why) == (None, "no success yet on M2")


def test_a_device_that_has_been_silent_for_a_month_is_in_no_ring(fleet: Fleet) -> None:
    fleet.judge()
    fleet.verified(fleet.canaries[:7])
    fleet.clock += 40 * DAY
    fleet.report(fleet.canaries[:7], missing=False)
    fleet.judge()
    assert fleet.gate("early").opens_at is not None


def test_judging_twice_changes_nothing(fleet: Fleet) -> None:
    fleet.verified(fleet.canaries[:8])
    fleet.judge()
    first = [fleet.gate(ring) for ring in ("canary", "early", "broad")]
    fleet.judge()
    assert [fleet.gate(ring) for ring in ("canary", "early", "broad")] == first


@pytest.mark.policy("enterprise 6a", "enterprise 6b")
def test_a_manual_task_is_sent_once_with_the_bulletin_and_is_open_until_a_result_is_recorded(fleet: Fleet) -> None:
    with fleet.ledger.begin() as tx:
        for _ in range(2):
            task = tx.tasks.call("c0", "u1", KB, "by hand", "ops", "https://vendor.example/kb", fleet.clock)
        assert [one.id for one in tx.tasks.open()] == [task.id]
    (ticket,) = fleet.tickets(Signal.MANUAL_TASK)
    assert (ticket.device, ticket.evidence["bulletin"], ticket.evidence["responsible"]) == (
        "c0",
        "https://vendor.example/kb",
        "ops",
    )
    with fleet.ledger.begin() as tx:
        closed = tx.tasks.close(task.id, TaskResult.DONE, "bob", "installed from the share", fleet.clock)
        assert tx.tasks.open() == ()
        assert tx.tasks.of_device("c0")["u1"].result is TaskResult.DONE
        assert [one.actor for one in tx.audit_trail("c0") if one.event == "task_closed"] == ["bob"]
    assert (closed.closed_by, closed.note) == ("bob", "installed from the share")
    assert fleet.tickets(Signal.MANUAL_TASK) == []
    with fleet.ledger.begin() as tx, pytest.raises(LedgerError, match="was closed"):
        tx.tasks.close(task.id, TaskResult.DONE, "bob", "", fleet.clock)
    with fleet.ledger.begin() as tx, pytest.raises(LedgerError, match="'nope' does not exist"):
        tx.tasks.close("nope", TaskResult.DONE, "bob", "", fleet.clock)


@pytest.mark.policy("enterprise 3b", "case 18")
def test_an_emergency_approval_is_asked_for_once_for_all_devices(fleet: Fleet) -> None:
    with fleet.ledger.begin() as tx:
        tx.exploits.find(["u1"], "c0", NOW)
        assert not tx.exploits.found(["u1"])["u1"].asked
        asked = [tx.exploits.ask("u1", KB, name, "please", {}, NOW + HOUR) for name in ("c0", "c1", "c2")]
        assert asked == [True, False, False]
        found = tx.exploits.found(["u1"])["u1"]
    assert (found.found_at, found.asked) == (NOW, True)
    assert len(fleet.tickets(Signal.EMERGENCY_APPROVAL)) == 1


def test_an_absence_is_told_when_it_is_over_and_was_long_enough(fleet: Fleet) -> None:
    with fleet.ledger.begin() as tx:
        begun = fleet.clock + DAY
        for day in range(1, 8):
            tx.record_contact("c0", fleet.clock + day * DAY, answered=False)
        assert tx.absences("c0", NOW, DAY) == ()
        tx.record_contact("c0", fleet.clock + 9 * DAY, answered=True)
        tx.record_contact("c0", fleet.clock + 10 * DAY, answered=False)
        tx.record_contact("c0", fleet.clock + 11 * DAY, answered=True)
        assert tx.absences("c0", NOW, 5 * DAY) == (Absence(begun, fleet.clock + 9 * DAY),)
        assert len(tx.absences("c0", NOW, DAY)) == 2
        assert tx.absences("c0", fleet.clock + 20 * DAY, DAY) == ()


def test_the_register_s_new_facts_are_kept(ledger: Ledger) -> None:
    device = Device("srv", exposure=Exposure.INTERNET, impact="high", responsible="ops")
    with ledger.begin() as tx:
        tx.enrol([device], NOW)
        tx.enrol([device], NOW)
        row = tx._conn.exec_driver_sql("SELECT exposure, impact, responsible FROM devices WHERE name = 'srv'").one()
    assert tuple(row) == ("internet", "high", "ops")
