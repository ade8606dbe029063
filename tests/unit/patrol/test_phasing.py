# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rings, manual tasks and emergency approvals in a patrol: a PC of the lab, rounds judged between turns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import LedgerError, Signal
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.phasing import (
    judge_rollouts,
    note_exploited,
    phase_of,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.round import judge
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.ticketing import raise_ticket
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.fleet import (
    Advice,
    Approval,
    ApprovalState,
    FleetFacts,
    TaskResult,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import Device
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.plan import Action, plan
from ansible_collections.nightshift.fleet.plugins.plugin_utils.policy.load import Layer, load_policy

from tests.e2e.fleets import UPDATES, catalogue, pc
from tests.unit.patrol.rig import Rig

RINGS = [{"name": "canary", "soak": "1d"}, {"name": "broad"}]
ANY_TIME: Mapping[str, Any] = {"install": {"any_time": True}, "severity": {"install": ["critical"]}}
ROW = {"criticality": "any", "impact": "any", "critical": 2, "important": 2, "moderate": 2, "low": 2, "other": 2}
PRIORITY = {"matrix": [ROW], "due": {1: "48h", 2: "7d"}, "exploited": {"internet": 1, "internal": 1}}


def rig_of(folder: Path, ring: str | None = None, **policy: Any) -> Rig:
    """Return a PC that lacks one critical update, in a ring, with somebody responsible; it was searched once."""
    rig = Rig(folder, pc(), catalogue(*UPDATES), policy={**ANY_TIME, **policy})
    device = replace(rig.member.device, ring=ring, responsible="ops@example.com")
    rig.member = replace(rig.member, device=device)
    with rig.ledger.begin() as tx:
        tx.enrol([device], rig.clock.now())
    assert rig.ask().status == "scanning"
    rig.wait(3)
    return rig


def tickets(rig: Rig, signal: Signal) -> list[Any]:
    with rig.ledger.read() as tx:
        return [one for one in tx.open_tickets() if one.signal is signal]


@pytest.mark.policy("enterprise 5a")
def test_the_first_ring_installs_what_is_new_at_once_and_the_next_one_waits(tmp_path: Path) -> None:
    canary = rig_of(tmp_path, "canary", rings=RINGS)
    assert canary.ask().acts == ("install",)
    other = rig_of(tmp_path / "other", "broad", rings=RINGS)
    assert "no patrol has looked at its rollout yet" in other.ask().text
    judge(other.ledger, other.session)
    word = other.ask()
    assert (word.status, word.acts) == ("waiting", ())
    assert "has not come to ring broad yet: 0 of 1 verified successes in ring canary" in word.text


def test_policies_with_different_rings_are_refused(tmp_path: Path) -> None:
    rig = rig_of(tmp_path, rings=RINGS)
    other = load_policy([Layer("x", {"rings": [{"name": "a"}, {"name": "b"}]})])
    with rig.ledger.begin() as tx, pytest.raises(LedgerError, match=r"\(canary, broad and a, b\); a fleet has one"):
        judge_rollouts(tx, [*rig.session.policies.values(), other], rig.clock.now())


def test_a_ring_counts_as_open_no_earlier_than_the_approval(tmp_path: Path) -> None:
    rig = rig_of(tmp_path, "canary", rings=RINGS)
    rig.ask()
    judge(rig.ledger, rig.session)
    opened = rig.clock.now()
    policy = rig.session.policies["policy"].policy
    with rig.ledger.read() as tx:
        state = tx.device_state("pc-001")
        (one,) = [one for one in state.missing if "KB9000001" in one.kbs]
        for when in (opened - timedelta(days=1), opened + timedelta(hours=5)):
            approved = Approval("KB9000001", ApprovalState.APPROVED, "ada", when)
            gates = phase_of(tx, rig.member.device, policy, state, {}, [approved], opened).gates
            assert gates[one.id].opened_at == max(opened, when)


@pytest.mark.policy("enterprise 6a", "enterprise 6b")
def test_a_system_patched_by_hand_is_never_installed_on_and_its_operator_gets_one_task_with_the_bulletin(
    tmp_path: Path,
) -> None:
    rig = rig_of(tmp_path, manual=True)
    for _ in range(3):
        assert rig.ask().acts == ()
        rig.wait(10)
    with rig.ledger.read() as tx:
        (task,) = tx.tasks.open()
    assert (task.device, task.label, task.responsible) == ("pc-001", "KB9000001", "ops@example.com")
    assert task.bulletin == "https://support.microsoft.com/help/9000001"
    assert [one.evidence["bulletin"] for one in tickets(rig, Signal.MANUAL_TASK)] == [task.bulletin]
    with rig.ledger.begin() as tx:
        tx.tasks.close(task.id, TaskResult.NOT_NEEDED, "bob", "replaced next week", rig.clock.now())
    rig.ask()
    with rig.ledger.read() as tx:
        assert tx.tasks.open() == ()
    assert tickets(rig, Signal.MANUAL_TASK) == []


@pytest.mark.policy("enterprise 3b", "case 18")
def test_two_devices_with_the_same_exploited_vulnerability_ask_once_and_start_one_clock(tmp_path: Path) -> None:
    rig = rig_of(tmp_path, "broad", rings=RINGS, priority=PRIORITY)
    rig.ask()
    policy, device, now = rig.session.policies["policy"].policy, rig.member.device, rig.clock.now()
    twin = replace(device, name="pc-002")
    advice = {"KB9000001": Advice("KB9000001", exploited=True, cves=("CVE-2026-1",), bulletin="https://v.example/1")}
    with rig.ledger.begin() as tx:
        tx.enrol([twin], now)
        seen = tx.device_state("pc-001")
        for hours, one in enumerate((device, twin)):
            at = now + timedelta(hours=hours)
            phase = phase_of(tx, one, policy, seen, advice, [], at)
            facts = FleetFacts(advice=advice, exploited_since=phase.exploited_since, asked=phase.asked)
            state = replace(seen, fleet=facts)
            note_exploited(tx, one, policy, state, at)
            made = plan(one, policy, state, at)
            asked = [decision for decision in made.decisions if decision.action is Action.TICKET]
            assert len(asked) == 1 - hours
            for decision in asked:
                raise_ticket(tx, replace(rig.member, device=one), state, made, decision)
            (exploited,) = [verdict for verdict in made.verdicts if verdict.update.label == "KB9000001"]
            found = seen.updates[exploited.update.id].first_missing  # an old update, found late: its grace is 48 h
            assert (exploited.priority, exploited.due) == (1, found + timedelta(hours=48))
        assert phase.exploited_since == {exploited.update.id: now}
    (ticket,) = tickets(rig, Signal.EMERGENCY_APPROVAL)
    assert ticket.device is None
    assert (ticket.evidence["found_on"], ticket.evidence["cves"]) == ("pc-001", ["CVE-2026-1"])
    assert ticket.evidence["bulletin"] == "https://v.example/1"


@pytest.mark.parametrize("policy", [{}, {"priority": PRIORITY}, {"rings": RINGS}, {"manual": True}])
def test_a_question_is_asked_only_where_the_policy_uses_the_answer(tmp_path: Path, policy: Mapping[str, Any]) -> None:
    rig = rig_of(tmp_path, **policy)
    rules = rig.session.policies["policy"].policy
    with rig.ledger.begin() as tx:
        state = tx.device_state("pc-001")
        phase = phase_of(_Counting(tx), Device("pc-001"), rules, state, {}, [], rig.clock.now())
    asked = _Counting.asked
    assert asked <= {"rollouts"} if "rings" in policy else asked <= {"absences", "tasks"}
    assert bool(asked) is bool(policy and (state.missing or "manual" in policy))
    assert phase.asked == frozenset()


class _Counting:
    """Notes which subjects of the ledger are asked about."""

    asked: ClassVar[set[str]] = set()

    def __init__(self, tx: Any) -> None:
        self.tx = tx
        _Counting.asked = set()

    def __getattr__(self, name: str) -> Any:
        _Counting.asked.add(name)
        return getattr(self.tx, name)
