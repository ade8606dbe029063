# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What AWX demands of each kind of object beyond its single fields."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import yaml

from . import rrules
from .prompts import saved_faults
from .secrets import judge_inputs, judge_type
from .store import SECRET, Refused, Row, Store

Demand = Callable[[Store, Row, Row | None], Row]
# Fields of a notification: name to the type of its value; those with a default may be left out.
NOTIFICATIONS: Mapping[str, Mapping[str, type]] = {
    "webhook": {
        "url": str, "http_method": str, "disable_ssl_verification": bool, "username": str, "password": str,
        "headers": dict,
    },
    "email": {
        "host": str, "port": int, "username": str, "password": str, "use_tls": bool, "use_ssl": bool, "sender": str,
        "recipients": list, "timeout": int,
    },
    "mattermost": {"mattermost_url": str, "mattermost_no_verify_ssl": bool},
    "slack": {"token": str, "channels": list},
}  # fmt: skip
DEFAULTS: Mapping[str, Row] = {
    "webhook": {"http_method": "POST", "disable_ssl_verification": False, "username": "", "password": ""},
    "email": {"timeout": 30},
}
SECRETS = ("password", "token")


def refuse(field: str, text: str) -> Refused:
    """Return the refusal of one field."""
    return Refused(400, {field: [text]})


def variables_of(raw: Any) -> Row:
    """Read variables, a mapping or the JSON or YAML of one. Raises ValueError."""
    if isinstance(raw, str):
        try:
            raw = json.loads(raw) if raw.strip().startswith("{") else yaml.safe_load(raw or "{}")
        except (ValueError, yaml.YAMLError) as wrong:
            raise ValueError(str(wrong)) from wrong
    if not isinstance(raw or {}, Mapping):
        raise ValueError("not a mapping")
    return dict(raw or {})


def _variables(found: Row, field: str) -> None:
    try:
        variables_of(found.get(field) or "")
    except ValueError as wrong:
        said = f"Cannot parse as JSON (error: {wrong}) or YAML (error: {wrong})."
        raise refuse(field, said) from None


def _project(_store: Store, found: Row, existing: Row | None) -> Row:
    row = {**(existing or {}), **found}
    if row["scm_type"] and not row["scm_url"]:
        raise refuse("scm_url", "SCM URL is required.")
    if row["scm_type"]:
        found["status"] = "successful"
    return found


def _credential(store: Store, found: Row, existing: Row | None) -> Row:
    row = {**(existing or {}), **found}
    if existing is None and not any(found.get(owner) for owner in ("organization", "user", "team")):
        raise Refused(400, {"detail": ["Missing 'user', 'team', or 'organization'."]})
    kind = store.rows["credential_types"][row["credential_type"]]
    if "inputs" in found:
        found["inputs"] = judge_inputs(kind, found["inputs"], (existing or {}).get("inputs", {}))
    found["kind"] = kind["namespace"]
    found["cloud"] = kind["kind"] == "cloud"
    return found


def _credential_type(store: Store, found: Row, existing: Row | None) -> Row:
    if existing is not None and existing["managed"]:
        raise Refused(403, {"detail": "Modifications not allowed for managed credential types"})
    used = existing and any(c["credential_type"] == existing["id"] for c in store.rows["credentials"].values())
    if used and existing and found.get("inputs", existing["inputs"]) != existing["inputs"]:
        raise Refused(403, {"detail": "Modifications to inputs are not allowed for credential types that are in use"})
    row = {**(existing or {}), **found}
    judge_type(row["inputs"], row["injectors"])
    return found


def _inventory(_store: Store, found: Row, _existing: Row | None) -> Row:
    _variables(found, "variables")
    return found


def _inventory_source(store: Store, found: Row, existing: Row | None) -> Row:
    row = {**(existing or {}), **found}
    if row["source"] == "scm":
        project = store.rows["projects"].get(row["source_project"] or 0)
        if project is None:
            raise refuse("source_project", "Project required for scm type sources.")
        if not project["scm_type"]:
            raise refuse("source_project", "Cannot use manual project for SCM-based inventory.")
    elif row["source_project"]:
        raise refuse("source_project", "Cannot set source_project if not SCM type.")
    _variables(found, "source_vars")
    return found


def _job_template(store: Store, found: Row, existing: Row | None) -> Row:
    row = {**(existing or {}), **found}
    project = store.rows["projects"].get(row["project"] or 0)
    if project is None:
        raise refuse("project", "Job Templates must have a project assigned.")
    if not row["playbook"]:
        raise refuse("playbook", "Must select playbook for project.")
    if project["scm_type"] and row["playbook"] not in store.playbooks:
        raise refuse("playbook", "Playbook not found for project.")
    if row["inventory"] is None and not row["ask_inventory_on_launch"]:
        raise refuse("inventory", "You must either set a default value or ask to prompt on launch.")
    _variables(found, "extra_vars")
    found["organization"] = project["organization"]
    return found


def _workflow(_store: Store, found: Row, _existing: Row | None) -> Row:
    _variables(found, "extra_vars")
    return found


def _node(store: Store, found: Row, existing: Row | None) -> Row:
    if {**(existing or {}), **found}["unified_job_template"] is None:
        kept = ("workflow_job_template", "identifier", "all_parents_must_converge")
        return found if existing is None else {name: found[name] for name in kept if name in found}
    _saved(store, found, existing, unanswered=True)  # the workflow, or who launches it, may answer what is required
    return found


def _schedule(store: Store, found: Row, existing: Row | None) -> Row:
    if "rrule" in found:
        said = rrules.faults(found["rrule"])
        if said:
            raise Refused(400, {"rrule": said})
    _saved(store, found, existing)
    row = {**(existing or {}), **found}
    return {**found, **rrules.computed(row["rrule"], store.clock(), enabled=row["enabled"])}


def _saved(store: Store, found: Row, existing: Row | None, *, unanswered: bool = False) -> None:
    said = saved_faults(store, {**(existing or {}), **found})
    if unanswered:
        said = {name: lines for name, lines in said.items() if name != "variables_needed_to_start"}
    if said:
        raise Refused(400, said)


def _notification(_store: Store, found: Row, existing: Row | None) -> Row:
    row = {**(existing or {}), **found}
    kind = row["notification_type"]
    if kind not in NOTIFICATIONS:
        raise NotImplementedError(f"notifications by {kind}")
    if "notification_configuration" not in found and existing is not None:
        return found
    given = {**DEFAULTS.get(kind, {}), **found["notification_configuration"]}
    fields = NOTIFICATIONS[kind]
    missing = [name for name in fields if name not in given]
    said = [f"Missing required fields for Notification Configuration: {', '.join(missing)}."] if missing else []
    said += [
        f"Configuration field '{name}' incorrect type, expected {fields[name].__name__}."
        for name, value in given.items()
        if name in fields and not isinstance(value, fields[name])
    ]
    if said:
        raise Refused(400, {"__all__": said})
    before = (existing or {}).get("notification_configuration", {})
    for name in SECRETS:
        if given.get(name) == SECRET:
            given[name] = before.get(name, "")
    found["notification_configuration"] = {name: value for name, value in given.items() if name in fields}
    return found


DEMANDS: Mapping[str, Demand] = {
    "projects": _project,
    "credentials": _credential,
    "credential_types": _credential_type,
    "inventories": _inventory,
    "inventory_sources": _inventory_source,
    "job_templates": _job_template,
    "workflow_job_templates": _workflow,
    "workflow_job_template_nodes": _node,
    "schedules": _schedule,
    "notification_templates": _notification,
    "hosts": _inventory,
    "groups": _inventory,
}
