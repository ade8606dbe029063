# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lab's AWX on loopback, with TLS: the part of its REST API that describes, launches and approves."""

from __future__ import annotations

import base64
import json
import secrets
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any

from aiohttp import web

from ..serving import serving as beside
from . import rrules
from .answers import API, listed, url_of
from .facts import VERSION, kinds
from .launching import Launcher, job_shown
from .lists import matching
from .objects import NOT_FOUND, Objects, Question
from .permissions import DENIED, holds, need
from .store import Refused, Store

_HEADERS = {"X-API-Product-Name": "AWX", "X-API-Product-Version": VERSION}
_JOBS = {"jobs": "job", "workflow_jobs": "workflow_job", "workflow_approvals": "workflow_approval"}


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that the server got, and the status of its answer."""

    user: str
    method: str
    path: str
    body: Any
    status: int


@dataclass(slots=True)
class AwxServer:
    """A server. ``asked``: the requests so far; ``url``: where it listens."""

    store: Store
    launcher: Launcher
    asked: list[Asked] = field(default_factory=list)
    url: str = ""

    @property
    def objects(self) -> Objects:
        """Its objects."""
        return Objects(self.store, self.launcher)

    def changes(self) -> list[str]:
        """Return the requests that changed something, as ``METHOD path``; logging on and off left out."""
        return [
            f"{one.method} {one.path}"
            for one in self.asked
            if one.method != "GET" and one.status < 300 and "/tokens/" not in one.path
        ]

    def application(self) -> web.Application:
        """Return the application."""
        app = web.Application()
        app.router.add_get("/api/", self._root)
        app.router.add_route("*", f"{API}/{{rest:.*}}", self._api)
        return app

    async def _root(self, _request: web.Request) -> web.Response:
        return _json({"description": "AWX REST API", "current_version": f"{API}/", "available_versions": {"v2": API}})

    async def _api(self, request: web.Request) -> web.Response:
        body = await _body(request)
        user = ""
        try:
            parts = [part for part in request.match_info["rest"].split("/") if part]
            if parts[2:] != ["callback"] and parts != ["ping"]:
                user = self._user(request)
            status, answer = self._answer(request, user, parts, body)
        except Refused as refused:
            status, answer = refused.status, refused.body
        self.asked.append(Asked(user, request.method, request.path, body, status))
        return _json(answer, status)

    def _user(self, request: web.Request) -> str:
        scheme, _blank, value = request.headers.get("Authorization", "").partition(" ")
        store = self.store
        if scheme == "Bearer" and value in store.tokens:
            return store.tokens[value]
        if scheme == "Basic":
            user, _colon, password = base64.b64decode(value).decode().partition(":")
            if password and store.passwords.get(user) == password:
                return user
        raise Refused(
            401,
            {"detail": "Authentication credentials were not provided."},
        )

    def _answer(self, request: web.Request, user: str, parts: list[str], body: Any) -> tuple[int, Any]:
        method = request.method
        asked = Question(user, method, request.query, body, str(request.remote))
        match parts:
            case ["ping"]:
                return 200, {"version": VERSION, "ha": False, "instances": [], "instance_groups": []}
            case ["config"]:
                return 200, {"version": VERSION, "time_zone": "UTC", "license_info": {"license_type": "open"}}
            case ["me"]:
                return 200, listed([self.objects.shown("users", self.store.named("users", user))])
            case ["tokens"]:
                token = secrets.token_urlsafe(16)
                self.store.tokens[token] = user
                return 201, {"id": len(self.store.tokens), "token": token}
            case ["tokens", _number]:
                return 204, None
            case ["schedules", "preview"]:
                return self._preview(body)
            case ["unified_job_templates"]:
                return 200, listed(matching(self.store, self.objects.unified(user), request.query))
            case ["instances"]:
                return 200, listed([])
            case ["roles", number, ("users" | "teams") as who]:
                return self._role(user, method, int(number), who, body)
            case [("jobs" | "workflow_jobs" | "workflow_approvals") as kind, *rest]:
                return self._job(user, method, kind, rest, request)
            case ["workflow_approval_templates", number]:
                if int(number) not in self.store.approvals:
                    raise NOT_FOUND
                return self.objects.approval(asked, int(number))
            case [name] if name in kinds():
                return self.objects.collection(asked, kinds()[name])
            case [name, number] if name in kinds():
                return self.objects.one(asked, kinds()[name], self.objects.row(name, number))
            case [name, number, what] if name in kinds():
                return self.objects.below(asked, kinds()[name], self.objects.row(name, number), what)
        raise NOT_FOUND

    def _preview(self, body: Any) -> tuple[int, Any]:
        text = str((body or {}).get("rrule", ""))
        said = rrules.faults(text)
        if said:
            return 400, {"rrule": said}
        coming = rrules.preview(text, self.store.clock())
        return 200, {
            "local": [m.isoformat() for m in coming],
            "utc": [m.astimezone(UTC).isoformat() for m in coming],
        }

    # People and jobs

    def _role(self, user: str, method: str, number: int, who: str, body: Any) -> tuple[int, Any]:
        role = self.store.roles.get(number)
        if role is None:
            raise NOT_FOUND
        ids = role.users if who == "users" else role.teams
        if method == "GET":
            return 200, listed([self.objects.shown(who, self.store.rows[who][one]) for one in sorted(ids)])
        need(self.store, user, "admin", role.kind, role.object)
        number = int(body["id"])
        if number not in self.store.rows[who]:
            raise NOT_FOUND
        if who == "teams" and role.kind == "organizations" and role.name in ("admin_role", "member_role"):
            raise Refused(
                400, {"msg": "You cannot assign an Organization participation role as a child role for a Team."}
            )
        (ids.discard if body.get("disassociate") else ids.add)(number)
        return 204, None

    def _job(self, user: str, method: str, kind: str, rest: list[str], request: web.Request) -> tuple[int, Any]:
        jobs = [job for job in self.store.jobs.values() if job.kind == _JOBS[kind]]
        if not rest:
            return 200, listed(matching(self.store, [job_shown(job) for job in jobs], request.query))
        job = next((job for job in jobs if str(job.id) == rest[0]), None)
        if job is None:
            raise NOT_FOUND
        match (method, rest[1:]):
            case ("POST", [("approve" | "deny") as answer]) if kind == "workflow_approvals":
                self.launcher.answer(user, job.id, approve=answer == "approve")
                return 204, None
            case ("GET", []):
                return 200, job_shown(job)
            case ("GET", ["workflow_nodes"]):
                nodes = [
                    {"id": node, "job": asking, "related": {"job": url_of("workflow_approvals", asking)}}
                    for node, asking in job.asks.items()
                ]
                return 200, listed(nodes)
            case ("POST", ["cancel"]):
                if not holds(self.store, user, "execute", "job_templates", job.template):
                    raise Refused(403, DENIED)
                raise Refused(405, {"detail": "the job is over"})
        raise NOT_FOUND


async def _body(request: web.Request) -> Any:
    if request.content_type == "application/x-www-form-urlencoded":
        return dict(await request.post())
    text = await request.text()
    try:
        return json.loads(text) if text else {}
    except ValueError:
        return {}


def _json(value: Any, status: int = 200) -> web.Response:
    text = "" if status == 204 else json.dumps(value)
    return web.Response(text=text, status=status, content_type="application/json", headers=_HEADERS)


@contextmanager
def serving(
    server: AwxServer, context: ssl.SSLContext | None = None, address: str = "127.0.0.1", port: int = 0
) -> Iterator[str]:
    """Serve in a thread until the block is left; yield the address. ``context``: for TLS; ``port`` 0: a free one."""
    with beside(lambda: web.AppRunner(server.application(), access_log=None), context, address, port) as bound:
        server.url = f"{'https' if context else 'http'}://{address}:{bound}"
        yield server.url
