# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""FOG's REST API, dialects 1.5 and 1.6, behind one set of questions and orders.

TLS is verified and redirects are never followed: a redirect, or a page, means that the API is switched off. An order
returns what FOG said of it, which is never proof: read back. The forms that cancel in bulk do not exist here, and an
id of 0 or less is refused everywhere: FOG takes what it does not know for "everything" (3 of its orders do).
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from http.client import HTTPException
from typing import Any, NoReturn, TypeVar
from urllib.error import HTTPError

from ansible.module_utils.urls import open_url

from ..engine import EngineError
from .rows import CAPTURE, Group, Host, Image, Link, LogRow, Node, Session, Task, TaskType, number

PAGE = 500
Row = TypeVar("Row")


class Dialect(Enum):
    """The two generations of the API."""

    V15 = "1.5"
    V16 = "1.6"


@dataclass(frozen=True, slots=True)
class Access:
    """Where the API is and who asks. ``url``: ``https://server/fog``. The tokens are as FOG's pages show them.

    Those are base64 already, and FOG decodes them. ``user_token`` may be "" when ``user`` and ``password`` are given.
    ``plain_http``: whether an address without TLS is taken. ``timeout``: seconds. Raises EngineError.
    """

    url: str
    api_token: str = field(repr=False)
    user_token: str = field(default="", repr=False)
    user: str = ""
    password: str = field(default="", repr=False)
    ca_path: str | None = None
    timeout: float = 30.0
    plain_http: bool = False

    def __post_init__(self) -> None:
        if not self.url.startswith("https://") and not (self.plain_http and self.url.startswith("http://")):
            raise EngineError(
                f"fog url: {self.url} is not https; give the server a certificate, or set plain_http where nobody "
                "else can listen"
            )
        for name in ("api_token", "user_token"):
            try:
                base64.b64decode(getattr(self, name), validate=True)
            except (binascii.Error, ValueError):
                raise EngineError(f"fog {name}: not base64; copy it from FOG's own page, as it is shown") from None
        if not self.api_token or not (self.user_token or (self.user and self.password)):
            raise EngineError("fog: api_token, and user_token or user with password, are needed")


@dataclass(frozen=True, slots=True)
class Said:
    """What FOG said of an order: for people to read, never proof. ``status`` 0: no answer came."""

    status: int
    error: str = ""

    def __str__(self) -> str:
        return f"HTTP {self.status}" + (f" {self.error}" if self.error else "")


