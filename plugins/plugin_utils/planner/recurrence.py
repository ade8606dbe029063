# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Recurrence rules (RFC 5545) in local wall-clock time; the work is done by python-dateutil.

A rule is text, on one line or several: ``[DTSTART[;TZID=zone]:20261201T220000] [RRULE:]FREQ=...``.
All its times are wall-clock times of the policy's zone. What is refused, and why:

- a TZID, or a DTSTART in UTC, that is not the policy's zone: the window would not be where it is read to be;
- a rule that needs an anchor (INTERVAL above 1, COUNT, no hour, no day) and has no DTSTART to give it;
- FREQ below DAILY (BYHOUR lists several hours), EXDATE, RDATE, several rules (give several windows).

Without DTSTART a rule is anchored at 2000-01-01T00:00:00. UNTIL with ``Z`` is an instant, without it a
wall-clock time; a bare date includes that day. A DTSTART that does not match the rule does not open.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo

try:
    from dateutil.rrule import rrule, rrulestr
except ImportError:
    HAS_DATEUTIL = False
else:
    HAS_DATEUTIL = True

ANCHOR = datetime.combine(date(2000, 1, 1), time())
_FREQUENCIES = ("YEARLY", "MONTHLY", "WEEKLY", "DAILY")
_DAY_PARTS = {
    "YEARLY": ("BYDAY", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYEASTER"),
    "MONTHLY": ("BYDAY", "BYMONTHDAY"),
    "WEEKLY": ("BYDAY",),
    "DAILY": (),
}
_KNOWN = {
    "FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYSETPOS", "BYMONTH", "BYMONTHDAY", "BYYEARDAY",
    "BYWEEKNO", "BYDAY", "BYEASTER", "BYHOUR", "BYMINUTE", "BYSECOND",
}  # fmt: skip
_STAMP = re.compile(r"(\d{8})(?:T(\d{6})(Z?))?")


class RecurrenceError(ValueError):
    """A rule that cannot be used; the message says what is wrong and what to write instead."""


@dataclass(frozen=True, slots=True)
class Recurrence:
    """A parsed rule. All times are naive wall-clock times of the zone it was parsed for."""

    rule: rrule

    def between(self, start: datetime, end: datetime) -> list[datetime]:
        """Return the openings in [start, end), in order."""
        return [wall for wall in self.rule.between(start, end, inc=True) if wall < end]

    def first(self) -> datetime | None:
        """Return the first opening of all, or None when no date matches the rule."""
        return next(iter(self.rule), None)

    def first_from(self, start: datetime) -> datetime | None:
        """Return the first opening at or after ``start``, or None when the rule has ended."""
        found: datetime | None = self.rule.after(start, inc=True)
        return found


@lru_cache(maxsize=512)
def parse(text: str, zone: ZoneInfo) -> Recurrence:
    """Return the recurrence that ``text`` describes in ``zone``. Raises RecurrenceError."""
    anchor: datetime | None = None
    rules: list[str] = []
    for word in text.split():
        name, _colon, value = word.rpartition(":")
        kind = name.partition(";")[0].upper()
        if kind == "DTSTART" and anchor is None:
            anchor = _start(name, value, zone)
        elif kind in ("RRULE", ""):
            rules.append(value)
        else:
            raise RecurrenceError(f"{kind} is not supported; use one DTSTART and one RRULE, and a window for each rule")
    if len(rules) != 1:
        raise RecurrenceError(f"{text!r} holds {len(rules)} rules; use exactly one, like FREQ=WEEKLY;BYDAY=SU;BYHOUR=1")
    parts = _parts(rules[0])
    if anchor is None:
        _needs_no_anchor(parts)
    if "UNTIL" in parts:
        parts["UNTIL"] = f"{_until(parts['UNTIL'], zone):%Y%m%dT%H%M%S}"
    if anchor is None:
        parts = {"BYMINUTE": "0", "BYSECOND": "0", **parts}
    if not HAS_DATEUTIL:
        raise RecurrenceError(f"{rules[0]!r} needs the Python library python-dateutil on the controller")
    try:
        rule = rrulestr(";".join(f"{key}={value}" for key, value in parts.items()), dtstart=anchor or ANCHOR)
    except (ValueError, TypeError, IndexError, OverflowError) as exc:
        raise RecurrenceError(f"{rules[0]!r} is not a recurrence rule ({exc}); see RFC 5545, 3.3.10") from exc
    if not isinstance(rule, rrule):
        raise RecurrenceError(f"{rules[0]!r} is a set of rules; give several windows")
    return Recurrence(rule)


def _parts(rule: str) -> dict[str, str]:
    """Split ``FREQ=DAILY;BYHOUR=1`` and check what dateutil lets through."""
    parts: dict[str, str] = {}
    for pair in rule.strip(";").split(";"):
        key, equals, value = pair.partition("=")
        key = key.upper()
        if not equals or not value or key not in _KNOWN or key in parts:
            raise RecurrenceError(f"{pair!r} is not a part of a recurrence rule; use NAME=value once each, "
                                  f"like FREQ=MONTHLY;BYDAY=2TU;BYHOUR=22")  # fmt: skip
        parts[key] = value.upper()
    if parts.get("FREQ") not in _FREQUENCIES:
        raise RecurrenceError(
            f"FREQ={parts.get('FREQ', '')} cannot open a window; use YEARLY, MONTHLY, WEEKLY or DAILY"
        )
    for key in ("INTERVAL", "COUNT"):
        if not re.fullmatch(r"0*[1-9]\d*", parts.get(key, "1")):
            raise RecurrenceError(f"{key}={parts[key]} is not a number above zero; use {key}=1 or more")
    if "COUNT" in parts and "UNTIL" in parts:
        raise RecurrenceError("COUNT and UNTIL exclude each other; use one of them")
    return parts


def _needs_no_anchor(parts: dict[str, str]) -> None:
    """Raise RecurrenceError when only a DTSTART could say when the rule opens."""
    remedy = "add DTSTART:20260105T220000 before the rule"
    if int(parts.get("INTERVAL", "1")) > 1:
        raise RecurrenceError(f"INTERVAL={parts['INTERVAL']} has to count from somewhere; {remedy}")
    if "COUNT" in parts:
        raise RecurrenceError(f"COUNT={parts['COUNT']} has to count from somewhere; {remedy}")
    if "BYHOUR" not in parts:
        raise RecurrenceError(f"the rule does not say at what hour it opens; add BYHOUR, or {remedy}")
    choices = _DAY_PARTS[parts["FREQ"]]
    if choices and not any(choice in parts for choice in choices):
        raise RecurrenceError(f"the rule does not say on which day it opens; add {choices[0]}, or {remedy}")


def _start(name: str, value: str, zone: ZoneInfo) -> datetime:
    """Return DTSTART as naive wall-clock time of ``zone``; refuse one that is bound to another zone."""
    for option in name.split(";")[1:]:
        key, _equals, given = option.partition("=")
        if key.upper() == "TZID" and given != zone.key:
            raise RecurrenceError(
                f"DTSTART is in {given} and the policy in {zone.key}; write it in local time without TZID"
            )
        if key.upper() not in ("TZID", "VALUE"):
            raise RecurrenceError(f"DTSTART;{option} is not supported; use DTSTART:20261201T220000")
    found = _STAMP.fullmatch(value.upper())
    if not found or not found[2]:
        raise RecurrenceError(f"DTSTART {value!r} is not a date with a time; use the form 20261201T220000")
    if found[3] and zone.key not in ("UTC", "Etc/UTC"):
        raise RecurrenceError(
            f"DTSTART {value!r} is in UTC and the policy in {zone.key}; write it in local time without Z"
        )
    return _stamp(found[1], found[2])


def _until(value: str, zone: ZoneInfo) -> datetime:
    """Return UNTIL as naive wall-clock time of ``zone``, the last opening that it allows."""
    found = _STAMP.fullmatch(value)
    if not found:
        raise RecurrenceError(f"UNTIL {value!r} is not a date; use the form 20261231 or 20261231T235959")
    if not found[2]:
        return datetime.combine(_stamp(found[1], "000000"), time(23, 59, 59))
    until = _stamp(found[1], found[2])
    return until.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None) if found[3] else until


def _stamp(day: str, clock: str) -> datetime:
    """Return the naive time of ``20261201`` and ``220000``; raise RecurrenceError when there is no such time."""
    try:
        return datetime.fromisoformat(f"{day}T{clock}")
    except ValueError as exc:
        raise RecurrenceError(
            f"{day}T{clock} is not a date with a time that exists; use the form 20261201T220000"
        ) from exc
