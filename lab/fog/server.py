# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lab's FOG server on loopback, with TLS: the REST API in the dialect 1.5 or 1.6, and what PCs call.

Every scalar is text, as on the real one; each danger of ``lab.fog.store`` is served without any protection.
"""

from __future__ import annotations

import base64
import json
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import web

from lab.fog import answers
from lab.fog.store import ACTIVE, Refused, Store
from lab.serving import serving as beside

LISTED = frozenset({
    "image", "host", "group", "groupassociation", "multicastsessionassociation", "task", "multicastsession",
    "tasktype", "taskstate", "storagenode", "storagegroup", "imaginglog",
})  # fmt: skip
API_TOKEN = base64.b64encode(b"the-token-of-the-server").decode()
USER_TOKEN = base64.b64encode(b"the-token-of-the-user").decode()


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that the server got, PCs' calls left out."""

    method: str
    path: str
    body: Any
    tokens: tuple[str, str]


@dataclass(slots=True)
class FogServer:
    """A server. ``asked``: the requests so far; ``before``: called with each one before it is carried out."""

    store: Store
    dialect: Literal["1.5", "1.6"] = "1.5"
    asked: list[Asked] = field(default_factory=list)
    before: Callable[[Asked], None] | None = None
    url: str = ""

    def application(self) -> web.Application:
        """Return the application."""
        app = web.Application()
        app.router.add_route("*", "/fog/service/{script}", self._pc)
        app.router.add_route("*", "/fog/{rest:.*}", self._api)
        return app

    def orders(self) -> list[str]:
        """Return the requests that were to change something, as ``METHOD path``."""
        return [f"{one.method} {one.path}" for one in self.asked if one.method != "GET"]

    async def _pc(self, request: web.Request) -> web.Response:
        self.store.tick()
        form = await request.post()
        mac = str(form.get("mac", ""))
        script = request.match_info["script"]
        if script == "Pre_Stage1.php":
            said = self.store.check_in(mac)
        elif script == "progress.php":
            self.store.report(mac, base64.b64decode(str(form.get("status", ""))).decode())
            said = ""
        elif script == "Post_Stage3.php":
            said = self.store.done(mac)
        elif script == "Post_Stage2.php":
            said = self.store.captured(mac)
        else:
            return web.Response(status=404)
        return web.Response(text=said, content_type="text/html")

    async def _api(self, request: web.Request) -> web.Response:
        self.store.tick()
        body = await self._body(request)
        tokens = (request.headers.get("fog-api-token", ""), request.headers.get("fog-user-token", ""))
        asked = Asked(request.method, request.path, body, tokens)
        self.asked.append(asked)
        if self.before is not None:
            self.before(asked)
        if self.store.quirks.api_off:
            return web.Response(status=302, headers={"Location": "/fog/management/index.php"})
        if self.dialect == "1.6" and request.path.startswith("/fog/system/"):
            return _json({"version": "1.6.0-beta.2200", "msg": "success"})
        refused = self._forbidden(tokens)
        if refused:
            return _json("", refused, empty=True)
        parts = [part for part in request.match_info["rest"].split("/") if part]
        try:
            return self._answer(request, parts, body)
        except Refused as error:
            if error.page:
                return web.Response(status=error.status, content_type="text/html")
            return _json(error.body, error.status, empty=error.body is None)

    async def _body(self, request: web.Request) -> Any:
        text = await request.text()
        if self.store.quirks.bodies_lost and request.method in ("GET", "DELETE"):
            return None
        try:
            return json.loads(text)
        except ValueError:
            return None

    def _forbidden(self, tokens: tuple[str, str]) -> int:
        def said(token: str, wanted: str) -> bool:
            try:
                return base64.b64decode(token, validate=True) == base64.b64decode(wanted)
            except ValueError:
                return False

        if not said(tokens[0], API_TOKEN):
            return 403
        return 0 if said(tokens[1], USER_TOKEN) else 401

    def _answer(self, request: web.Request, parts: list[str], body: Any) -> web.Response:
        if parts[:1] == ["system"]:
            return web.Response(text="success\n", content_type="application/json")
        if parts[0] == "scheduledtask" or parts[0] not in LISTED:
            raise Refused(501)
        known = body if isinstance(body, Mapping) else {}
        if request.method == "GET":
            return self._get(request, parts, known)
        answer = {"PUT": self._put, "POST": self._post, "DELETE": self._delete}.get(request.method)
        if answer is None:
            raise Refused(501)
        return _json(answer(parts, known))

    # Questions

    def _get(self, request: web.Request, parts: list[str], body: Mapping[str, Any]) -> web.Response:
        table, rest = parts[0], parts[1:]
        if rest[:1] in (["ids"], ["names"]):
            if self.store.quirks.php8:
                raise Refused(500, page=True)
            return _json([row["id" if rest[0] == "ids" else "name"] for row in answers.listing(self.store, table)])
        if rest and rest[0].isdigit():
            return _json(self._row(table, int(rest[0])))
        rows = answers.listing(self.store, table)
        if rest[:1] in (["current"], ["active"]):
            rows = [row for row in rows if int(row["stateID"]) in ACTIVE]
        if rest[:1] == ["search"]:
            rows = [row for row in rows if rest[1].lower() in json.dumps(row).lower()]
        if self.dialect == "1.6":
            return self._page(request, rows)
        for key, value in body.items():
            wanted = {str(one) for one in (value if isinstance(value, list) else [value])}
            rows = [row for row in rows if str(row.get(key)) in wanted]
        return _json({"count": len(rows), f"{table}s": rows})

    def _page(self, request: web.Request, rows: list[answers.Json]) -> web.Response:
        start = int(request.query.get("start", "0"))
        length = int(request.query.get("length", "0")) or len(rows)
        page = rows[start : start + length]
        return _json({"draw": 0, "recordsTotal": len(rows), "recordsFiltered": len(rows), "data": page})

    def _row(self, table: str, item: int) -> answers.Json:
        store = self.store
        if table == "task" and item in store.tasks:
            return answers.task(store, store.tasks[item])  # a ghost too
        found = [row for row in answers.listing(store, table) if row["id"] == str(item)]
        if not found:
            raise Refused(404)
        return found[0]

    # Orders

    def _put(self, parts: list[str], body: Mapping[str, Any]) -> Any:
        if parts[0] != "host" or len(parts) < 2:
            raise Refused(501)
        row = self.store.hosts.get(int(parts[1]))
        if row is None:
            raise Refused(404)
        self.store.edit_host(row, body.get("name"), int(body["imageID"]) if "imageID" in body else None)
        return answers.host(self.store, row)

    def _post(self, parts: list[str], body: Mapping[str, Any]) -> Any:
        store = self.store
        match parts:
            case ["image", *_]:
                row = store.add_image(str(body["name"]), str(body["path"]), format=str(body.get("format", "")))
                row.os, row.kind = int(body.get("osID", 9)), int(body.get("imageTypeID", 1))
                row.partitions = int(body.get("imagePartitionTypeID", 1))
                return answers.image(row)
            case ["host", number, "task"]:
                host = store.hosts.get(int(number))
                if host is None:
                    raise Refused(404)
                shutdown = str(body.get("shutdown", ""))
                wol = "0" if not body.get("wol") else "1"
                kind = int(body.get("taskTypeID", 0))
                store.task_host(host, kind, str(body.get("taskName", "")), _flag(shutdown), wol)
                return ""
            case ["host", *_]:
                made = store.add_host(str(body["name"]), body["macs"], int(body.get("imageID", 0)))
                return answers.host(store, made)
            case ["group", number, "task"]:
                group = store.groups.get(int(number))
                if group is None:
                    raise Refused(404)
                kind = int(body.get("taskTypeID", 0))
                store.task_group(group, kind, str(body.get("taskName", "")), str(body.get("shutdown", "")))
                return ""
            case ["group", *_]:
                return answers.group(store, store.add_group(str(body["name"]), body.get("hosts", [])))
        raise Refused(501)

    def _delete(self, parts: list[str], body: Mapping[str, Any]) -> Any:
        store = self.store
        match parts:
            case ["task", "cancel"]:
                store.cancel_all([int(body["hostID"])] if "hostID" in body else None)
                return None
            case ["task", number, "cancel"]:
                store.cancel_task(int(number))
                return None
            case ["multicastsession", number, "cancel"]:
                store.cancel_session(int(number))
                return ""
            case ["group", number, *_]:
                if store.groups.pop(int(number), None) is None:
                    raise Refused(404)
                for pair in [pair for pair in store.members.values() if pair.owner == int(number)]:
                    del store.members[pair.id]
                return ""
        raise Refused(501)


def _flag(value: str) -> str:
    """Write a switch as a single PC's task holds it: nothing where it is off."""
    return "" if value in ("", "0", "False") else value


def _json(value: Any, status: int = 200, *, empty: bool = False) -> web.Response:
    text = "" if empty else json.dumps(value)
    return web.Response(text=text, status=status, content_type="application/json")


@contextmanager
def serving(server: FogServer, context: ssl.SSLContext | None = None, address: str = "127.0.0.1") -> Iterator[str]:
    """Serve in a thread until the block is left; yield the address of the API. ``context``: for TLS."""
    with beside(lambda: web.AppRunner(server.application(), access_log=None), context, address) as port:
        server.url = f"{'https' if context else 'http'}://{address}:{port}/fog"
        yield server.url
