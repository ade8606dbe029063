# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A ticket for the outbox, with the evidence that a person needs to begin."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ..ledger import Signal, Transaction
from ..planner.model import Attempt, DeviceState, Update
from ..planner.plan import Decision, Plan
from ..planner.priority import exploited_advice
from ..planner.reasons import Reason
from .session import Member


def raise_ticket(tx: Transaction, member: Member, state: DeviceState, made: Plan, decision: Decision) -> None:
    """Record the ticket that a plan decided on. The ledger keeps it to one for each device, signal and update."""
    if decision.reason in _CALLS:
        _CALLS[decision.reason](tx, member, state, made, decision)
        return
    name = member.device.name
    where = [part for part in (member.device.unit, member.device.room, member.device.model) if part]
    labels = {verdict.update.id: verdict.update.label for verdict in made.verdicts}
    for update_id in decision.updates or (None,):
        label = labels.get(update_id, update_id) if update_id else "search for updates"
        memory = state.updates.get(update_id) if update_id else None
        tx.raise_ticket(
            name,
            signal=Signal.UPDATE_FAILED if update_id else Signal.SCAN_FAILED,
            subject=f"{name}: {label}: {decision.text}",
            update_id=update_id,
            evidence={
                "device": name,
                "where": where,
                "reason": decision.text,
                "attempts": [evidence_of(attempt) for attempt in memory.attempts] if memory else [],
                "free_bytes": state.observation.free_bytes if state.observation else None,
                "scan_warnings": list(state.scan.warnings) if state.scan else [],
            },
            now=made.now,
        )


def call_for_hands(tx: Transaction, member: Member, state: DeviceState, made: Plan, decision: Decision) -> None:
    """Give a manual task to the person responsible, with the vendor's bulletin (enterprise 6)."""
    for update in _updates(made, decision):
        tx.tasks.call(
            member.device.name,
            update.id,
            update.label,
            decision.detail["why"],
            member.device.responsible,
            bulletin_of(update, state),
            made.now,
        )


def call_for_approval(tx: Transaction, member: Member, state: DeviceState, made: Plan, decision: Decision) -> None:
    """Ask for an emergency approval, once for each update (enterprise 3)."""
    for update in _updates(made, decision):
        evidence = {
            "update": update.id,
            "label": update.label,
            "title": update.title,
            "found_on": member.device.name,
            "reason": decision.text,
            "bulletin": bulletin_of(update, state),
            "cves": sorted({cve for one in exploited_advice(update, state.fleet.advice) for cve in one.cves}),
        }
        tx.exploits.ask(update.id, update.label, member.device.name, decision.text, evidence, made.now)


def call_about_removals(tx: Transaction, member: Member, state: DeviceState, made: Plan, decision: Decision) -> None:
    """Tell that an update which was rolled back stays on the device (helpdesk 8)."""
    for removal in state.fleet.removals:
        if removal.update.id in decision.updates:
            evidence = {
                "device": made.device,
                "reason": decision.text,
                "ordered_because": removal.order.reason,
                "removals": [evidence_of(attempt) for attempt in removal.attempts],
            }
            subject = f"{made.device}: {removal.update.label}: {decision.text}"
            tx.raise_ticket(made.device, Signal.REMOVAL_FAILED, subject, removal.update.id, evidence, made.now)


def call_about_restarts(tx: Transaction, member: Member, state: DeviceState, made: Plan, decision: Decision) -> None:
    """Tell that restarts do not help, and who asks for them (field notes, pain 5)."""
    seen = state.observation
    evidence = {
        "device": made.device,
        "reason": decision.text,
        "asked_for_by": list(seen.pending_restart) if seen else [],
        "pending_since": seen.pending_since.isoformat() if seen and seen.pending_since else None,
        "awaiting_restart": [update.label for update in state.awaiting_restart],
    }
    subject = f"{made.device}: restart: {decision.text}"
    tx.raise_ticket(made.device, Signal.RESTART_IN_VAIN, subject, None, evidence, made.now)


def bulletin_of(update: Update, state: DeviceState) -> str:
    """Return the address of the vendor's page: the one that was imported, else Microsoft's for the KB."""
    known = (state.fleet.advice[kb].bulletin for kb in update.kbs if kb in state.fleet.advice)
    found = next((address for address in known if address), "")
    if not found and update.kbs and update.provider == "windows_update":
        found = f"https://support.microsoft.com/help/{update.kbs[0].removeprefix('KB')}"
    return found


def _updates(made: Plan, decision: Decision) -> Iterator[Update]:
    return (verdict.update for verdict in made.verdicts if verdict.update.id in decision.updates)


_CALLS: Mapping[Reason, Callable[[Transaction, Member, DeviceState, Plan, Decision], None]] = {
    Reason.MANUAL_TASK: call_for_hands,
    Reason.EMERGENCY_WANTED: call_for_approval,
    Reason.RESTART_IN_VAIN: call_about_restarts,
    Reason.REMOVAL_FAILS: call_about_removals,
}


def evidence_of(attempt: Attempt) -> dict[str, Any]:
    """Return one attempt as plain values."""
    return {
        "at": attempt.at.isoformat(),
        "job": attempt.job_id,
        "outcome": attempt.outcome.value,
        "hresult": f"0x{attempt.hresult:08X}" if attempt.hresult else None,
        "error_class": attempt.error_class.value if attempt.error_class else None,
    }
