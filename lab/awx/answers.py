# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How AWX shows what it holds: links, summaries, and secrets that stay hidden."""

from __future__ import annotations

from typing import Any

from .facts import Kind, kinds
from .prompts import PROMPTS
from .secrets import hidden
from .store import SECRET, Row, Store

API = "/api/v2"
_MORE = {  # further links of a kind, beside its associations
    "organizations": ("projects", "inventories", "teams", "users", "credentials", "object_roles", "access_list"),
    "projects": ("update", "project_updates", "schedules", "playbooks", "object_roles", "copy"),
    "inventories": ("hosts", "groups", "inventory_sources", "object_roles", "copy"),
    "inventory_sources": ("update", "inventory_updates", "schedules"),
    "credentials": ("object_roles", "copy", "owner_teams", "owner_users"),
    "job_templates": ("jobs", "schedules", "launch", "survey_spec", "object_roles", "copy", "webhook_key"),
    "workflow_job_templates": ("workflow_jobs", "schedules", "launch", "survey_spec", "workflow_nodes", "object_roles"),
    "workflow_job_template_nodes": ("create_approval_template",),
    "teams": ("users", "roles", "object_roles"),
    "users": ("teams", "roles", "tokens"),
    "schedules": ("jobs",),
}


def url_of(kind: str, identity: int) -> str:
    """Return the path of one object."""
    return f"{API}/{kind}/{identity}/"


def listed(rows: list[Row]) -> Row:
    """Return a page with all of them."""
    return {"count": len(rows), "next": None, "previous": None, "results": rows}


def shown(store: Store, kind: Kind, row: Row) -> Row:
    """Return an object as an answer has it."""
    url = url_of(kind.name, row["id"])
    found = {"id": row["id"], "type": kind.one, "url": url, "related": _related(store, kind, row, url)}
    found["summary_fields"] = _summary(store, kind, row)
    found |= {name: value for name, value in row.items() if name not in ("user", "team")}
    if kind.name == "credentials":
        found["inputs"] = hidden(store.rows["credential_types"][row["credential_type"]], row["inputs"])
    elif kind.name == "notification_templates":
        found["notification_configuration"] = {
            name: SECRET if name in ("password", "token") and value else value
            for name, value in row["notification_configuration"].items()
        }
    elif kind.name == "users":
        found["password"] = SECRET
    elif kind.name == "workflow_job_template_nodes":
        for name in ("success_nodes", "failure_nodes", "always_nodes"):
            found[name] = sorted(store.linked(kind.name, row["id"], name))
    elif kind.name == "inventories":
        found["total_hosts"] = sum(host["inventory"] == row["id"] for host in store.rows["hosts"].values())
    return found


def _related(store: Store, kind: Kind, row: Row, url: str) -> dict[str, str]:
    names = (*kind.associations, *_MORE.get(kind.name, ()))
    found = {name: f"{url}{name}/" for name in names}
    for name, field in kind.fields.items():
        if field.type == "id" and field.target in kinds() and row.get(name):
            found[name] = url_of(field.target, row[name])
    if row.get("unified_job_template"):
        target = store.unified(row["unified_job_template"])
        if target is not None:
            found["unified_job_template"] = url_of(target[0], target[1]["id"])
    if row.get("host_config_key"):
        found["callback"] = f"{url}callback/"
    return found


def _summary(store: Store, kind: Kind, row: Row) -> Row:
    found: Row = {}
    for name, field in kind.fields.items():
        if field.type == "id" and row.get(name):
            if field.target == "unified_job_template":
                continue
            other = store.rows.get(field.target, {}).get(row[name])
            if other is not None:
                found[name] = _short(other)
    if row.get("unified_job_template"):
        target = store.unified(row["unified_job_template"])
        if target is not None:
            found["unified_job_template"] = _short(target[1])
    if kind.roles:
        found["object_roles"] = {
            role.name: {"id": role.id, "name": role.name.removesuffix("_role").replace("_", " ").title()}
            for role in store.roles_of(kind.name, row["id"])
        }
    if kind.name == "job_templates":
        ids = store.linked(kind.name, row["id"], "credentials")
        found["credentials"] = [_short(store.rows["credentials"][one]) for one in sorted(ids)]
    found["user_capabilities"] = {"edit": True, "delete": True}
    return found


def _short(row: Row) -> Row:
    return {"id": row["id"], "name": row.get("name", row.get("username")), "description": row.get("description", "")}


def approval_template(row: Row) -> Row:
    """Return the template of an approval node."""
    url = url_of("workflow_approval_templates", row["id"])
    return {"type": "workflow_approval_template", "url": url, "related": {}, "summary_fields": {}, **row}


def launch_form(store: Store, kind: str, row: Row) -> Row:
    """Return what a client may ask before it launches a template."""
    asks = {ask: row.get(ask, False) for ask in (*PROMPTS.values(), "ask_variables_on_launch") if ask in row}
    survey: Any = store.surveys.get((kind, row["id"]), {})
    return {
        **asks,
        "survey_enabled": row["survey_enabled"],
        "variables_needed_to_start": [q["variable"] for q in survey.get("spec", []) if q["required"]],
        "can_start_without_user_input": not survey and not any(asks.values()),
        "defaults": {},
    }