class Client:
    """One server. Questions raise EngineError when there is no usable answer."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._base = access.url.rstrip("/")
        self._dialect: Dialect | None = None

    # Questions

    @property
    def dialect(self) -> Dialect:
        """Which generation answers there."""
        if self._dialect is None:
            status, kind, body = self._send("GET", "/system/info")
            self._usable("/system/info", status, kind, body)
            if body.strip() == "success":
                self._dialect = Dialect.V15
            else:
                said = _json(body)
                if not (isinstance(said, Mapping) and str(said.get("version", "")).startswith("1.")):
                    raise EngineError(f"{self._base}/system/info: this is no FOG server of version 1.5 or 1.6")
                self._dialect = Dialect.V16
        return self._dialect

    def hosts(self) -> tuple[Host, ...]:
        """Return all PCs."""
        return self._all("host", Host.of)

    def host(self, host_id: int) -> Host | None:
        """Return one PC, None when there is none."""
        return self._one("host", host_id, Host.of)

    def images(self) -> tuple[Image, ...]:
        """Return all images."""
        return self._all("image", Image.of)

    def nodes(self) -> tuple[Node, ...]:
        """Return all storage nodes."""
        return self._all("storagenode", Node.of)

    def groups(self) -> tuple[Group, ...]:
        """Return all groups."""
        return self._all("group", Group.of)

    def memberships(self) -> tuple[Link, ...]:
        """Return who is in which group: ``owner`` is the group, ``member`` the host."""
        return self._all("groupassociation", lambda row: Link(number(row.get("groupID")), number(row.get("hostID"))))

    def members(self, group_id: int) -> list[int]:
        """Return the ids of the hosts in a group."""
        return [link.member for link in self.memberships() if link.owner == group_id]

    def receivers(self, session_id: int) -> list[int]:
        """Return the ids of the tasks that a multicast waits for, the ghost ones too (no list of tasks has those)."""
        links = self._all(
            "multicastsessionassociation", lambda row: Link(number(row.get("msID")), number(row.get("taskID")))
        )
        return [link.member for link in links if link.owner == session_id]

    def active_tasks(self) -> tuple[Task, ...]:
        """Return every task that is not over."""
        return tuple(task for task in self._all("task", Task.of, "/current") if task.active)

    def tasks_of(self, host_id: int) -> tuple[Task, ...]:
        """Return every task a host ever had."""
        return tuple(t for t in self._all("task", Task.of, body={"hostID": _real(host_id)}) if t.host == host_id)

    def task(self, task_id: int) -> Task | None:
        """Return one task, None when there is none."""
        return self._one("task", task_id, Task.of)

    def active_sessions(self) -> tuple[Session, ...]:
        """Return every multicast that is not over."""
        return tuple(found for found in self._all("multicastsession", Session.of, "/current") if found.active)

    def session(self, session_id: int) -> Session | None:
        """Return one multicast, None when there is none."""
        return self._one("multicastsession", session_id, Session.of)

    def log_of(self, host_id: int) -> tuple[LogRow, ...]:
        """Return the rows of FOG's log about a host."""
        rows = self._all("imaginglog", LogRow.of, body={"hostID": _real(host_id)})
        return tuple(row for row in rows if row.host == host_id)

    def reads_filters(self) -> bool:
        """Whether the JSON body of a question reaches FOG. Only to be asked while a task is active."""
        if self.dialect is Dialect.V16:
            return False
        active = self.active_tasks()
        nobody = max((task.host for task in active), default=0) + 1_000_000
        return bool(active) and not self._all("task", Task.of, body={"hostID": nobody, "stateID": [1, 2, 3]})

    # Orders

    def set_image(self, host_id: int, image_id: int) -> Said:
        """Give one PC its image. The name is left out: FOG refuses any name with a capital as taken."""
        return self._order("PUT", f"/host/{_real(host_id)}/edit", {"imageID": _real(image_id)})

    def create_group(self, name: str, hosts: list[int]) -> Said:
        """Make a group of exactly these hosts."""
        return self._order(
            "POST", "/group/create", {"name": name, "description": "", "hosts": [_real(h) for h in hosts]}
        )

    def delete_group(self, group_id: int) -> Said:
        """Delete a group; its hosts stay."""
        return self._order("DELETE", f"/group/{_real(group_id)}/delete")

    def group_task(self, group_id: int, kind: int, name: str, *, shutdown: bool) -> Said:
        """Give a task to all hosts of a group."""
        return self._order("POST", f"/group/{_real(group_id)}/task", task_body(kind, name, shutdown=shutdown))

    def host_task(self, host_id: int, kind: int, name: str, *, shutdown: bool) -> Said:
        """Give a task to one host."""
        return self._order("POST", f"/host/{_real(host_id)}/task", task_body(kind, name, shutdown=shutdown))

    def create_image(self, name: str, like: Image) -> Said:
        """Make an image that holds nothing, of the kind of another one, in a folder of its own name."""
        body = {
            "name": name, "path": name, "osID": like.system, "imageTypeID": like.kind,
            "imagePartitionTypeID": like.partitions, "format": str(like.format), "isEnabled": "1", "storagegroups": [1],
        }  # fmt: skip
        return self._order("POST", "/image/create", body)

    def capture_task(self, host_id: int, name: str, *, shutdown: bool) -> Said:
        """Tell one host to be read into its image, which is overwritten. Only for one that was proved to be empty."""
        body = task_body(TaskType.DEPLOY, name, shutdown=shutdown) | {"taskTypeID": CAPTURE}
        return self._order("POST", f"/host/{_real(host_id)}/task", body)

    def cancel_session(self, session: Session) -> Said:
        """Cancel a multicast and all its tasks, the complete ones too. Only for one that was just read."""
        return self._order("DELETE", f"/multicastsession/{_real(session.id)}/cancel")

    def cancel_task(self, task: Task) -> Said:
        """Cancel one task. Only for one that was just read: an id that is unknown to FOG cancels everything."""
        return self._order("DELETE", f"/task/{_real(task.id)}/cancel")

    def cancel_tasks_of(self, host_id: int) -> Said:
        """Cancel what one host is told to do, by the exact body that 1.5 takes where it fails at a single task.

        Without its body this order cancels everything: it is given only after a question has proved that bodies
        arrive. Raises EngineError when they do not.
        """
        if not self.reads_filters():
            _no(f"{self._base}/task/cancel: bodies do not reach FOG; cancel the task of host {host_id} on FOG's page")
        return self._order("DELETE", "/task/cancel", {"hostID": _real(host_id)})

    # The wire

    def _order(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Said:
        """Give an order. No answer is no error either: the caller reads back what became of it."""
        try:
            status, kind, answer = self._send(method, path, body)
        except EngineError as error:
            return Said(0, str(error))
        if 300 <= status < 400 or status in (401, 403):
            self._usable(path, status, kind, answer)
        said = _json(answer)
        error_text = said.get("error") if isinstance(said, Mapping) else None
        return Said(status, error_text[:200] if isinstance(error_text, str) else "")

    def _one(self, kind: str, item: int, read: Callable[[Mapping[str, Any]], Row]) -> Row | None:
        path = f"/{kind}/{_real(item)}"
        status, content, body = self._send("GET", path)
        if status == 404:
            return None
        self._usable(path, status, content, body)
        row = _json(body)
        if not isinstance(row, Mapping) or number(row.get("id")) != item:
            return None
        return read(row)

    def _all(
        self,
        kind: str,
        read: Callable[[Mapping[str, Any]], Row],
        part: str = "",
        body: Mapping[str, Any] | None = None,
    ) -> tuple[Row, ...]:
        pages = self._pages(f"/{kind}{part}") if self.dialect is Dialect.V16 else self._page(kind, part, body)
        return tuple(read(row) for row in pages)

    def _page(self, kind: str, part: str, body: Mapping[str, Any] | None) -> list[Mapping[str, Any]]:
        path = f"/{kind}{part}"
        status, content, answer = self._send("GET", path, body)
        self._usable(path, status, content, answer)
        page = _json(answer)
        rows = page.get(f"{kind}s") if isinstance(page, Mapping) else None
        return _rows(self._base + path, rows)

    def _pages(self, path: str) -> Iterator[Mapping[str, Any]]:
        seen = 0
        while True:
            status, content, answer = self._send("GET", f"{path}?start={seen}&length={PAGE}")
            self._usable(path, status, content, answer)
            page = _json(answer)
            rows = _rows(self._base + path, page.get("data") if isinstance(page, Mapping) else None)
            yield from rows
            seen += len(rows)
            if not rows or seen >= number(page.get("recordsFiltered") if isinstance(page, Mapping) else 0):
                return

    def _send(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> tuple[int, str, str]:
        """Return status, content type and text. Raises EngineError when no answer came."""
        access = self._access
        headers = {"fog-api-token": access.api_token, "Content-Type": "application/json"}
        if access.user_token:
            headers["fog-user-token"] = access.user_token
        try:
            answer = open_url(
                self._base + path,
                method=method,
                data=None if body is None else json.dumps(body).encode(),
                headers=headers,
                url_username=None if access.user_token else access.user,
                url_password=None if access.user_token else access.password,
                force_basic_auth=not access.user_token,
                validate_certs=True,
                ca_path=access.ca_path,
                follow_redirects="none",
                use_proxy=False,
                timeout=access.timeout,
                http_agent="nightshift.fleet",
            )
        except HTTPError as error:
            answer = error
        except (OSError, HTTPException, ValueError) as error:
            raise EngineError(
                f"{self._base}{path}: no answer ({error}); check the address, the certificate and the network"
            ) from None
        try:
            content = answer.read().decode("utf-8", "replace")
        except (OSError, HTTPException) as error:
            raise EngineError(f"{self._base}{path}: the answer broke off ({error}); try again") from None
        return int(answer.code), str(answer.headers.get("Content-Type", "")), content

    def _usable(self, path: str, status: int, kind: str, body: str) -> None:
        where = f"{self._base}{path}: HTTP {status}"
        if 300 <= status < 400 or (status == 200 and (kind.startswith("text/html") or body.lstrip()[:1] == "<")):
            _no(f"{where}, a page: FOG's API is switched off; switch it on under FOG Settings, API System")
        if status == 403:
            _no(f"{where}: FOG does not take the API token; copy it from FOG Settings, API System")
        if status == 401:
            _no(f"{where}: FOG does not take the user; copy the user's API token, and allow the API for that user")
        if status != 200:
            _no(f"{where}: FOG gave no answer that can be used; look into the web server's error log")


def task_body(kind: int, name: str, *, shutdown: bool) -> dict[str, Any]:
    """Return the body of a task. Wake on LAN is always said, and off: 1.5 and 1.6 disagree about its default."""
    return {
        "taskTypeID": int(TaskType(kind) if kind in tuple(TaskType) else _no(f"task type {kind} is not allowed")),
        "taskName": name,
        "shutdown": "1" if shutdown else "0",
        "wol": False,
        "debug": False,
        "deploySnapins": False,
    }


def _real(item: int) -> int:
    return item if item > 0 else _no(f"id {item}: FOG would take that for everything")


def _rows(where: str, rows: object) -> list[Mapping[str, Any]]:
    if not isinstance(rows, list):
        _no(f"{where}: no list came; is this a FOG server of version 1.5 or 1.6?")
    return [row for row in rows if isinstance(row, Mapping)]


def _json(body: str) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _no(message: str) -> NoReturn:
    raise EngineError(message)
