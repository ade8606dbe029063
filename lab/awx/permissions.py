# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who may do what: AWX's roles of objects and organizations, held by users and by teams."""

from __future__ import annotations

from .store import Refused, Store

_STRONGER = {  # what else gives a role: roles of the same object
    "read": ("admin", "execute", "use", "update", "adhoc", "approval", "member", "auditor"),
    "execute": ("admin",),
    "use": ("admin",),
    "update": ("admin",),
    "approval": ("admin",),
    "auditor": ("admin",),
}
_FROM_ORGANIZATION = {  # and roles of the organization
    "read": ("admin", "auditor"),
    "execute": ("admin", "execute"),
    "approval": ("admin", "approval"),
    "admin": ("admin",),
    "use": ("admin",),
    "update": ("admin",),
}
DENIED = {"detail": "You do not have permission to perform this action."}


def holds(store: Store, user: str, role: str, kind: str, identity: int) -> bool:
    """Tell whether a user has a role of an object, by themselves, by a team, or by one that contains it."""
    row = store.named("users", user)
    if row["is_superuser"]:
        return True
    wanted = {f"{name}_role" for name in (role, *_STRONGER.get(role, ()))}
    if any(_has(store, row["id"], one) for one in store.roles_of(kind, identity) if one.name in wanted):
        return True
    organization = _organization(store, kind, identity)
    if organization is None or kind == "organizations":
        return False
    wanted = {f"{name}_role" for name in _FROM_ORGANIZATION.get(role, ("admin",))}
    return any(
        _has(store, row["id"], one) for one in store.roles_of("organizations", organization) if one.name in wanted
    )


def need(store: Store, user: str, role: str, kind: str, identity: int) -> None:
    """Raise Refused with 403 unless the user has the role."""
    if not holds(store, user, role, kind, identity):
        raise Refused(403, DENIED)


def may_see(store: Store, user: str, kind: str, identity: int) -> bool:
    """Tell whether an object is in the lists of a user."""
    owner = {"schedules": "unified_job_template", "workflow_job_template_nodes": "workflow_job_template"}.get(kind)
    if owner is not None:
        found = store.unified(store.rows[kind][identity][owner])
        return found is not None and holds(store, user, "read", found[0], found[1]["id"])
    if kind in ("users", "teams", "credential_types", "execution_environments", "labels", "notification_templates"):
        return True
    return holds(store, user, "read", kind, identity)


def _has(store: Store, user: int, role: object) -> bool:
    users, teams = role.users, role.teams  # type: ignore[attr-defined]
    return user in users or any(_member(store, user, team) for team in teams)


def _member(store: Store, user: int, team: int) -> bool:
    return any(user in role.users for role in store.roles_of("teams", team) if role.name != "read_role")


def _organization(store: Store, kind: str, identity: int) -> int | None:
    row = store.rows[kind][identity]
    if kind == "inventory_sources":
        row = store.rows["inventories"][row["inventory"]]
    found = row.get("organization")
    return found if isinstance(found, int) else None
