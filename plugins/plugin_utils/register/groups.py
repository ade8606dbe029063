# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The inventory groups of a row, and how a value becomes a part of a group's name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .row import Row

CLASS_GROUPS = {"desktop": "desktops", "laptop": "laptops", "server": "servers", "room": "rooms"}
ALWAYS_ON = "always_on"
UNMANAGED = "unmanaged"
KEYED_COLUMNS = ("ring", "room", "unit", "model", "criticality")

_NOT_A_WORD = re.compile(r"[\W_]+")


def group_part(value: str) -> str:
    """Lower case; each run of anything but letters and digits becomes one underscore; none at the ends.

    ``B-204 / East`` gives ``b_204_east``; nothing but punctuation gives an empty string.
    """
    return _NOT_A_WORD.sub("_", value.casefold()).strip("_")


def keyed_groups(row: Row) -> Iterator[tuple[str, str, str]]:
    """Yield (column, value, group) for each column that names a group, as (``room``, ``B-204``, ``room_b_204``)."""
    for column in KEYED_COLUMNS:
        value: str | None = getattr(row, column)
        if value is not None:
            yield column, value, f"{column}_{group_part(value)}"


def groups_of(row: Row) -> tuple[str, ...]:
    """Return all groups of a row: class, keyed columns, ``always_on``, ``unmanaged``."""
    groups = [CLASS_GROUPS[row.device_class], *(group for _column, _value, group in keyed_groups(row))]
    if row.always_on:
        groups.append(ALWAYS_ON)
    if not row.managed:
        groups.append(UNMANAGED)
    return tuple(groups)
