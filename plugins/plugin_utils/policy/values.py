# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Readers of single values: each takes what YAML gave and returns a typed value, or raises Refused."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable
from datetime import time, timedelta
from enum import Enum
from functools import lru_cache
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from ..planner.calendar import WEEKDAYS
from .problems import Gather, Refused, refuse

E = TypeVar("E", bound=Enum)
T = TypeVar("T")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_DURATION = re.compile(r"(?:\d+[smhdw])+")
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(MB|GB|TB|MiB|GiB|TiB)", re.IGNORECASE)
_SIZES = {"mb": 10**6, "gb": 10**9, "tb": 10**12, "mib": 2**20, "gib": 2**30, "tib": 2**40}
_PACKAGE = re.compile(r"(?:winget|chocolatey):[A-Za-z0-9][A-Za-z0-9.+_-]*(?:@\S+)?")
_UPDATE = re.compile(r"KB\d{6,8}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_WEEKDAY_REMEDY = "use mon, tue, wed, thu, fri, sat or sun"


def choices(words: Iterable[str]) -> str:
    """Return ``a, b or c``."""
    *most, last = list(words)
    return f"{', '.join(most)} or {last}" if most else last


def meant(word: str, known: Iterable[str]) -> str:
    """Return ``did you mean 'x'?`` and a space when something known is near, else nothing."""
    near = difflib.get_close_matches(word, list(known), n=1)
    return f"did you mean {near[0]!r}? " if near else ""


def truth(raw: object) -> bool:
    """Read true or false. Text ``true`` and ``false`` is what a template gives."""
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, str) and raw.lower() in ("true", "false"):
        return raw.lower() == "true"
    raise refuse(raw, "is neither true nor false", "use true or false, without quotes")


def text(raw: object) -> str:
    """Read a text that is not empty."""
    if isinstance(raw, str) and raw.strip():
        return str(raw)
    raise refuse(raw, "is not a text", "write a sentence in quotes")


def sentence(*names: str) -> Callable[[object], str]:
    """Return a reader of texts that may hold ``{name}`` for each of ``names``, to be filled in."""

    def read(raw: object) -> str:
        found = text(raw)
        try:
            found.format(**dict.fromkeys(names, ""))
        except (KeyError, IndexError, ValueError, AttributeError) as wrong:
            fault = "has a placeholder that nothing fills, or a brace without its partner"
            remedy = f"use {choices('{' + name + '}' for name in names)}, and {{{{ for a brace"
            raise refuse(raw, fault, remedy) from wrong
        return found

    return read


def never_or(read: Callable[[object], T]) -> Callable[[object], T | None]:
    """Return a reader of what ``read`` reads, or of ``never``, which is None."""

    def read_or_never(raw: object) -> T | None:
        if isinstance(raw, str) and raw.strip().lower() == "never":
            return None
        try:
            return read(raw)
        except Refused as refused:
            (one,) = refused.faults
            raise refuse(raw, one.fault, one.remedy.replace("use ", "use never, or ", 1)) from refused

    return read_or_never


def whole(least: int, most: int) -> Callable[[object], int]:
    """Return a reader of whole numbers from ``least`` to ``most``."""

    def read(raw: object) -> int:
        number = int(raw) if isinstance(raw, str) and re.fullmatch(r"-?\d+", raw) else raw
        if isinstance(number, int) and not isinstance(number, bool) and least <= number <= most:
            return int(number)
        raise refuse(raw, f"is not a whole number from {least} to {most}", f"use {least} or more")

    return read


def duration(least: timedelta, most: timedelta) -> Callable[[object], timedelta]:
    """Return a reader of durations (``90s``, ``15m``, ``1h30m``, ``7d``) from ``least`` to ``most``."""

    def read(raw: object) -> timedelta:
        remedy = "use a number with a unit, like 90s, 15m, 1h or 7d"
        if isinstance(raw, int) and not isinstance(raw, bool) and raw != 0:
            raise refuse(raw, "is a duration without a unit", remedy)
        compact = (
            "0s" if raw == 0 and not isinstance(raw, bool) else "".join(raw.split()) if isinstance(raw, str) else ""
        )
        if not _DURATION.fullmatch(compact):
            raise refuse(raw, "is not a duration", remedy)
        try:
            value = timedelta(seconds=sum(int(n) * _UNITS[unit] for n, unit in re.findall(r"(\d+)([smhdw])", compact)))
        except OverflowError:
            value = timedelta.max
        if value < least:
            raise refuse(raw, "is too short", f"use {spoken(least)} or more")
        if value > most:
            raise refuse(raw, "is too long", f"use {spoken(most)} or less")
        return value

    return read


def spoken(value: timedelta) -> str:
    """Return a duration in the notation in which it is written: ``1h30m``."""
    left, parts = int(value.total_seconds()), []
    for unit in ("d", "h", "m", "s"):
        count, left = divmod(left, _UNITS[unit])
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


def size(raw: object) -> int:
    """Read a size in bytes, like ``5GB`` (10^9 bytes each) or ``5GiB`` (2^30)."""
    if raw == 0 and not isinstance(raw, bool):
        return 0
    found = _SIZE.fullmatch(raw.strip()) if isinstance(raw, str) else None
    if not found:
        raise refuse(raw, "is not a size", "use a number with a unit, like 500MB, 5GB or 5GiB")
    return int(float(found[1]) * _SIZES[found[2].lower()])


