# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a run says of its delivery, in lines and as data, without a secret."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ..ledger import Holder, Ledger
from .routes import Routes
from .run import deliver, rehearse


@dataclass(frozen=True, slots=True)
class Said:
    """``sent``: messages that went out. ``faults``: what went wrong, by destination."""

    lines: list[str] = field(default_factory=list)
    sent: int = 0
    faults: dict[str, str] = field(default_factory=dict)


def tell(
    ledger: Ledger, routes: Routes, holder: Holder, now: datetime, *, rehearsal: bool, at_once: bool = False
) -> Said:
    """Deliver; in a rehearsal, whose ledger is a private copy, say what would go out."""
    if not routes.destinations:
        return Said()
    if rehearsal:
        waiting = rehearse(ledger, routes, now)
        return Said([f"tickets: {len(waiting)} would go out"] if waiting else [])
    done = deliver(ledger, routes, holder, now, at_once=at_once)
    lines = done.lines()
    if done.closed:
        lines.append(f"tickets: {done.closed} closed by people; their updates may be tried again")
    return Said(
        lines,
        sum(one.sent for one in done.destinations),
        {one.destination: one.fault for one in done.destinations if one.fault},
    )


def pending_data(ledger: Ledger) -> list[dict[str, Any]]:
    """Return what waits (after a rehearsal: what would be sent): per case the next message."""
    with ledger.read() as reader:
        waiting = reader.delivery.on_the_way()
    return [
        {
            "case": case.id,
            "destination": case.destination,
            "event": message.kind.value,
            "subject": message.subject,
            "text": message.body,
            "state": message.state.value,
            "tries": message.tries,
            "next_try_at": message.next_try_at.isoformat() if message.next_try_at else None,
            "last_error": message.last_error or None,
            "external_id": case.external_id,
            "url": case.url or None,
        }
        for case, message in waiting
    ]


def open_data(ledger: Ledger) -> list[dict[str, Any]]:
    """Return every open ticket, oldest first: also those that no ticket system is told of."""
    with ledger.read() as reader:
        return [
            {
                "ticket": one.id,
                "device": one.device,
                "signal": one.signal.value,
                "subject": one.subject,
                "raised_at": one.raised_at.isoformat(),
            }
            for one in reader.open_tickets()
        ]


def close_by_hand(ledger: Ledger, named: Collection[str], why: str, now: datetime) -> list[str]:
    """Close the open tickets that ``named`` names, by their id or by their device; returns their ids."""
    if not named:
        return []
    with ledger.begin() as tx:
        wanted = [one for one in tx.open_tickets() if one.id in named or one.device in named]
        for ticket in wanted:
            tx.close_ticket(ticket.id, now, why)
            detail = {"ticket": ticket.id, "why": why, "update": ticket.update_id}
            tx.audit("operator", "ticket_closed", ticket.device, detail, now)
    return [ticket.id for ticket in wanted]
