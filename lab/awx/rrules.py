# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Recurrence rules as AWX 24.6.1 judges and previews them, with its refusals in its order; dateutil does the work."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from dateutil.rrule import MINUTELY, rruleset, rrulestr
from dateutil.tz import datetime_exists

_START = re.compile(r"DTSTART(?:;[^:]+)?:\d+T\d+Z?")
_NAIVE = re.compile(r"DTSTART:\d+T\d+ ")
_RULE = re.compile(r"RULE:\S*")
_NO_ZONE = "A valid TZID must be provided (e.g., America/New_York)"
_LOOKED_AHEAD = 20  # instants that a preview looks at, for the ten that it shows


def faults(text: str) -> list[str]:
    """Return what AWX would say against a rule; nothing when it takes it."""
    starts, said = _START.findall(text), list[str]()
    if not starts:
        said.append("Valid DTSTART required in rrule. Value should start with: DTSTART:YYYYMMDDTHHMMSSZ")
    if _NAIVE.search(text):
        said.append("DTSTART cannot be a naive datetime.  Specify ;TZINFO= or YYYYMMDDTHHMMSSZZ.")
    if len(starts) > 1:
        said.append("Multiple DTSTART is not supported.")
    if "rrule:" not in text.lower():
        said.append("One or more rule required in rrule.")
    for what in ("EXDATE", "RDATE"):
        if f"{what.lower()}:" in text.lower():
            return [f"{what} not allowed in rrule."]
    for rule in _RULE.findall(text):
        said += _of_one(rule)
    try:
        read(text)
    except (ValueError, TypeError, KeyError) as wrong:
        said.append(f"rrule parsing failed validation: {wrong}")
    return said


def _of_one(rule: str) -> list[str]:
    said = []
    if "interval" not in rule.lower():
        said.append(f"INTERVAL required in rrule: {rule}")
    elif "secondly" in rule.lower():
        said.append(f"SECONDLY is not supported: {rule}")
    if re.search(r"BYDAY[:=]\d+[a-zA-Z]{2}", rule):
        said.append(f"BYDAY with numeric prefix not supported: {rule}")
    if "COUNT" in rule and "UNTIL" in rule:
        said.append(f"RRULE may not contain both COUNT and UNTIL: {rule}")
    count = re.search(r"COUNT=(\d+)", rule)
    if count and int(count[1]) > 999:
        said.append(f"COUNT > 999 is unsupported: {rule}")
    return said


def read(text: str, now: datetime | None = None) -> rruleset:
    """Return the set of rules. With ``now``, a rule by minutes or hours begins a week before, as AWX makes it.

    Raises ValueError for what cannot be read and for a zone that is not known.
    """
    found: rruleset = rrulestr(text, forceset=True)
    for rule in _rules(found):
        if rule._dtstart.tzinfo is None:
            raise ValueError(_NO_ZONE)
    if now is not None and any(rule._freq >= MINUTELY - 1 and not rule._count for rule in _rules(found)):
        first = next(iter(found), None)
        if first is not None and now - first > timedelta(days=7):
            return read(re.sub(r"(DTSTART[^:]*):[^T]+T", rf"\1:{now - timedelta(days=7):%Y%m%d}T", text))
    return found


def _rules(found: rruleset) -> list[Any]:
    rules: list[Any] = getattr(found, "_rrule")  # noqa: B009  # no other way to them, for AWX either
    return rules


def preview(text: str, now: datetime) -> list[datetime]:
    """Return the next ten instants after ``now`` (aware), in the rule's own zone; skipped local times left out."""
    coming = islice(read(text, now).xafter(now), _LOOKED_AHEAD)
    return [moment for moment in coming if datetime_exists(moment)][:10]


def fires(text: str, start: datetime, end: datetime) -> list[datetime]:
    """Return the instants (UTC) in [start, end) at which AWX launches what is scheduled so."""
    found = []
    for moment in read(text).xafter(start, inc=True):
        instant = moment.astimezone(UTC)
        if instant >= end:
            break
        if datetime_exists(moment):
            found.append(instant)
    return found


def computed(text: str, now: datetime, *, enabled: bool = True) -> dict[str, str | None]:
    """Return what a schedule shows beside its rule: ``dtstart``, ``dtend``, ``next_run``, ``timezone``, ``until``."""
    rules = read(text, now)
    following = next(iter(preview(text, now)), None) if enabled else None
    first = next(iter(rules), None)
    ended = all(rule._until or rule._count for rule in _rules(rules))
    last = list(rules)[-1] if ended and first is not None else None
    zone = re.search(r"TZID=([^:]+):", text)
    until = re.search(r"UNTIL=(\w+)", text)
    return {
        "dtstart": _shown(first),
        "dtend": _shown(last),
        "next_run": _shown(following),
        "timezone": zone[1] if zone else "UTC",
        "until": datetime.strptime(until[1], "%Y%m%dT%H%M%SZ").isoformat() if until else "",  # noqa: DTZ007
    }


def _shown(moment: datetime | None) -> str | None:
    return None if moment is None else f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
