# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Request Tracker 5 through REST 2 (https://docs.bestpractical.com/rt/latest/RT/REST2.html).

A ticket carries its case's key at the end of its subject, a comment its message's key as the subject of the
comment, which RT shows in the history as ``Data``.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from typing import Any

from ..destination import Destination, Login, RequestTrackerAccess
from ..faults import Uncertain
from ..http import Authorise, Door, header
from ..system import Letter, Receipt

_SUBJECT = 200  # characters of RT's column
_PAGE = 100
_AT_ONCE = 50  # tickets in one question


class RequestTracker:
    """A queue of one Request Tracker."""

    def __init__(self, destination: Destination, access: RequestTrackerAccess) -> None:
        """Make no connection yet."""
        self._door = Door(destination, _login(destination.login))
        self._web = destination.url.rstrip("/")
        self._access = access

    def create(self, letter: Letter) -> Receipt:
        """Make a ticket in the queue."""
        body: dict[str, object] = {
            **self._access.fields,
            "Queue": self._access.queue,
            "Subject": letter.title(_SUBJECT),
            "Content": letter.text(),
            "ContentType": "text/plain",
        }
        if self._access.requestor:
            body["Requestor"] = self._access.requestor
        made = self._door.send("POST", "REST/2.0/ticket", body).body
        if not isinstance(made, dict) or not str(made.get("id", "")).isdigit():
            raise Uncertain(f"{self._web}: the answer to a new ticket names no ticket")
        return self._receipt(made["id"])

    def comment(self, letter: Letter) -> None:
        """Comment: people who follow the ticket's comments see it, requestors do not."""
        body = {"Subject": f"[{letter.message}]", "Content": letter.text(), "ContentType": "text/plain"}
        self._door.send("POST", f"REST/2.0/ticket/{letter.external_id}/comment", body)

    def close(self, letter: Letter, *, told: bool) -> None:
        """Comment, then set the status; a ticket that is closed already keeps the status that a person gave it."""
        if not told:
            self.comment(letter)
        ticket = str(letter.external_id)
        if ticket not in self.closed([ticket]):
            self._door.send("PUT", f"REST/2.0/ticket/{ticket}", {"Status": self._access.resolve_as})

    def find(self, case: str) -> tuple[Receipt, ...]:
        """Search the subjects."""
        items = self._pages(
            "REST/2.0/tickets", {"query": f"Subject LIKE '{case}'", "fields": "Subject", "orderby": "id"}
        )
        return tuple(self._receipt(item["id"]) for item in items if f"[{case}]" in str(item.get("Subject")))

    def has(self, external_id: str, message: str) -> bool:
        """Search the history."""
        items = self._pages(f"REST/2.0/ticket/{external_id}/history", {"fields": "Type,Data"})
        return any(f"[{message}]" in str(item.get("Data")) for item in items)

    def closed(self, tickets: Iterable[str]) -> frozenset[str]:
        """Ask for the status of up to 50 tickets at once."""
        names = [name for name in tickets if name.isdigit()]
        found: set[str] = set()
        for start in range(0, len(names), _AT_ONCE):
            query = " OR ".join(f"id = {name}" for name in names[start : start + _AT_ONCE])
            for item in self._pages("REST/2.0/tickets", {"query": query, "fields": "Status"}):
                if str(item.get("Status")) in self._access.closed:
                    found.add(str(item["id"]))
        return frozenset(found)

    def end(self) -> None:
        """Let go of the connection."""
        self._door.end()

    def _pages(self, path: str, parameters: dict[str, str | int]) -> Iterator[dict[str, Any]]:
        page, pages = 1, 1
        while page <= pages:
            answer = self._door.get(path, {**parameters, "per_page": _PAGE, "page": page}).body
            yield from answer["items"]
            pages = int(answer.get("pages") or 1)
            page += 1

    def _receipt(self, number: object) -> Receipt:
        return Receipt(str(number), f"{self._web}/Ticket/Display.html?id={number}")


def _login(login: Login) -> Authorise:
    if login.token:
        return header("Authorization", f"token {login.token}")
    pair = base64.b64encode(f"{login.user}:{login.password}".encode()).decode()
    return header("Authorization", f"Basic {pair}")
