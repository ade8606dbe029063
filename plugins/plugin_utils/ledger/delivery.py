# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Queries on the delivery of tickets: cases, the tickets they tell of, messages on their way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from .delivery_tables import case_tickets, ticket_cases, ticket_messages
from .delivery_values import Case, ClosedAs, Message, MessageKind, MessageState, Told
from .portable import Row, chunks
from .tables import tickets
from .tickets import ticket_of
from .values import Ticket, TicketState

_ON_THE_WAY = (MessageState.WAITING.value, MessageState.TRYING.value, MessageState.UNCERTAIN.value)


class DeliveryReader:
    """Questions about the delivery. Reached as ``tx.delivery``."""

    __slots__ = ("_conn",)

    def __init__(self, conn: sa.Connection) -> None:
        self._conn = conn

    def open_cases(self, destination: str | None = None) -> tuple[Case, ...]:
        """The cases that are open, oldest first; of one destination, or of all."""
        query = sa.select(ticket_cases).where(ticket_cases.c.closed_at.is_(None))
        query = query.order_by(ticket_cases.c.opened_at, ticket_cases.c.id)
        if destination is not None:
            query = query.where(ticket_cases.c.destination == destination)
        return tuple(_case(row) for row in self._conn.execute(query).mappings())

    def doubted_cases(self, destination: str, since: datetime) -> tuple[Case, ...]:
        """The cases, open or closed, that were created since ``since`` after an uncertain try."""
        query = sa.select(ticket_cases).where(
            ticket_cases.c.destination == destination,
            ticket_cases.c.doubted_at >= since,
            ticket_cases.c.external_id.is_not(None),
        )
        return tuple(_case(row) for row in self._conn.execute(query).mappings())

    def case(self, case_id: str) -> Case:
        """One case; it exists."""
        query = sa.select(ticket_cases).where(ticket_cases.c.id == case_id)
        return _case(self._conn.execute(query).mappings().one())

    def tickets_of(self, cases: Iterable[str]) -> dict[str, list[Told]]:
        """The tickets that each case tells of, open and closed, oldest first."""
        found: dict[str, list[Told]] = {name: [] for name in cases}
        query = sa.select(tickets, case_tickets.c.case_id, case_tickets.c.told).join(
            case_tickets, case_tickets.c.ticket_id == tickets.c.id
        )
        for part in chunks(sorted(found)):
            rows = self._conn.execute(
                query.where(case_tickets.c.case_id.in_(part)).order_by(tickets.c.raised_at, tickets.c.id)
            )
            for row in rows.mappings():
                found[row["case_id"]].append(Told(ticket_of(row), row["told"]))
        return found

    def messages(self, case_id: str) -> tuple[Message, ...]:
        """All messages of a case, first to last."""
        query = sa.select(ticket_messages).where(ticket_messages.c.case_id == case_id)
        rows = self._conn.execute(query.order_by(ticket_messages.c.number)).mappings()
        return tuple(_message(row) for row in rows)

    def on_the_way(self, destination: str | None = None) -> tuple[tuple[Case, Message], ...]:
        """What is not delivered yet: per case only the first message, in the order they were recorded."""
        first = (
            sa.select(ticket_messages.c.case_id, sa.func.min(ticket_messages.c.number).label("number"))
            .where(ticket_messages.c.state.in_(_ON_THE_WAY))
            .group_by(ticket_messages.c.case_id)
            .subquery()
        )
        match = sa.and_(ticket_messages.c.case_id == first.c.case_id, ticket_messages.c.number == first.c.number)
        query = sa.select(ticket_messages).join(first, match)
        query = query.order_by(ticket_messages.c.recorded_at, ticket_messages.c.id)
        waiting = [_message(row) for row in self._conn.execute(query).mappings()]
        named = self._named({message.case_id for message in waiting})
        return tuple(
            (named[message.case_id], message)
            for message in waiting
            if destination in (None, named[message.case_id].destination)
        )

    def _named(self, names: Iterable[str]) -> dict[str, Case]:
        found: dict[str, Case] = {}
        for part in chunks(sorted(names)):
            query = sa.select(ticket_cases).where(ticket_cases.c.id.in_(part))
            for row in self._conn.execute(query).mappings():
                found[row["id"]] = _case(row)
        return found


