# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What rings, priorities and manual tasks need to know of one device, and what a round does for all of them.

Each question is asked only where the policy uses the answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from ..ledger import LedgerError, Reader, Transaction
from ..planner.fleet import Absence, Advice, Approval, ApprovalState, ManualTask, RingGate
from ..planner.model import Device, DeviceState, Update
from ..planner.policy import Policy
from ..planner.priority import exploited_advice
from ..planner.rings import ring_of
from ..policy.load import LoadedPolicy

HORIZON = timedelta(days=366)  # an absence that ended before is past every due date


@dataclass(frozen=True, slots=True)
class Phase:
    """The fields of FleetFacts that this file fills."""

    gates: Mapping[str, RingGate] = field(default_factory=dict)
    exploited_since: Mapping[str, datetime] = field(default_factory=dict)
    asked: frozenset[str] = frozenset()
    absences: tuple[Absence, ...] = ()
    tasks: Mapping[str, ManualTask] = field(default_factory=dict)


NOTHING = Phase()


def phase_of(
    tx: Reader,
    device: Device,
    policy: Policy,
    state: DeviceState,
    advice: Mapping[str, Advice],
    approvals: Iterable[Approval],
    now: datetime,
) -> Phase:
    """Return where the device stands in rollouts, what it was told to hurry with, and what people do there by hand."""
    if not (policy.rings or policy.priority or policy.manual or policy.tasks):
        return NOTHING
    told = exploited(state, advice) if policy.priority else ()
    findings = tx.exploits.found(one.id for one in told) if told else {}
    return Phase(
        gates=_gates(tx, device, policy, state, tuple(approvals), now),
        exploited_since={name: one.found_at for name, one in findings.items()},
        asked=frozenset(name for name, one in findings.items() if one.asked),
        absences=_absences(tx, device, policy, state, now),
        tasks=tx.tasks.of_device(device.name) if policy.manual or policy.tasks else {},
    )


def exploited(state: DeviceState, advice: Mapping[str, Advice]) -> tuple[Update, ...]:
    """Return the missing updates that close an exploited vulnerability."""
    return tuple(update for update in state.missing if exploited_advice(update, advice))


def note_exploited(tx: Transaction, device: Device, policy: Policy, state: DeviceState, now: datetime) -> None:
    """Remember the exploited vulnerabilities that are found for the first time: their clock starts now."""
    if policy.priority is not None:
        known = state.fleet.exploited_since
        fresh = [one.id for one in exploited(state, state.fleet.advice) if one.id not in known]
        if fresh:
            tx.exploits.find(fresh, device.name, now)


def judge_rollouts(tx: Transaction, policies: Iterable[LoadedPolicy], now: datetime) -> None:
    """Open rings, or halt rollouts, once for a whole round. Raises LedgerError for policies with different rings."""
    ringed = [loaded.policy for loaded in policies if loaded.policy.rings]
    if not ringed:
        return
    other = next((policy for policy in ringed if policy.rings != ringed[0].rings), None)
    if other is not None:
        shown = " and ".join(", ".join(ring.name for ring in policy.rings) for policy in (ringed[0], other))
        raise LedgerError(f"nightshift_policy.rings: two devices have different ones ({shown}); a fleet has one ladder")
    tx.rollouts.judge(ringed[0].rings, ringed[0].retry, now)


def _gates(
    tx: Reader, device: Device, policy: Policy, state: DeviceState, approvals: tuple[Approval, ...], now: datetime
) -> Mapping[str, RingGate]:
    """Return the gates of what the device lacks, or waits to restart for. What is new is open in the first ring."""
    ids = [one.id for one in (*state.missing, *state.awaiting_restart)]
    if not policy.rings or not ids:
        return {}
    found = tx.rollouts.gates(policy.rings, device.ring, ids)
    if ring_of(policy.rings, device.ring) == 0:
        found = {update_id: RingGate(now) for update_id in ids} | found
    if not approvals:
        return found
    names = {one.id: {one.id, *one.kbs} for one in (*state.missing, *state.awaiting_restart)}
    return {update_id: _approved(gate, names[update_id], approvals) for update_id, gate in found.items()}


def _approved(gate: RingGate, names: set[str], approvals: tuple[Approval, ...]) -> RingGate:
    """Return the gate as opened no earlier than the approval: what people may install counts from then."""
    since = [
        max(one.on, one.not_before or one.on)
        for one in approvals
        if one.state is ApprovalState.APPROVED and one.update in names
    ]
    if gate.opened_at is None or not since or min(since) <= gate.opened_at:
        return gate
    return replace(gate, opened_at=min(since))


def _absences(tx: Reader, device: Device, policy: Policy, state: DeviceState, now: datetime) -> tuple[Absence, ...]:
    if policy.priority is None or not state.missing:
        return ()
    starts = [one.released or now for one in state.missing]
    starts += [memory.first_missing for memory in state.updates.values() if memory.first_missing is not None]
    return tx.absences(device.name, max(min(starts), now - HORIZON), policy.priority.away)
