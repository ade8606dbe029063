# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""ServiceNow, GLPI and a webhook's listener, as far as their documentation says what a client may ask.

They are strict: a request that the documentation does not allow is refused as the real one refuses it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import json
import re
import ssl
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from typing import Any

from aiohttp import web

from lab.serving import serving as beside

USER, PASSWORD, TOKEN, SECRET = "nightshift", "s3cret-pass", "t0ken-of-the-user", "sign-with-this"
_BASIC = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class ServiceNowInstance:
    """Table API: https://docs.servicenow.com, "Table API". Encoded queries: =, IN, LIKE, ^, ^ORDERBY."""

    def __init__(self) -> None:
        self.records: list[dict[str, Any]] = []
        self.journal: list[dict[str, str]] = []

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Authorization") != _BASIC:
            return _error(401, "User Not Authenticated")
        found = re.fullmatch(r"/api/now/table/(\w+)(?:/(\w+))?", request.path)
        if found is None:
            return _error(404, "Requested URI does not represent any resource")
        table, record = found.groups()
        if request.method == "GET" and record is None:
            rows: list[dict[str, Any]] = self.journal if table == "sys_journal_field" else self.records
            return _result(_encoded(rows, request.query), 200)
        if table != "incident" or request.content_type != "application/json":
            return _error(415 if table == "incident" else 400, "Unsupported media type")
        body = await request.json()
        if request.method == "POST" and record is None:
            if len(body.get("short_description", "")) > 160:
                return _error(400, "short_description is too long")
            made = {
                "state": "1",
                "sys_id": f"{len(self.records) + 1:032x}",
                "number": f"INC{len(self.records):07}",
                **body,
            }
            self.records.append(made)
            return _result(made, 201)
        if request.method == "PATCH":
            row = next((one for one in self.records if one["sys_id"] == record), None)
            if row is None:
                return _error(404, "No Record found")
            if body.get("state") in ("6", "7") and not (body.get("close_code") and body.get("close_notes")):
                return _error(403, "Data Policy Exception: close code and close notes are mandatory")
            notes = body.pop("work_notes", None)
            if notes:
                self.journal.append({"element_id": str(record), "element": "work_notes", "value": notes})
            row.update(body)
            return _result(row, 200)
        return _error(405, "Method not allowed")


def _encoded(rows: list[dict[str, Any]], query: Any) -> list[dict[str, Any]]:
    chosen = rows
    for term in query.get("sysparm_query", "").split("^"):
        if term.startswith("ORDERBY") or not term:
            continue
        name, operator, value = re.fullmatch(r"(\w+?)(=|IN|LIKE)(.*)", term).groups()  # type: ignore[union-attr]
        test = {
            "=": lambda have, want: have == want,
            "IN": lambda have, want: have in want.split(","),
            "LIKE": lambda have, want: want in have,
        }[operator]
        chosen = [row for row in chosen if test(str(row.get(name, "")), value)]
    fields = query.get("sysparm_fields", "").split(",")
    return [{name: row.get(name, "") for name in fields} for row in chosen[: int(query.get("sysparm_limit", 10000))]]


