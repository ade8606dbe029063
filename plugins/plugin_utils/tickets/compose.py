# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What each ticket system is to be told, worked out from the ledger and written into it; nothing is sent here.

Level-triggered: it compares the open tickets with the cases that tell of them, so that a run that was missed or
killed costs nothing. One case for a ticket; one for an update once it fails on more than ``group_above`` devices.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import uuid4

from ..ledger import Transaction
from ..ledger.delivery_values import Case, ClosedAs, Message, MessageKind, MessageState, Trouble
from ..ledger.values import Ticket
from . import wording
from .destination import Destination
from .routes import Routes


def compose(tx: Transaction, routes: Routes, now: datetime) -> None:
    """Record every message that is due by now: new cases, news of open ones, ends."""
    _Composer(tx, routes, now).run()


@dataclass(frozen=True, slots=True)
class _Placed:
    """An open ticket and where it goes."""

    ticket: Ticket
    destination: Destination


class _Composer:
    """One pass over the open tickets."""

    def __init__(self, tx: Transaction, routes: Routes, now: datetime) -> None:
        self._tx, self._routes, self._now = tx, routes, now
        self._cases = {case.id: case for case in tx.delivery.open_cases()}
        self._told: dict[str, dict[str, str]] = {name: {} for name in self._cases}  # case -> ticket -> digest
        self._case_of: dict[str, str] = {}  # ticket -> case
        self._tickets: dict[str, Ticket] = {ticket.id: ticket for ticket in tx.open_tickets()}
        for name, told in tx.delivery.tickets_of(self._cases).items():
            for one in told:
                self._told[name][one.ticket.id] = one.digest
                self._case_of[one.ticket.id] = name
                self._tickets.setdefault(one.ticket.id, one.ticket)

    def run(self) -> None:
        named = {one.name: one for one in self._routes.destinations}
        placed = [found for ticket in self._tickets.values() if (found := self._place(ticket, named))]
        troubles = self._tx.troubles(list(self._tickets.values()))
        touched = self._group(placed, troubles)
        for one in placed:
            known = self._case_of.get(one.ticket.id)
            if known is None or self._cases[known].destination != one.destination.name:
                touched.add(self._move(one.ticket, self._open_single(one)))
        for case in [case for case in self._cases.values() if case.id in touched or case.destination in named]:
            self._bring_up_to_date(case, troubles)

    def _place(self, ticket: Ticket, named: Mapping[str, Destination]) -> _Placed | None:
        """Return an open ticket with its destination; a device outside this run stays where its case is."""
        if ticket.closed_at is not None:
            return None
        destination = self._routes.of(ticket)
        if destination is None and ticket.id in self._case_of:
            destination = named.get(self._cases[self._case_of[ticket.id]].destination)
        return _Placed(ticket, destination) if destination else None

    def _group(self, placed: Sequence[_Placed], troubles: Mapping[str, Trouble]) -> set[str]:
        """Put the tickets of an update that fails on too many devices into one case; returns the cases touched."""
        by_update: dict[str, list[_Placed]] = defaultdict(list)
        for one in placed:
            if one.ticket.device is not None and one.ticket.update_id is not None:
                key = f"{one.destination.name}:{one.ticket.signal.value}:{one.ticket.update_id}"
                by_update[key].append(one)
        grouped = {case.open_key: case for case in self._cases.values() if case.grouped}
        touched: set[str] = set()
        for key, ones in by_update.items():
            case = grouped.get(key)
            if case is None and len(ones) > ones[0].destination.group_above:
                subject = wording.group_subject(troubles[ones[0].ticket.id].label)
                case = self._open(ones[0].destination, key, subject, grouped=True)
            if case is not None:
                for one in ones:
                    if self._case_of.get(one.ticket.id) != case.id:
                        touched.add(self._move(one.ticket, case))
        return touched

    def _open_single(self, one: _Placed) -> Case:
        return self._open(one.destination, f"ticket:{one.ticket.id}", one.ticket.subject, grouped=False)

    def _open(self, destination: Destination, key: str, subject: str, *, grouped: bool) -> Case:
        case = Case(
            id=f"ns-{uuid4().hex[:20]}",
            destination=destination.name,
            open_key=f"{destination.name}:{key}" if not grouped else key,
            grouped=grouped,
            subject=" ".join(subject.split()),
            opened_at=self._now,
        )
        self._tx.delivery.open_case(case)
        self._cases[case.id] = case
        self._told[case.id] = {}
        return case

    def _move(self, ticket: Ticket, case: Case) -> str:
        """Let ``case`` tell of the ticket; a case that has none left is ended. Returns the case's id."""
        before = self._case_of.get(ticket.id)
        if before is not None:
            del self._told[before][ticket.id]
            if not any(self._tickets[name].closed_at is None for name in self._told[before]):
                self._leave(self._cases.pop(before), case)
        self._tx.delivery.tell(ticket, case.id, "")
        self._told[case.id][ticket.id] = ""
        self._case_of[ticket.id] = case.id
        return case.id

    def _leave(self, case: Case, successor: Case) -> None:
        """End a case whose tickets another one tells of now."""
        merged = case.destination == successor.destination
        self._tx.delivery.close_case(case.id, ClosedAs.MERGED if merged else ClosedAs.MOVED, self._now)
        if merged:
            text = f"Merged into one ticket for all devices: {successor.subject} [{successor.id}]"
            self._say(case, MessageKind.CLOSE, text, {"merged_into": successor.id})
        else:  # its system is not configured any more: nobody can be told
            for message in self._tx.delivery.messages(case.id):
                if message.state is MessageState.WAITING:
                    self._tx.delivery.drop(message, self._now)

    def _bring_up_to_date(self, case: Case, troubles: Mapping[str, Trouble]) -> None:
        own = [troubles[name] for name in self._told[case.id]]
        standing = [one for one in own if one.ticket.closed_at is None]
        changed = [one for one in own if wording.digest(one) != self._told[case.id][one.ticket.id]]
        if not standing:
            self._tx.delivery.close_case(case.id, ClosedAs.VERIFIED, self._now)
            self._say(case, MessageKind.CLOSE, wording.over_body(own), _data(own))
        elif changed:
            body = self._story(case, standing)
            messages = self._tx.delivery.messages(case.id)
            if not messages:
                self._say(case, MessageKind.OPEN, body, _data(standing))
            elif messages[0].state is MessageState.WAITING:  # nobody has heard of it: tell the newest state at once
                self._tx.delivery.rewrite(replace(messages[0], body=body, evidence=_data(standing)))
            else:
                self._say(case, MessageKind.COMMENT, wording.news_body(changed, len(standing)), _data(changed))
        for one in changed:
            self._tx.delivery.tell(one.ticket, case.id, wording.digest(one))

    @staticmethod
    def _story(case: Case, standing: Sequence[Trouble]) -> str:
        if case.grouped:
            return wording.group_body(standing[0].title or standing[0].label, standing)
        return wording.single_body(standing[0])

    def _say(self, case: Case, kind: MessageKind, body: str, evidence: Mapping[str, object]) -> None:
        """Record a message; what nobody has heard of needs no end, and its beginning is dropped."""
        messages = self._tx.delivery.messages(case.id)
        if kind is MessageKind.CLOSE and (not messages or messages[0].state is MessageState.WAITING):
            for message in messages:
                self._tx.delivery.drop(message, self._now)
            return
        self._tx.delivery.add(
            Message(
                id=f"{case.id}-{len(messages) + 1}",
                case_id=case.id,
                number=len(messages) + 1,
                kind=kind,
                subject=case.subject,
                body=body,
                evidence=evidence,
                recorded_at=self._now,
            )
        )


def _data(troubles: Sequence[Trouble]) -> dict[str, object]:
    return {"troubles": [wording.evidence_of(one) for one in troubles]}
