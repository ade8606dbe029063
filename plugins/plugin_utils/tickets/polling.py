# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What people did in a ticket system: a ticket that they closed lets the update be tried again (helpdesk 6)."""

from __future__ import annotations

from datetime import datetime, timedelta

from ..ledger import Ledger
from ..ledger.delivery_values import Case, ClosedAs, MessageKind
from .destination import Destination
from .system import Letter, TicketSystem

WATCHED = timedelta(days=1)  # for how long a late twin of an uncertain creation is looked for


def learn_closed(ledger: Ledger, destination: Destination, system: TicketSystem, now: datetime) -> int:
    """Close the tickets whose case was closed in the ticket system; returns how many cases. Raises DeliveryFault."""
    with ledger.read() as reader:
        cases = {
            case.external_id: case
            for case in reader.delivery.open_cases(destination.name)
            if case.external_id is not None
        }
    if not cases:
        return 0
    closed = system.closed(cases)
    with ledger.begin() as tx:
        tx.delivery.polled([case.id for case in cases.values()], now)
        for external_id in sorted(closed & cases.keys()):
            case = cases[external_id]
            why = f"closed in {destination.name}: {case.url or external_id}"
            for told in tx.delivery.tickets_of([case.id])[case.id]:
                if tx.close_ticket(told.ticket.id, now, why):
                    tx.audit(
                        f"ticket system {destination.name}",
                        "ticket_closed",
                        told.ticket.device,
                        {"ticket": told.ticket.id, "external_id": external_id, "update": told.ticket.update_id},
                        now,
                    )
            for message in tx.delivery.messages(case.id):
                if message.state.on_the_way:
                    tx.delivery.drop(message, now)
            tx.delivery.close_case(case.id, ClosedAs.PERSON, now)
    return len(closed & cases.keys())


def end_twins(ledger: Ledger, destination: Destination, system: TicketSystem, now: datetime) -> int:
    """Close tickets that a slow server made after all, beside the one that we know; returns how many.

    Raises DeliveryFault.
    """
    with ledger.read() as reader:
        doubted = reader.delivery.doubted_cases(destination.name, now - WATCHED)
    ended = 0
    for case in doubted:
        twins = [found.external_id for found in system.find(case.id) if found.external_id != case.external_id]
        for twin in sorted(set(twins) - system.closed(twins)):
            system.close(_farewell(case, twin, now), told=system.has(twin, f"{case.id}-twin-{twin}"))
            ended += 1
    return ended


def _farewell(case: Case, twin: str, now: datetime) -> Letter:
    return Letter(
        case=case.id,
        message=f"{case.id}-twin-{twin}",
        thread=f"{case.id}-1",
        number=0,
        kind=MessageKind.CLOSE,
        subject=case.subject,
        body=f"The same ticket exists already: {case.url or case.external_id}. The server had made this one late.",
        evidence={},
        written_at=now,
        external_id=twin,
    )
