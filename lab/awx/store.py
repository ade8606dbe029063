# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an AWX holds: objects by kind and id, their roles, what is associated with what, and what was launched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from .facts import Kind, kinds

Row = dict[str, Any]
ADMIN = "admin"
SECRET = "$encrypted$"


class Refused(Exception):
    """A request that AWX refuses, with the status and the body of its answer."""

    def __init__(self, status: int, body: Any) -> None:
        """Keep both."""
        self.status, self.body = status, body
        super().__init__(status, body)


@dataclass(slots=True)
class Role:
    """A role of one object, and who has it."""

    id: int
    name: str  # execute_role
    kind: str
    object: int
    users: set[int] = field(default_factory=set)
    teams: set[int] = field(default_factory=set)


@dataclass(slots=True)
class Job:
    """A job, or a job of a workflow. ``launch_type``: manual, callback, scheduled or workflow."""

    id: int
    kind: str  # job_template or workflow_job_template
    template: int
    name: str
    launch_type: str
    by: str
    extra_vars: Row
    limit: str = ""
    status: str = "pending"
    nodes: dict[int, str] = field(default_factory=dict)  # of a workflow: node to status
    asks: dict[int, int] = field(default_factory=dict)  # of a workflow: node to the job that asks for approval


@dataclass(slots=True)
class Store:
    """Everything that is kept. ``playbooks``: the files of every project, as its synchronisation would find them."""

    playbooks: tuple[str, ...] = ()
    now: datetime | None = None
    rows: dict[str, dict[int, Row]] = field(default_factory=lambda: {name: {} for name in kinds()})
    approvals: dict[int, Row] = field(default_factory=dict)  # templates of approval nodes
    surveys: dict[tuple[str, int], Row] = field(default_factory=dict)
    links: dict[tuple[str, int, str], list[int]] = field(default_factory=dict)
    roles: dict[int, Role] = field(default_factory=dict)
    passwords: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    jobs: dict[int, Job] = field(default_factory=dict)
    _ids: dict[str, int] = field(default_factory=dict)

    def clock(self) -> datetime:
        """Return the present instant, or the one that was set."""
        return self.now or datetime.now(UTC)

    def number(self, sequence: str) -> int:
        """Return the next id of a sequence."""
        self._ids[sequence] = self._ids.get(sequence, 0) + 1
        return self._ids[sequence]

    def add(self, kind: Kind, row: Mapping[str, Any]) -> Row:
        """Store a new object, with its roles."""
        stamp = f"{self.clock():%Y-%m-%dT%H:%M:%S.%fZ}"
        identity = self.number("unified" if kind.unified else kind.name)
        made = {**kind.shown, **row, "id": identity, "created": stamp, "modified": stamp}
        self.rows[kind.name][identity] = made
        for name in kind.roles:
            role = Role(self.number("roles"), f"{name}_role", kind.name, identity)
            self.roles[role.id] = role
        return made

    def remove(self, kind: Kind, identity: int) -> None:
        """Remove an object, its roles and links, and what cannot be without it."""
        del self.rows[kind.name][identity]
        self.roles = {n: r for n, r in self.roles.items() if (r.kind, r.object) != (kind.name, identity)}
        self.links = {key: ids for key, ids in self.links.items() if key[:2] != (kind.name, identity)}
        self.surveys.pop((kind.name, identity), None)
        if kind.unified:
            for schedule in [s for s in self.rows["schedules"].values() if s["unified_job_template"] == identity]:
                self.remove(kinds()["schedules"], schedule["id"])

    def roles_of(self, kind: str, identity: int) -> Iterator[Role]:
        """Yield the roles of one object."""
        yield from (role for role in self.roles.values() if (role.kind, role.object) == (kind, identity))

    def linked(self, kind: str, identity: int, what: str) -> list[int]:
        """Return the ids that are associated with an object, a list to be changed in place."""
        return self.links.setdefault((kind, identity, what), [])

    def unified(self, identity: int) -> tuple[str, Row] | None:
        """Return kind and row of what can be launched or scheduled."""
        for kind in kinds().values():
            if kind.unified and identity in self.rows[kind.name]:
                return kind.name, self.rows[kind.name][identity]
        if identity in self.approvals:
            return "workflow_approval_templates", self.approvals[identity]
        return None

    def named(self, kind: str, name: str) -> Row:
        """Return the one object of a name. Raises KeyError."""
        field = kinds()[kind].identity
        for row in self.rows[kind].values():
            if row[field] == name:
                return row
        raise KeyError(f"{kind}: {name}")