class Delivery(DeliveryReader):
    """Questions, and what happened to messages."""

    __slots__ = ()

    def open_case(self, case: Case) -> None:
        """Record a case before anybody is told of it."""
        row = {
            "id": case.id,
            "destination": case.destination,
            "open_key": case.open_key,
            "grouped": case.grouped,
            "subject": case.subject,
            "url": "",
            "opened_at": case.opened_at,
        }
        self._conn.execute(sa.insert(ticket_cases), [row])

    def tell(self, ticket: Ticket, case_id: str, digest: str) -> None:
        """The case tells of the ticket from now on, and what it tells has this digest."""
        here = case_tickets.c.ticket_id == ticket.id
        values = {"case_id": case_id, "told": digest}
        if self._conn.execute(sa.update(case_tickets).where(here).values(values)).rowcount == 0:
            self._conn.execute(sa.insert(case_tickets), [{"ticket_id": ticket.id, **values}])

    def close_case(self, case_id: str, closed_as: ClosedAs, now: datetime) -> None:
        """The case is over; messages that are still on their way go out."""
        here = ticket_cases.c.id == case_id
        values = {"closed_at": now, "closed_as": closed_as.value, "open_key": None}
        self._conn.execute(sa.update(ticket_cases).where(here).values(values))

    def add(self, message: Message) -> None:
        """Record a message before anybody is told."""
        row = {
            "id": message.id,
            "case_id": message.case_id,
            "number": message.number,
            "kind": message.kind.value,
            "subject": message.subject,
            "body": message.body,
            "evidence": dict(message.evidence),
            "state": message.state.value,
            "recorded_at": message.recorded_at,
            "tries": 0,
            "last_error": "",
        }
        self._conn.execute(sa.insert(ticket_messages), [row])

    def rewrite(self, message: Message) -> None:
        """Give a message that was never tried another content."""
        self._change(message.id, body=message.body, subject=message.subject, evidence=dict(message.evidence))

    def trying(self, message: Message, now: datetime) -> None:
        """The message is about to go out: from here on the ticket system may have it."""
        self._change(message.id, state=MessageState.TRYING.value, tried_at=now, tries=message.tries + 1)

    def failed(self, message: Message, error: str, next_try_at: datetime, *, doubtful: bool) -> None:
        """The message did not go out, or (``doubtful``) nobody knows whether it did."""
        state = MessageState.UNCERTAIN if doubtful else MessageState.WAITING
        self._change(message.id, state=state.value, last_error=error, next_try_at=next_try_at)
        if doubtful and message.kind is MessageKind.OPEN:
            here = ticket_cases.c.id == message.case_id
            self._conn.execute(sa.update(ticket_cases).where(here).values(doubted_at=message.tried_at))

    def delivered(self, message: Message, external_id: str | None, url: str, now: datetime) -> None:
        """The ticket system has the message; for the first one, under which number and address."""
        self._change(message.id, state=MessageState.DELIVERED.value, ended_at=now, last_error="", next_try_at=None)
        if message.kind is MessageKind.OPEN:
            here = ticket_cases.c.id == message.case_id
            values: dict[str, Any] = {"external_id": external_id, "url": url}
            if message.state.doubtful:
                values["doubted_at"] = message.tried_at or now
            self._conn.execute(sa.update(ticket_cases).where(here).values(values))
        told = sa.select(case_tickets.c.ticket_id).where(case_tickets.c.case_id == message.case_id)
        self._conn.execute(sa.update(tickets).where(tickets.c.id.in_(told)).values(state=TicketState.DELIVERED.value))

    def drop(self, message: Message, now: datetime) -> None:
        """There is nothing left to tell."""
        self._change(message.id, state=MessageState.DROPPED.value, ended_at=now)

    def polled(self, cases: Iterable[str], now: datetime) -> None:
        """The ticket system was asked about these cases."""
        for part in chunks(sorted(cases)):
            self._conn.execute(sa.update(ticket_cases).where(ticket_cases.c.id.in_(part)).values(polled_at=now))

    def _change(self, message_id: str, **values: Any) -> None:
        self._conn.execute(sa.update(ticket_messages).where(ticket_messages.c.id == message_id).values(**values))


def _case(row: Row) -> Case:
    return Case(
        id=row["id"],
        destination=row["destination"],
        open_key=row["open_key"] or "",
        grouped=row["grouped"],
        subject=row["subject"],
        opened_at=row["opened_at"],
        external_id=row["external_id"],
        url=row["url"],
        doubted_at=row["doubted_at"],
        closed_at=row["closed_at"],
    )


def _message(row: Mapping[str, Any] | Row) -> Message:
    return Message(
        id=row["id"],
        case_id=row["case_id"],
        number=row["number"],
        kind=MessageKind(row["kind"]),
        subject=row["subject"],
        body=row["body"],
        evidence=row["evidence"],
        recorded_at=row["recorded_at"],
        state=MessageState(row["state"]),
        tries=row["tries"],
        tried_at=row["tried_at"],
        next_try_at=row["next_try_at"],
        last_error=row["last_error"],
    )
