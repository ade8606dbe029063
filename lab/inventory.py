# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Writes the inventory of a running lab: the device register, and how to reach the devices and the lab itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from .fleet import DeviceSpec

_GROUPS = {"desktop": "desktops", "laptop": "laptops", "server": "servers", "room": "rooms"}


@dataclass(frozen=True, slots=True)
class Access:
    """How Ansible reaches the devices (``transport``: basic or ntlm) and the lab's control door."""

    user: str
    password: str
    authority: Path
    transport: str
    control: str
    token: str

    def variables(self) -> dict[str, Any]:
        """Return the variables of all hosts."""
        return {
            "ansible_connection": "winrm",
            "ansible_port": 5986,
            "ansible_winrm_scheme": "https",
            "ansible_winrm_transport": self.transport,
            "ansible_winrm_ca_trust_path": str(self.authority),
            "ansible_winrm_operation_timeout_sec": 15,
            "ansible_winrm_read_timeout_sec": 20,
            "ansible_user": self.user,
            "ansible_password": self.password,
            "nightshift_lab": {"control": self.control, "token": self.token},
        }


def write(folder: Path, devices: Sequence[tuple[DeviceSpec, str]], access: Access, static: bool = False) -> Path:
    """Write the inventory of (device, address) pairs below ``folder`` and return the file to give to ``-i``.

    ``static``: a plain ``hosts.yml`` that needs no plugin, instead of a register for
    ``nightshift.fleet.device_register``.
    """
    variables = folder / "group_vars" / "all"
    variables.mkdir(parents=True, exist_ok=True)
    secret = variables / "lab.yml"
    secret.touch(mode=0o600)
    _write(secret, access.variables())
    if static:
        source = folder / "hosts.yml"
        _write(source, _hosts(devices))
    else:
        source = folder / "devices.nightshift.yml"
        _write(folder / "register.yml", {"devices": [_row(spec, address) for spec, address in devices]})
        _write(source, {"plugin": "nightshift.fleet.device_register", "path": "register.yml"})
    return source


def _row(spec: DeviceSpec, address: str) -> dict[str, Any]:
    row = {
        "name": spec.name,
        "address": address,
        "class": spec.device_class,
        "ring": spec.ring,
        "room": spec.room,
        "seat": spec.seat,
        "mac": spec.mac,
        "unit": spec.unit,
        "criticality": spec.criticality,
        "responsible": spec.responsible,
        "exposure": spec.exposure,
        "impact": spec.impact,
        "model": spec.model,
        "always_on": spec.always_on,
        "managed": spec.managed,
    }
    return {key: value for key, value in row.items() if value is not None}


def _hosts(devices: Sequence[tuple[DeviceSpec, str]]) -> dict[str, Any]:
    groups: dict[str, dict[str, Any]] = {}
    for spec, address in devices:
        facts = {key: value for key, value in _row(spec, address).items() if key not in ("name", "address")}
        host = {"ansible_host": address, "nightshift_device": facts}
        groups.setdefault(_GROUPS[spec.device_class], {"hosts": {}})["hosts"][spec.name] = host
    return {"all": {"children": groups}}


def _write(path: Path, content: Mapping[str, Any]) -> None:
    text = yaml.safe_dump(dict(content), sort_keys=False, width=110, allow_unicode=True)
    path.write_text("---\n# Written by the lab; the next start replaces it.\n" + text, encoding="utf-8")
