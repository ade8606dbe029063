# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""GLPI 9.5, 10 and 11 through their REST API (apirest.php: initSession, Ticket, ITILFollowup, ITILSolution, search).

A ticket carries its case's key at the end of its title (search option 1) and as external id, a followup its
message's key in its text.
"""

from __future__ import annotations

import base64
import html
from collections.abc import Iterable, Mapping
from typing import Any

from ..destination import Destination, GlpiAccess, Login
from ..faults import DeliveryFault, Uncertain
from ..http import Authorise, Door, header
from ..system import Letter, Receipt

_TITLE = 255
_AT_ONCE = 50
_INCIDENT = 1


class Glpi:
    """One GLPI. A session is opened with the first request and ended with ``end``."""

    def __init__(self, destination: Destination, access: GlpiAccess) -> None:
        """Make no connection yet."""
        self._login_door = Door(destination, _login(destination.login))
        self._door = Door(destination)
        self._web = destination.url.rstrip("/")
        self._access = access
        self._headers: dict[str, str] = {}

    def create(self, letter: Letter) -> Receipt:
        """Make a ticket."""
        ticket: dict[str, object] = {
            "type": _INCIDENT,
            **self._access.fields,
            "name": letter.title(_TITLE),
            "content": _rich(letter),
            "externalid": letter.case,
        }
        if self._access.entity is not None:
            ticket["entities_id"] = self._access.entity
        if self._access.category is not None:
            ticket["itilcategories_id"] = self._access.category
        made = self._add("Ticket", ticket)
        return self._receipt(made)

    def comment(self, letter: Letter) -> None:
        """Add a private followup."""
        self._add("ITILFollowup", {**_item(letter), "content": _rich(letter), "is_private": 1})

    def close(self, letter: Letter, *, told: bool) -> None:
        """Add a solution, which sets the status to solved; to a ticket that a person closed, add a followup."""
        ticket = str(letter.external_id)
        if ticket not in self.closed([ticket]):
            self._add("ITILSolution", {**_item(letter), "content": _rich(letter)})
        elif not told:
            self.comment(letter)

    def find(self, case: str) -> tuple[Receipt, ...]:
        """Search the titles."""
        answer = self._get(
            "search/Ticket",
            {
                "criteria[0][field]": 1,
                "criteria[0][searchtype]": "contains",
                "criteria[0][value]": case,
                "forcedisplay[0]": 2,
                "range": "0-49",
            },
        )
        data = answer.get("data") or []
        rows = data.values() if isinstance(data, Mapping) else data
        numbers = [int(row["2"]) for row in rows if f"[{case}]" in str(row.get("1"))]
        return tuple(self._receipt(number) for number in sorted(numbers))

    def has(self, external_id: str, message: str) -> bool:
        """Look through the followups and solutions of a ticket."""
        for kind in ("ITILFollowup", "ITILSolution"):
            notes = self._get(f"Ticket/{external_id}/{kind}", {"range": "0-999"})
            if any(f"[{message}]" in str(note.get("content")) for note in notes):
                return True
        return False

    def closed(self, tickets: Iterable[str]) -> frozenset[str]:
        """Ask for the status of up to 50 tickets at once; one in the dustbin is closed."""
        names = [name for name in tickets if name.isdigit()]
        found: set[str] = set()
        for start in range(0, len(names), _AT_ONCE):
            parameters: dict[str, str | int] = {}
            for number, name in enumerate(names[start : start + _AT_ONCE]):
                parameters[f"items[{number}][itemtype]"] = "Ticket"
                parameters[f"items[{number}][items_id]"] = name
            for item in self._get("getMultipleItems", parameters):
                if isinstance(item, dict) and (
                    str(item.get("status")) in self._access.closed or item.get("is_deleted")
                ):
                    found.add(str(item.get("id")))
        return frozenset(found)

    def end(self) -> None:
        """End the session."""
        try:
            if self._headers:
                self._door.get("apirest.php/killSession", headers=self._headers)
        except DeliveryFault:
            pass  # it ends by itself
        finally:
            self._headers = {}
            self._door.end()
            self._login_door.end()

    def _session(self) -> dict[str, str]:
        if not self._headers:
            application = {"App-Token": self._access.app_token} if self._access.app_token else {}
            answer = self._login_door.get("apirest.php/initSession", headers=application).body
            self._headers = {**application, "Session-Token": str(answer["session_token"])}
        return self._headers

    def _get(self, path: str, parameters: Mapping[str, str | int]) -> Any:
        return self._door.get(f"apirest.php/{path}", parameters, self._session()).body

    def _add(self, kind: str, item: Mapping[str, object]) -> int:
        made = self._door.send("POST", f"apirest.php/{kind}", {"input": item}, self._session()).body
        if not isinstance(made, dict) or not str(made.get("id", "")).isdigit():
            raise Uncertain(f"{self._web}: the answer to a new {kind} names none")
        return int(made["id"])

    def _receipt(self, number: int) -> Receipt:
        return Receipt(str(number), f"{self._web}/front/ticket.form.php?id={number}")


def _item(letter: Letter) -> dict[str, object]:
    return {"itemtype": "Ticket", "items_id": int(letter.external_id or 0)}


def _rich(letter: Letter) -> str:
    """Return the text as GLPI keeps texts: HTML."""
    return "<pre>" + html.escape(letter.text()) + "</pre>"


def _login(login: Login) -> Authorise:
    if login.token:
        return header("Authorization", f"user_token {login.token}")
    pair = base64.b64encode(f"{login.user}:{login.password}".encode()).decode()
    return header("Authorization", f"Basic {pair}")
