# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""ServiceNow through its Table API (now/table: POST, PATCH, GET with sysparm_query).

A record carries its case's key as ``correlation_id``, a work note its message's key in its text.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import Any

from ..destination import Destination, Login, ServiceNowAccess
from ..faults import Uncertain
from ..http import Authorise, Door, header
from ..system import Letter, Receipt

_SUBJECT = 160  # characters of short_description
_AT_ONCE = 50


class ServiceNow:
    """A table of one instance, by default ``incident``."""

    def __init__(self, destination: Destination, access: ServiceNowAccess) -> None:
        """Make no connection yet."""
        self._door = Door(destination, _login(destination.login))
        self._web = destination.url.rstrip("/")
        self._access = access
        self._path = f"api/now/table/{access.table}"

    def create(self, letter: Letter) -> Receipt:
        """Make a record."""
        body = {
            **self._access.fields,
            "short_description": letter.title(_SUBJECT),
            "description": letter.text(),
            "correlation_id": letter.case,
            "correlation_display": "Nightshift",
        }
        made = self._door.send("POST", self._path, body).body
        result = made.get("result") if isinstance(made, dict) else None
        if not isinstance(result, dict) or not result.get("sys_id"):
            raise Uncertain(f"{self._web}: the answer to a new record names no record")
        return self._receipt(result)

    def comment(self, letter: Letter) -> None:
        """Add a work note: people who work on the record see it, its caller does not."""
        self._door.send("PATCH", f"{self._path}/{letter.external_id}", {"work_notes": letter.text()})

    def close(self, letter: Letter, *, told: bool) -> None:
        """Set state, code and notes in one request; on a record that a person closed, leave a work note."""
        record = str(letter.external_id)
        if record not in self.closed([record]):
            body = {
                "state": self._access.resolve_as,
                "close_code": self._access.close_code,
                "close_notes": letter.text(),
            }
            self._door.send("PATCH", f"{self._path}/{record}", body)
        elif not told:
            self.comment(letter)

    def find(self, case: str) -> tuple[Receipt, ...]:
        """Search by correlation_id."""
        return tuple(
            self._receipt(row)
            for row in self._rows(self._path, f"correlation_id={case}^ORDERBYsys_created_on", "sys_id,correlation_id")
            if row.get("correlation_id") == case
        )

    def has(self, external_id: str, message: str) -> bool:
        """Search the record's journal and its close notes."""
        mark = f"[{message}]"
        query = f"element_id={external_id}^element=work_notes^valueLIKE{mark}"
        if any(mark in str(row.get("value")) for row in self._rows("api/now/table/sys_journal_field", query, "value")):
            return True
        rows = self._rows(self._path, f"sys_id={external_id}", "sys_id,close_notes")
        return any(mark in str(row.get("close_notes")) for row in rows)

    def closed(self, tickets: Iterable[str]) -> frozenset[str]:
        """Ask for the state of up to 50 records at once."""
        names = list(tickets)
        found: set[str] = set()
        for start in range(0, len(names), _AT_ONCE):
            query = "sys_idIN" + ",".join(names[start : start + _AT_ONCE])
            for row in self._rows(self._path, query, "sys_id,state"):
                if str(row.get("state")) in self._access.closed:
                    found.add(str(row.get("sys_id")))
        return frozenset(found)

    def end(self) -> None:
        """Let go of the connection."""
        self._door.end()

    def _rows(self, path: str, query: str, fields: str) -> list[dict[str, Any]]:
        parameters: dict[str, str | int] = {"sysparm_query": query, "sysparm_fields": fields, "sysparm_limit": _AT_ONCE}
        answer = self._door.get(path, parameters).body
        return [row for row in answer["result"] if isinstance(row, dict)]

    def _receipt(self, row: dict[str, Any]) -> Receipt:
        return Receipt(str(row["sys_id"]), f"{self._web}/{self._access.table}.do?sys_id={row['sys_id']}")


def _login(login: Login) -> Authorise:
    if login.token:
        return header("Authorization", f"Bearer {login.token}")
    pair = base64.b64encode(f"{login.user}:{login.password}".encode()).decode()
    return header("Authorization", f"Basic {pair}")
