# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What Ansible's inventory says of rooms and of ``nightshift_cloning`` (the Ansible edge of cloning)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..patrol.inventory_facts import plain
from ..patrol.opening import HostFacts, OpeningError
from ..policy.sources import file_of
from .model import Room
from .problem import VARIABLE


def rooms_of(hosts: Iterable[HostFacts]) -> tuple[list[Room], list[str]]:
    """Return the rooms of hosts by name, and what is to be said of hosts that have none."""
    devices: dict[str, list[str]] = {}
    notes = []
    for host in hosts:
        room = host.device.get("room")
        if room in (None, ""):
            notes.append(f"{host.name} is of class room and has no room; it is not cloned")
        else:
            devices.setdefault(str(room), []).append(host.name)
    return [Room(name, tuple(sorted(found))) for name, found in sorted(devices.items())], notes


def said(hosts: Iterable[HostFacts], hostvars: Any) -> tuple[object, str]:
    """Return ``nightshift_cloning``, on which all hosts must agree, and where it is written. Raises OpeningError."""
    found: list[tuple[object, str, str]] = []
    for host in hosts:
        variables = hostvars.raw_get(host.name)
        if VARIABLE not in variables:
            raise OpeningError(
                f"host {host.name}: {VARIABLE} is not set; set it for the group rooms (docs/campaigns.md)"
            )
        value = plain(hostvars[host.name][VARIABLE])
        if all(value != other for other, _origin, _host in found):
            found.append((value, _place(variables[VARIABLE]), host.name))
    if len(found) > 1:
        (_one, first, host_1), (_other, second, host_2) = found[:2]
        raise OpeningError(
            f"{VARIABLE}: {host_1} ({first}) and {host_2} ({second}) differ, and a campaign has one; "
            f"say what differs between rooms in {VARIABLE}.rooms"
        )
    value, origin, _host = found[0]
    return value, origin


def _place(value: object) -> str:
    """Return folder and name of the file in which a variable stands, or the word inventory."""
    file = file_of(value)
    return "/".join(Path(file).parts[-2:]) if file else "inventory"
