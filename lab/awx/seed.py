# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An AWX as it is after its installation: an administrator, the built-in types of credentials, one instance group."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .facts import kinds
from .launching import Launcher
from .server import AwxServer
from .store import ADMIN, Store

PASSWORD = "the-password-of-the-administrator"


def _text(name: str, *, secret: bool = False, multiline: bool = False) -> dict[str, Any]:
    found: dict[str, Any] = {"id": name, "type": "string", "label": name.replace("_", " ").capitalize()}
    return found | ({"secret": True} if secret else {}) | ({"multiline": True} if multiline else {})


_SSH = [_text("ssh_key_data", secret=True, multiline=True), _text("ssh_key_unlock", secret=True)]
_TYPES = (
    ("Machine", "ssh", "ssh", [_text("username"), _text("password", secret=True), *_SSH, _text("become_method"),
                               _text("become_username"), _text("become_password", secret=True)]),
    ("Source Control", "scm", "scm", [_text("username"), _text("password", secret=True), *_SSH]),
    ("Vault", "vault", "vault", [_text("vault_password", secret=True), _text("vault_id")]),
    ("Container Registry", "registry", "registry",
     [_text("host"), _text("username"), _text("password", secret=True),
      {"id": "verify_ssl", "type": "boolean", "label": "Verify SSL", "default": True}]),
    ("Red Hat Ansible Automation Platform", "cloud", "controller",
     [_text("host"), _text("username"), _text("password", secret=True), _text("oauth_token", secret=True),
      {"id": "verify_ssl", "type": "boolean", "label": "Verify SSL", "default": True}]),
)  # fmt: skip


def fresh(playbooks: Iterable[str] = ()) -> AwxServer:
    """Return a server with nothing of ours in it. ``playbooks``: the files of every project."""
    store = Store(playbooks=tuple(playbooks))
    add_user(store, ADMIN, PASSWORD, superuser=True)
    for name, kind, namespace, fields in _TYPES:
        row = {"name": name, "description": "", "kind": kind, "namespace": namespace, "managed": True}
        store.add(kinds()["credential_types"], {**row, "inputs": {"fields": fields}, "injectors": {}})
    groups = kinds()["instance_groups"]
    defaults = {name: field.default for name, field in groups.fields.items()}
    for name in ("controlplane", "default"):
        store.add(groups, {**defaults, "name": name, "policy_instance_list": []})
    return AwxServer(store, Launcher(store))


def add_user(store: Store, name: str, password: str, *, superuser: bool = False) -> int:
    """Add a user and return the id."""
    row = {"username": name, "first_name": "", "last_name": "", "email": "", "is_superuser": superuser}
    made = store.add(kinds()["users"], {**row, "is_system_auditor": False})
    store.passwords[name] = password
    return int(made["id"])
