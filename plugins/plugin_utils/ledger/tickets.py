# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Queries on tickets: an outbox, recorded first and delivered after, at most one open of a kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import uuid4

import sqlalchemy as sa

from .devices import lock
from .portable import Row, insert_if_absent
from .tables import tickets
from .values import Signal, Ticket, TicketState


def ticket_of(row: Row) -> Ticket:
    """A row as a value."""
    return Ticket(
        id=row["id"],
        device=row["device"],
        signal=Signal(row["signal"]),
        subject=row["subject"],
        update_id=row["update_id"] or None,
        evidence=row["evidence"],
        raised_at=row["raised_at"],
        state=TicketState(row["state"]),
        closed_at=row["closed_at"],
        closed_why=row["closed_why"],
        about="" if row["device"] else row["about"].removeprefix(":"),
    )


def raise_ticket(
    conn: sa.Connection,
    device: str | None,
    signal: Signal,
    subject: str,
    update_id: str | None,
    evidence: Mapping[str, object],
    now: datetime,
    about: str = "",
) -> tuple[Ticket, bool]:
    """Return the open ticket for (device or ``about``, signal, update), and whether it was raised just now.

    An open one takes the subject and the evidence given. Raises UnknownDevice.
    """
    if device is not None:
        lock(conn, device)
    concerned = f":{about}" if device is None else device
    open_key = f"{signal.value}:{update_id or ''}"
    identity = uuid4().hex
    row = {
        "id": identity,
        "device": device,
        "about": concerned,
        "signal": signal.value,
        "update_id": update_id or "",
        "subject": subject,
        "evidence": dict(evidence),
        "state": TicketState.PENDING.value,
        "raised_at": now,
        "closed_why": "",
        "open_key": open_key,
    }
    insert_if_absent(conn, tickets, [row])
    here = sa.and_(tickets.c.about == concerned, tickets.c.open_key == open_key)
    ticket = ticket_of(conn.execute(sa.select(tickets).where(here)).mappings().one())
    if (ticket.subject, ticket.evidence) != (subject, dict(evidence)):
        conn.execute(sa.update(tickets).where(here).values(subject=subject, evidence=dict(evidence)))
        ticket = replace(ticket, subject=subject, evidence=dict(evidence))
    return ticket, ticket.id == identity


def close_ticket(conn: sa.Connection, ticket_id: str, now: datetime, why: str) -> bool:
    """Close a ticket; returns False when it was closed already or never existed."""
    here = sa.and_(tickets.c.id == ticket_id, tickets.c.closed_at.is_(None))
    closed = sa.update(tickets).where(here).values(closed_at=now, closed_why=why, open_key=None)
    return conn.execute(closed).rowcount == 1


def open_tickets(conn: sa.Connection, device: str | None = None) -> tuple[Ticket, ...]:
    """The open tickets, oldest first; of one device, or of all."""
    query = sa.select(tickets).where(tickets.c.closed_at.is_(None)).order_by(tickets.c.raised_at, tickets.c.id)
    rows: Sequence[Row] = (
        conn.execute(query if device is None else query.where(tickets.c.device == device)).mappings().all()
    )
    return tuple(ticket_of(row) for row in rows)