def one_of(kind: type[E]) -> Callable[[object], E]:
    """Return a reader of the values of an enum."""
    words = [str(member.value) for member in kind]

    def read(raw: object) -> E:
        if isinstance(raw, str) and raw.lower() in words:
            return kind(str(raw.lower()))
        if isinstance(raw, bool):
            raise refuse(raw, "is what YAML reads for an unquoted on, off, yes or no", f"use {choices(words)}")
        hint = meant(raw.lower(), words) if isinstance(raw, str) else ""
        raise refuse(raw, f"is not one of {', '.join(words)}", f"{hint}use {choices(words)}")

    return read


def update_name(raw: object) -> str:
    """Read ``KB5068861``, the id of an update, or a package: ``winget:Mozilla.Firefox``, with ``@version`` or without.

    Return the KB in capitals, the id in small letters, the package as it is written.
    """
    if isinstance(raw, str) and _PACKAGE.fullmatch(raw):
        return raw
    if isinstance(raw, str) and _UPDATE.fullmatch(raw):
        return raw.upper() if raw[:2].upper() == "KB" else raw.lower()
    if (isinstance(raw, int) and not isinstance(raw, bool)) or (isinstance(raw, str) and re.fullmatch(r"\d{6,8}", raw)):
        raise refuse(raw, "is not the name of an update", f"write KB{raw}")
    raise refuse(raw, "is not the name of an update", "use a KB number like KB5068861, or an update id")


def clock(raw: object, midnight_ends: bool = False) -> time:
    """Read ``"16:00"``. With ``midnight_ends``, ``24:00`` is the end of the day."""
    if isinstance(raw, int) and not isinstance(raw, bool):
        if 0 <= raw <= 1440:
            told = f"{raw // 60:02d}:{raw % 60:02d}"
            fault = f"is a number: YAML reads an unquoted {told} as {raw} (base 60)"
            raise refuse(raw, fault, f'put the time in quotes: "{told}"')
        raise refuse(raw, "is not a time of day", 'use a time in quotes, from "00:00" to "23:59"')
    found = re.fullmatch(r"(\d{1,2}):(\d{2})", raw) if isinstance(raw, str) else None
    if found and midnight_ends and raw == "24:00":
        return time(0)
    if not found or int(found[1]) > 23 or int(found[2]) > 59:
        raise refuse(raw, "is not a time of day", 'use a time in quotes, from "00:00" to "23:59"')
    return time(int(found[1]), int(found[2]))


def weekdays(raw: object) -> frozenset[int]:
    """Read ``[mon, wed]``, ``"mon,wed"``, ``mon-fri`` or ``daily`` as numbers, Monday 0."""
    words = raw.split(",") if isinstance(raw, str) else raw
    if not isinstance(words, (list, tuple)):
        raise refuse(raw, "is not a list of weekdays", _WEEKDAY_REMEDY)
    gather, days = Gather(), set[int]()
    for word in words:
        days |= gather.read("", _weekday_range, word) or set()
    gather.done()
    if not days:
        raise refuse(raw, "names no day, so the window never opens", _WEEKDAY_REMEDY)
    return frozenset(days)


def _weekday_range(word: object) -> set[int]:
    """Read ``mon``, ``fri-mon`` or ``daily``."""
    if not isinstance(word, str):
        raise refuse(word, "is not a weekday", _WEEKDAY_REMEDY)
    if word.strip().lower() == "daily":
        return set(range(7))
    ends = [part.strip().lower() for part in word.split("-")]
    if len(ends) > 2 or any(end not in WEEKDAYS for end in ends):
        raise refuse(word.strip(), "is not a weekday", _WEEKDAY_REMEDY)
    first, last = WEEKDAYS.index(ends[0]), WEEKDAYS.index(ends[-1])
    return {(first + n) % 7 for n in range((last - first) % 7 + 1)}


def zone(raw: object) -> ZoneInfo:
    """Read the name of an IANA time zone."""
    if not isinstance(raw, str):
        raise refuse(raw, "is not the name of a time zone", "use an IANA name like Europe/London")
    found = _zone(str(raw))
    if found is None:
        near = _near_zones(str(raw))
        hint = f"did you mean {choices(near)}?" if near else "use an IANA name like Europe/London"
        raise refuse(raw, "is not a time zone", hint)
    return found


@lru_cache(maxsize=256)
def _zone(name: str) -> ZoneInfo | None:
    """Return the zone, or None when there is none of that name."""
    try:
        return ZoneInfo(name) if name in available_timezones() else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _near_zones(name: str) -> list[str]:
    """Return up to three names of zones that look or end like ``name``."""
    known = sorted(available_timezones())
    low, city = name.lower().replace(" ", "_"), name.lower().replace(" ", "_").rpartition("/")[2]
    ends = [zone for zone in known if city and zone.lower().rpartition("/")[2] == city]
    by_case = {zone.lower(): zone for zone in known}
    near = [by_case[found] for found in difflib.get_close_matches(low, by_case, n=3, cutoff=0.85)]
    return list(dict.fromkeys(ends + near))[:3]


def set_of(read: Callable[[object], T]) -> Callable[[object], frozenset[T]]:
    """Return a reader of lists of what ``read`` reads."""

    def read_all(raw: object) -> frozenset[T]:
        if not isinstance(raw, (list, tuple)):
            raise refuse(raw, "is not a list", "write a list, like [a, b], also for one item")
        gather = Gather()
        found = [gather.read(f"[{number}]", read, item) for number, item in enumerate(raw)]
        gather.done()
        return frozenset(item for item in found if item is not None)

    return read_all
