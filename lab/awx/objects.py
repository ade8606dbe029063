# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What AWX answers about its objects: lists, one of them, what is associated with it, and its surveys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .answers import approval_template, launch_form, listed, shown
from .facts import Kind, kinds
from .judge import judge
from .launching import Launcher, job_shown
from .lists import matching
from .permissions import DENIED, may_see, need
from .prompts import judge_survey
from .store import Refused, Row, Store

NOT_FOUND = Refused(404, {"detail": "Not found."})
_CREATORS = {  # who may make an object of a kind: a role of its organization
    "projects": "project_admin",
    "inventories": "inventory_admin",
    "credentials": "credential_admin",
    "job_templates": "job_template_admin",
    "workflow_job_templates": "workflow_admin",
    "notification_templates": "notification_admin",
}
_CHILDREN = {
    "schedules": "unified_job_template",
    "inventory_sources": "inventory",
    "hosts": "inventory",
    "groups": "inventory",
    "workflow_nodes": "workflow_job_template",
}
Answer = tuple[int, Any]


@dataclass(frozen=True, slots=True)
class Question:
    """A request: who asks, how, and from where."""

    user: str
    method: str
    query: Mapping[str, str]
    body: Any
    address: str


@dataclass(frozen=True, slots=True)
class Objects:
    """The objects of one store, as requests meet them. Every method may raise Refused."""

    store: Store
    launcher: Launcher

    def row(self, name: str, number: str) -> Row:
        """Return an object by its id or its named URL."""
        rows = self.store.rows[name]
        if number.isdigit() and int(number) in rows:
            return rows[int(number)]
        for row in rows.values():
            owner = self.store.rows["organizations"].get(row.get("organization") or 0)
            if number in (f"{row.get('name')}++{owner['name']}" if owner else "", row.get("name")) and "++" in number:
                return row
        raise NOT_FOUND

    def shown(self, name: str, row: Row) -> Row:
        """Return an object as an answer has it."""
        return shown(self.store, kinds()[name], row)

    def unified(self, user: str) -> list[Row]:
        """Return all that can be launched or scheduled and that a user may see."""
        return [
            self.shown(kind.name, row)
            for kind in kinds().values()
            if kind.unified
            for row in self.store.rows[kind.name].values()
            if may_see(self.store, user, kind.name, row["id"])
        ]

    def collection(self, asked: Question, kind: Kind) -> Answer:
        """Answer about all objects of a kind, or make one."""
        store = self.store
        if asked.method == "GET":
            seen = [
                self.shown(kind.name, r)
                for r in store.rows[kind.name].values()
                if may_see(store, asked.user, kind.name, r["id"])
            ]
            return 200, listed(matching(store, seen, asked.query))
        if asked.method != "POST":
            raise Refused(405, {"detail": f'Method "{asked.method}" not allowed.'})
        found = judge(store, kind, asked.body)
        self._may_make(asked.user, kind, found)
        row = store.add(kind, found)
        if kind.name == "users" and isinstance(asked.body, Mapping) and asked.body.get("password"):
            store.passwords[row["username"]] = str(asked.body["password"])
        return 201, self.shown(kind.name, row)

    def _may_make(self, user: str, kind: Kind, found: Row) -> None:
        store = self.store
        if store.named("users", user)["is_superuser"]:
            return None
        if kind.name == "schedules":
            target = store.unified(found["unified_job_template"])
            if target is not None:
                return need(store, user, "execute", target[0], target[1]["id"])
        organization, role = found.get("organization"), _CREATORS.get(kind.name, "admin")
        if organization is None:
            raise Refused(403, DENIED)
        return need(store, user, role, "organizations", organization)

    def one(self, asked: Question, kind: Kind, row: Row) -> Answer:
        """Answer about one object, change it, or remove it."""
        store = self.store
        if not may_see(store, asked.user, kind.name, row["id"]):
            raise NOT_FOUND
        if asked.method == "GET":
            return 200, self.shown(kind.name, row)
        if kind.name in ("schedules", "workflow_job_template_nodes", "inventory_sources") or not kind.roles:
            if not store.named("users", asked.user)["is_superuser"]:
                raise Refused(403, DENIED)
        else:
            need(store, asked.user, "admin", kind.name, row["id"])
        if asked.method == "DELETE":
            store.remove(kind, row["id"])
            return 204, None
        if asked.method not in ("PATCH", "PUT"):
            raise Refused(405, {"detail": f'Method "{asked.method}" not allowed.'})
        row |= judge(store, kind, asked.body, row)
        return 200, self.shown(kind.name, row)

    def below(self, asked: Question, kind: Kind, row: Row, what: str) -> Answer:
        """Answer about what is below one object."""
        store = self.store
        if what == "callback" and kind.name == "job_templates":
            job = self.launcher.call_back(
                row, str(asked.body.get("host_config_key", "")), asked.address, asked.body.get("extra_vars")
            )
            return 201, {"job": job.id}
        if not may_see(store, asked.user, kind.name, row["id"]):
            raise NOT_FOUND
        if what in kind.associations:
            return self._associate(asked, kind, row, what)
        if what == "survey_spec" and kind.name in ("job_templates", "workflow_job_templates"):
            return self._survey(asked, kind, row)
        if what == "launch" and kind.name in ("job_templates", "workflow_job_templates"):
            if asked.method == "GET":
                return 200, launch_form(store, kind.name, row)
            job, ignored = self.launcher.launch(asked.user, kind.name, row, asked.body or {})
            key = "job" if kind.name == "job_templates" else "workflow_job"
            return 201, {key: job.id, "ignored_fields": dict.fromkeys(ignored, ""), **job_shown(job)}
        if what == "create_approval_template" and kind.name == "workflow_job_template_nodes":
            return self._ask(asked, row)
        if asked.method == "GET" and what in _CHILDREN:
            name = "workflow_job_template_nodes" if what == "workflow_nodes" else what
            rows = [one for one in store.rows[name].values() if one[_CHILDREN[what]] == row["id"]]
            return 200, listed(matching(store, [self.shown(name, one) for one in rows], asked.query))
        raise NOT_FOUND

    def _associate(self, asked: Question, kind: Kind, row: Row, what: str) -> Answer:
        ids = self.store.linked(kind.name, row["id"], what)
        target = kind.associations[what]
        if asked.method == "GET":
            rows = self.store.rows.get(target, {})
            return 200, listed([self.shown(target, rows[one]) for one in ids])
        if kind.roles:
            need(self.store, asked.user, "admin", kind.name, row["id"])
        elif not self.store.named("users", asked.user)["is_superuser"]:
            raise Refused(403, DENIED)
        number = int(asked.body["id"])
        if number not in self.store.rows.get(target, {}):
            raise Refused(400, {"msg": f"{target} with id {number} does not exist."})
        if asked.body.get("disassociate"):
            if number in ids:
                ids.remove(number)
        elif number not in ids:
            self._fits(kind, row, what, ids, number)
            ids.append(number)
        return 204, None

    def _fits(self, kind: Kind, row: Row, what: str, ids: list[int], number: int) -> None:
        """Refuse a second credential of the same type, and what is not of the same workflow."""
        if what == "credentials" and kind.name == "job_templates":
            rows = self.store.rows["credentials"]
            if any(rows[one]["credential_type"] == rows[number]["credential_type"] for one in ids):
                raise Refused(400, {"error": "Cannot assign multiple credentials of the same type."})
        if what.endswith("_nodes"):
            other = self.store.rows["workflow_job_template_nodes"][number]
            if other["workflow_job_template"] != row["workflow_job_template"]:
                raise Refused(400, {"Error": "Cannot associate nodes of different workflows."})

    def _survey(self, asked: Question, kind: Kind, row: Row) -> Answer:
        key = (kind.name, row["id"])
        if asked.method == "GET":
            return 200, self.store.surveys.get(key, {})
        need(self.store, asked.user, "admin", kind.name, row["id"])
        if asked.method == "DELETE":
            self.store.surveys.pop(key, None)
        else:
            judge_survey(asked.body)
            self.store.surveys[key] = asked.body
        return 200, {}

    def _ask(self, asked: Question, node: Row) -> Answer:
        need(self.store, asked.user, "admin", "workflow_job_templates", node["workflow_job_template"])
        if not asked.body.get("name"):
            raise Refused(400, {"name": ["This field is required."]})
        number = self.store.number("unified")
        made = {"id": number, "name": str(asked.body["name"]), "description": asked.body.get("description", ""),
                "timeout": int(asked.body.get("timeout", 0))}  # fmt: skip
        self.store.approvals[number] = made
        node["unified_job_template"] = number
        return 201, approval_template(made)

    def approval(self, asked: Question, number: int) -> Answer:
        """Answer about the template of an approval node, or change it."""
        row = self.store.approvals[number]
        if asked.method == "PATCH":
            if not self.store.named("users", asked.user)["is_superuser"]:
                raise Refused(403, DENIED)
            row |= {name: asked.body[name] for name in ("name", "description", "timeout") if name in asked.body}
        return 200, approval_template(row)
