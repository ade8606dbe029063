# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A ticket for the outbox, with the evidence that a person needs to begin."""

from __future__ import annotations

from typing import Any

from ..ledger import Signal, Transaction
from ..planner.model import Attempt, DeviceState
from ..planner.plan import Decision, Plan
from .session import Member


def raise_ticket(tx: Transaction, member: Member, state: DeviceState, made: Plan, decision: Decision) -> None:
    """Record the ticket that a plan decided on. The ledger keeps it to one for each device, signal and update."""
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


def evidence_of(attempt: Attempt) -> dict[str, Any]:
    """Return one attempt as plain values."""
    return {
        "at": attempt.at.isoformat(),
        "job": attempt.job_id,
        "outcome": attempt.outcome.value,
        "hresult": f"0x{attempt.hresult:08X}" if attempt.hresult else None,
        "error_class": attempt.error_class.value if attempt.error_class else None,
    }
