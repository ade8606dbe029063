# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Close the tickets of a device whose trouble is verified gone (helpdesk 6, enterprise 7)."""

from __future__ import annotations

from collections.abc import Mapping

from ..ledger import Signal, Transaction
from ..planner.model import DeviceState, ScanTrust
from ..planner.plan import Plan
from ..planner.reasons import Reason


def settle(tx: Transaction, device: str, state: DeviceState, made: Plan) -> None:
    """Close what ``settled`` names; costs no query while nothing is settled."""
    gone, helped = settled(state, made), restart_helped(state)
    if not gone and not helped and not state.fleet.rollbacks:
        return
    kept = {removal.update.id for removal in state.fleet.removals}
    for ticket in tx.open_tickets(device):
        if ticket.signal is Signal.RESTART_IN_VAIN and helped:
            tx.close_ticket(ticket.id, made.now, "no restart is pending any more")
        if ticket.signal in (Signal.UPDATE_FAILED, Signal.SCAN_FAILED) and ticket.update_id in gone:
            tx.close_ticket(ticket.id, made.now, gone[ticket.update_id])
        if ticket.signal is Signal.REMOVAL_FAILED and ticket.update_id not in kept:
            tx.close_ticket(ticket.id, made.now, "a search no longer finds it installed")


def restart_helped(state: DeviceState) -> bool:
    """Return whether the restart that a ticket is open about is no longer pending."""
    return state.restart_ticket_open and state.observation is not None and not state.observation.pending_restart


def settled(state: DeviceState, made: Plan) -> Mapping[str | None, str]:
    """Return why a trouble is over, by update; None stands for searches that failed.

    An update is over when a search that ended after its ticket was raised, and that can be trusted, no longer finds
    it missing, or when another missing update contains it. A search of unknown trust proves nothing.
    """
    found: dict[str | None, str] = {}
    scan = state.scan
    if scan is None or scan.trust is ScanTrust.UNKNOWN:
        return found
    missing = {update.id for update in state.missing}
    for identity, memory in state.updates.items():
        raised = memory.ticketed_at
        if memory.ticket_open and raised is not None and identity not in missing and scan.finished_at > raised:
            found[identity] = f"the search of {scan.finished_at:%Y-%m-%d %H:%M} UTC no longer finds it missing"
    for verdict in made.verdicts:
        known = state.updates.get(verdict.update.id)
        if verdict.reason is Reason.SUPERSEDED and known is not None and known.ticket_open:
            found[verdict.update.id] = f"superseded: {verdict.text}"
    if state.scan_ticket_open and state.failed_scans == 0:
        found[None] = f"the search of {scan.finished_at:%Y-%m-%d %H:%M} UTC succeeded"
    return found
