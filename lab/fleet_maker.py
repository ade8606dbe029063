# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Writes fleet files for large fleets: a mix of classes, patch levels and users, the same for the same numbers."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

import yaml


@dataclass(frozen=True, slots=True)
class Mix:
    """What a generated fleet is made of. ``off``: the share that is switched off; ``install_minutes``: per update."""

    devices: int
    off: float = 0.0
    install_minutes: float | None = None
    search_minutes: float = 2.0
    laptops: float = 0.3
    servers: float = 0.05
    seed: int = 1
    start: str = "2026-11-23 16:00"
    zone: str = "Europe/London"


_KINDS: dict[str, list[dict[str, Any]]] = {
    "desktop": [
        {"product": "windows-11-24h2", "manufacturer": "Dell Inc.", "model": "OptiPlex 7020"},
        {"product": "windows-11-23h2", "manufacturer": "HP", "model": "EliteDesk 800 G9"},
        {"product": "windows-10-22h2", "manufacturer": "HP", "model": "ProDesk 400 G6"},
    ],
    "laptop": [
        {"product": "windows-11-24h2", "manufacturer": "Dell Inc.", "model": "Latitude 5450"},
        {"product": "windows-11-23h2", "manufacturer": "LENOVO", "model": "ThinkPad T14 Gen 4"},
    ],
    "server": [
        {"product": "server-2022", "manufacturer": "HPE", "model": "ProLiant DL360 Gen10"},
        {"product": "server-2025", "manufacturer": "HPE", "model": "ProLiant DL360 Gen11"},
        {"product": "server-2019", "manufacturer": "Dell Inc.", "model": "PowerEdge R640"},
    ],
}
_LEVELS = ("2025-10-20", "2025-11-20", "2026-01-15")
_PREFIX = {"desktop": "pc", "laptop": "lt", "server": "srv"}


def make(mix: Mix) -> str:
    """Return the text of a fleet file. Raises ValueError for a share outside 0 to 1 or no devices."""
    for key, share in (("off", mix.off), ("laptops", mix.laptops), ("servers", mix.servers)):
        if not 0 <= share <= 1:
            raise ValueError(f"{key}: {share:g} is not a share; use 0 to 1")
    if mix.devices < 1:
        raise ValueError(f"devices: {mix.devices} is too few; use 1 or more")
    random = Random(mix.seed)
    pace = {"search_minutes": mix.search_minutes}
    if mix.install_minutes is not None:
        pace["install_minutes"] = mix.install_minutes
    absent = set(random.sample(range(mix.devices), round(mix.off * mix.devices)))
    fleet = {
        "zone": mix.zone,
        "start": mix.start,
        "pace": pace,
        "devices": [_device(mix, number, number in absent, random) for number in range(mix.devices)],
    }
    return "---\n" + yaml.safe_dump(fleet, sort_keys=False, width=110)


def _device(mix: Mix, number: int, absent: bool, random: Random) -> dict[str, Any]:
    place = random.random()
    device_class = "server" if place < mix.servers else "laptop" if place < mix.servers + mix.laptops else "desktop"
    device: dict[str, Any] = {
        "name": f"{_PREFIX[device_class]}-{number + 1:04d}",
        "class": device_class,
        **random.choice(_KINDS[device_class]),
        "patched_until": random.choice(_LEVELS),
        "uptime_days": random.choice((0.3, 1, 4)) if device_class != "server" else random.choice((10, 30)),
    }
    if device_class != "server":
        device["features"] = random.sample(["office2016", "removal_tool", "dotnet8"], random.randint(0, 3))
        device["users"] = [{"name": f"HELP\\user{number + 1:04d}", "idle_minutes": random.randint(0, 90)}]
    if absent:
        device["powered"] = False
    return device
