# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filters of lists, as clients write them into a URL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .store import Refused, Row, Store

_SILENT = ("page", "page_size", "order_by", "format")


def matching(_store: Store, rows: list[Row], query: Mapping[str, str]) -> list[Row]:
    """Return the rows that fit every filter; those that begin with ``or__`` fit when one of them does.

    Raises Refused with 400 for a field that the rows do not have, as AWX does.
    """
    every = {key: value for key, value in query.items() if key not in _SILENT and not key.startswith("or__")}
    some = {key[4:]: value for key, value in query.items() if key.startswith("or__")}
    for key in (*every, *some):
        if rows and key.partition("__")[0] not in rows[0]:
            raise Refused(400, {"detail": f"{rows[0]['type']} has no field named '{key}'"})
    found = [row for row in rows if all(_fits(row, key, value) for key, value in every.items())]
    return [row for row in found if any(_fits(row, key, value) for key, value in some.items())] if some else found


def _fits(row: Row, key: str, value: str) -> bool:
    name, _dashes, how = key.partition("__")
    given: Any = row.get(name)
    if how == "name":
        given = row["summary_fields"].get(name, {}).get("name")
    elif how == "startswith":
        return str(given).startswith(value)
    elif how == "in":
        return str(given) in value.split(",")
    if value in ("", "None", "null"):
        return given in (None, "")
    return str(given).lower() == value.lower() if isinstance(given, bool) else str(given) == value
