# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What Ansible's inventory says of each host, as plain values (the Ansible edge of opening a patrol)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..tickets.reading import VARIABLE
from .opening import HostFacts, OpeningError


def host_facts(hosts: Iterable[str], task_vars: Mapping[str, Any]) -> list[HostFacts]:
    """Read address, port, groups and register row of each host. Raises OpeningError for an unusable port."""
    hostvars = task_vars["hostvars"]
    gathered = []
    for name in hosts:
        raw = hostvars.raw_get(name)

        def value(key: str, host: str = name, variables: Mapping[str, Any] = raw) -> Any:
            found = variables.get(key)
            return hostvars[host][key] if _templated(found) else found

        port = value("ansible_port") or value("ansible_winrm_port")
        try:
            number = int(port) if port is not None else None
        except ValueError:
            raise OpeningError(
                f"host {name}: ansible_port: '{port}' is not a port; use a number such as 5986"
            ) from None
        gathered.append(
            HostFacts(
                name=plain(name),
                groups=tuple(plain(group) for group in raw.get("group_names", ())),
                address=plain(value("ansible_host") or name),
                port=number,
                device=plain(value("nightshift_device") or {}),
                tickets=repr(raw[VARIABLE]) if VARIABLE in raw else "",
            )
        )
    return gathered


def _templated(value: Any) -> bool:
    if isinstance(value, str):
        return "{{" in value or "{%" in value
    if isinstance(value, Mapping):
        return any(_templated(item) for item in value.values())
    return False


def plain(value: Any) -> Any:
    """Return a value without the tags and lazy containers of newer ansible-core, fit to be stored."""
    if isinstance(value, str):
        return "".join(value)
    if isinstance(value, Mapping):
        return {plain(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value