class GlpiServer:
    """apirest.php as its apirest.md documents it."""

    def __init__(self) -> None:
        self.tickets: list[dict[str, Any]] = []
        self.notes: list[dict[str, Any]] = []
        self.sessions: set[str] = set()
        self._number = itertools.count(1)

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        path = request.path.removeprefix("/apirest.php/").split("/")
        if request.headers.get("App-Token") != "app-token":
            return _glpi(400, "ERROR_WRONG_APP_TOKEN_PARAMETER")
        body = await request.read()
        if request.method == "GET" and body:
            return _glpi(400, "GET requests must have an empty body")
        if path == ["initSession"]:
            if request.headers.get("Authorization") != f"user_token {TOKEN}":
                return _glpi(401, "ERROR_GLPI_LOGIN_USER_TOKEN")
            token = f"session-{next(self._number)}"
            self.sessions.add(token)
            return web.json_response({"session_token": token})
        session = request.headers.get("Session-Token", "")
        if session not in self.sessions:
            return _glpi(401, "ERROR_SESSION_TOKEN_INVALID")
        if path == ["killSession"]:
            self.sessions.discard(session)
            return web.Response(status=200)
        if request.method == "POST":
            if request.content_type != "application/json":
                return _glpi(400, "ERROR_JSON_PAYLOAD_INVALID")
            return self._add(path[0], json.loads(body)["input"])
        return self._read(path, request.query)

    def _add(self, kind: str, item: dict[str, Any]) -> web.StreamResponse:
        number = next(self._number)
        if kind == "Ticket":
            if not item.get("name") or not item.get("content"):
                return _glpi(400, "ERROR_GLPI_ADD")
            self.tickets.append({"status": 1, "is_deleted": 0, **item, "id": number})
        elif kind in ("ITILFollowup", "ITILSolution"):
            ticket = next((one for one in self.tickets if one["id"] == item["items_id"]), None)
            if item["itemtype"] != "Ticket" or ticket is None:
                return _glpi(400, "ERROR_GLPI_ADD")
            self.notes.append({**item, "id": number, "kind": kind})
            if kind == "ITILSolution":
                ticket["status"] = 5
        else:
            return _glpi(400, "ERROR_RESOURCE_NOT_FOUND_NOR_COMMONDBTM")
        return web.json_response({"id": number, "message": ""}, status=201)

    def _read(self, path: list[str], query: Any) -> web.StreamResponse:
        if path == ["search", "Ticket"]:
            assert (query["criteria[0][field]"], query["criteria[0][searchtype]"]) == ("1", "contains")
            rows = [one for one in self.tickets if query["criteria[0][value]"] in one["name"]]
            data = [{"1": one["name"], "2": one["id"], "80": "Root entity"} for one in rows]
            counts = {"totalcount": len(rows), "count": len(rows)}
            return web.json_response({**counts, "data": data} if rows else counts)
        if path == ["getMultipleItems"]:
            wanted = [int(value) for key, value in query.items() if key.endswith("[items_id]")]
            return web.json_response([one for one in self.tickets if one["id"] in wanted])
        if len(path) == 3 and path[0] == "Ticket":
            notes = [one for one in self.notes if (one["items_id"], one["kind"]) == (int(path[1]), path[2])]
            return web.json_response(notes)
        return _glpi(404, "ERROR_ITEM_NOT_FOUND")


class Listener:
    """A webhook's listener that checks signatures and takes each Idempotency-Key once."""

    def __init__(self) -> None:
        self.letters: dict[str, dict[str, Any]] = {}
        self.requests: list[bytes] = []

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        signed = re.fullmatch(r"t=(\d+),v1=([0-9a-f]{64})", request.headers.get("X-Nightshift-Signature", ""))
        if signed is None:
            return _error(401, "not signed")
        right = hmac.new(SECRET.encode(), signed[1].encode() + b"." + body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(right, signed[2]):
            return _error(401, "wrong signature")
        self.requests.append(body)
        self.letters.setdefault(request.headers["Idempotency-Key"], json.loads(body))
        return web.json_response({"ticket": {"id": "W-1", "link": "https://hooks.test/W-1"}}, status=202)


def _result(result: object, status: int) -> web.StreamResponse:
    return web.json_response({"result": result}, status=status)


def _error(status: int, text: str) -> web.StreamResponse:
    return web.json_response({"error": {"message": text}, "status": "failure"}, status=status)


def _glpi(status: int, code: str) -> web.StreamResponse:
    return web.json_response([code, ""], status=status)


def serving(handler: Handler, tls: ssl.SSLContext | None = None) -> AbstractContextManager[int]:
    """Serve ``handler`` on a free port of loopback, in a thread; the block has the port."""
    return beside(lambda: web.ServerRunner(web.Server(handler)), tls)
