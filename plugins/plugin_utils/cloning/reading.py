# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Readers of mappings and days, in the manner of the readers of ``nightshift_policy``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypeVar

from ..policy.problems import Gather, refuse
from ..policy.values import choices, meant
from .days import Days, YearDay

T = TypeVar("T")
Reader = Callable[[object], Any]
_YEARLY = re.compile(r"(\d{1,2})-(\d{1,2})")
_LEAP = 2024


def mapping(what: str, readers: Mapping[str, Reader], needed: Sequence[str] = ()) -> Callable[[object], dict[str, Any]]:
    """Return a reader of mappings with the keys of ``readers``; null counts as not given."""
    remedy = f"use {choices(readers)}"

    def read(raw: object) -> dict[str, Any]:
        if not isinstance(raw, Mapping):
            raise refuse(raw, f"is not {what}", f"write a mapping: {remedy}")
        gather, found = Gather(), dict[str, Any]()
        for key, value in raw.items():
            if key not in readers:
                gather.missing(f".{key}", f"is not a key of {what}", f"{meant(str(key), readers)}{remedy}")
            elif value is not None:
                found[str(key)] = gather.read(f".{key}", readers[str(key)], value)
        for key in needed:
            if raw.get(key) is None:
                gather.missing(f".{key}", "is missing", f"{what} needs {choices(needed).replace(' or ', ' and ')}")
        gather.done()
        return found

    return read


def listed(what: str, read: Callable[[object], T]) -> Callable[[object], tuple[T, ...]]:
    """Return a reader of lists of what ``read`` reads."""

    def read_all(raw: object) -> tuple[T, ...]:
        if not isinstance(raw, (list, tuple)):
            raise refuse(raw, f"is not a list of {what}", "write a list, also for one item")
        gather = Gather()
        found = [gather.read(f"[{number}]", read, item) for number, item in enumerate(raw)]
        gather.done()
        return tuple(item for item in found if item is not None)

    return read_all


def named(read: Callable[[object], T]) -> Callable[[object], dict[str, T]]:
    """Return a reader of mappings from names to what ``read`` reads."""

    def read_all(raw: object) -> dict[str, T]:
        if not isinstance(raw, Mapping):
            raise refuse(raw, "is not a mapping", "write names and what belongs to each below it")
        gather, found = Gather(), dict[str, T]()
        for name, value in raw.items():
            item = gather.read(f"[{str(name)!r}]", read, value)
            if item is not None:
                found[str(name)] = item
        gather.done()
        return found

    return read_all


def word(raw: object) -> str:
    """Read a name; a number is one too (a room may be called 204)."""
    if isinstance(raw, int) and not isinstance(raw, bool):
        return str(raw)
    if isinstance(raw, str) and raw.strip():
        return str(raw).strip()
    raise refuse(raw, "is not a name", "write a name in quotes")


def day(raw: object) -> date:
    """Read a day of one year, as YAML gives it or in quotes."""
    if isinstance(raw, date) and not isinstance(raw, datetime):
        return date(raw.year, raw.month, raw.day)
    if isinstance(raw, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", raw):
        try:
            return date.fromisoformat(raw)
        except ValueError:
            raise refuse(raw, "is a day that no calendar has", "use a day like 2026-12-24") from None
    raise refuse(raw, "is not a day", "use a day like 2026-12-24")


def year_day(raw: object) -> YearDay:
    """Read a day of every year: ``06-15``."""
    remedy = "use month and day in quotes, like 06-15"
    found = _YEARLY.fullmatch(raw) if isinstance(raw, str) else None
    if found is None:
        raise refuse(raw, "is not a day of the year", remedy)
    month, number = int(found[1]), int(found[2])
    if (month, number) == (2, 29):
        raise refuse(raw, "is missing in three years of four", "use 02-28 or 03-01")
    try:
        date(_LEAP, month, number)
    except ValueError:
        raise refuse(raw, "is a day that no calendar has", remedy) from None
    return YearDay(month, number)


def some_day(raw: object) -> date | YearDay:
    """Read a day of one year, or of every year."""
    if isinstance(raw, str) and _YEARLY.fullmatch(raw):
        return year_day(raw)
    if isinstance(raw, str) and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", raw):
        raise refuse(raw, "is not a day", "use a day like 2026-12-24, or 12-24 for every year")
    return day(raw)


def days(raw: object) -> Days:
    """Read one day, or ``{from: ..., to: ..., why: ..., rooms: [...]}``."""
    if not isinstance(raw, Mapping):
        one = some_day(raw)
        return Days(one, one)
    readers = {"from": some_day, "to": some_day, "why": word, "rooms": listed("rooms", word)}
    found = mapping("a range of days", readers, needed=("from", "to"))(raw)
    first, last = found["from"], found["to"]
    if isinstance(first, YearDay) != isinstance(last, YearDay):
        raise refuse(f"{first} to {last}", "mixes a day of every year with one of one year", "write both in one form")
    if isinstance(first, date) and last < first:
        raise refuse(f"{first} to {last}", "ends before it begins", "exchange from and to")
    return Days(first, last, found.get("why", ""), frozenset(found.get("rooms", ())))
