# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The inventory groups of a device, and how a value becomes a part of a group's name."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache

from .row import Row

CLASS_GROUPS = {"desktop": "desktops", "laptop": "laptops", "server": "servers", "room": "rooms"}
ALWAYS_ON = "always_on"
MANAGED = "managed"
UNMANAGED = "unmanaged"
NAMING_COLUMNS = ("ring", "room", "unit", "model", "criticality", "responsible")  # two values never share a group
KEYED_COLUMNS = (*NAMING_COLUMNS, "seat", "mac")
GROUPED_COLUMNS = ("class", *KEYED_COLUMNS, "always_on", "managed")
# Not "mac": one group for each device costs time and is of no use.
USUAL_COLUMNS = tuple(column for column in GROUPED_COLUMNS if column != "mac")

_NOT_A_WORD = re.compile(r"[\W_]+")


@lru_cache(maxsize=4096)  # ten thousand devices share a few hundred rooms, units and models
def group_part(value: str) -> str:
    """Lower case; each run of anything but letters and digits becomes one underscore; none at the ends.

    ``B-204 / East`` gives ``b_204_east``; nothing but punctuation gives an empty string.
    """
    return _NOT_A_WORD.sub("_", value.casefold()).strip("_")


def keyed_groups(device: Mapping[str, object], by: Collection[str] = USUAL_COLUMNS) -> Iterator[tuple[str, str, str]]:
    """Yield (column, value, group) for each column that names a group, as (``room``, ``B-204``, ``room_b_204``)."""
    for column in KEYED_COLUMNS:
        value = device.get(column)
        if column in by and value is not None and (part := group_part(str(value))):
            yield column, str(value), f"{column}_{part}"


def device_groups(device: Mapping[str, object], by: Collection[str] = USUAL_COLUMNS) -> tuple[str, ...]:
    """Return the groups of a device as ``nightshift_device`` describes it; ``by``: the columns that make groups."""
    groups = [group for _column, _value, group in keyed_groups(device, by)]
    of_class = CLASS_GROUPS.get(str(device.get("class")))
    if "class" in by and of_class:
        groups.insert(0, of_class)
    if "always_on" in by and device.get("always_on"):
        groups.append(ALWAYS_ON)
    if not device.get("managed", True):
        groups.append(UNMANAGED)  # whatever makes groups: playbooks never contact these
    elif "managed" in by:
        groups.append(MANAGED)
    return tuple(groups)


def described(row: Row) -> dict[str, object]:
    """Return a row as ``nightshift_device``."""
    return {
        "class": row.device_class,
        "ring": row.ring,
        "room": row.room,
        "seat": row.seat,
        "mac": row.mac,
        "unit": row.unit,
        "criticality": row.criticality,
        "model": row.model,
        "always_on": row.always_on,
        "managed": row.managed,
        "responsible": row.responsible,
        "exposure": row.exposure,
        "impact": row.impact,
        "extra": dict(row.extra),
    }


def groups_of(row: Row, by: Collection[str] = USUAL_COLUMNS) -> tuple[str, ...]:
    """Return all groups of a row."""
    return device_groups(described(row), by)
