# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A window of a policy as the text that AWX takes for its openings: ``DTSTART;TZID=zone:... RRULE:...``.

The planner's calendar stays the only one: every text is compared with it over six years before it is handed out, and a
window whose openings AWX cannot be told exactly is refused with what to write instead. What AWX 24.6.1 refuses is
avoided: a rule without INTERVAL, ``BYDAY=2TU``, COUNT above 999, a second DTSTART, RDATE and EXDATE.

DTSTART never depends on today, so that the same window gives the same text for ever.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import groupby
from zoneinfo import ZoneInfo

from ..planner.calendar import Window, occurrences
from ..planner.recurrence import parse
from .firing import HAS_DATEUTIL, fires

EPOCH = date(2026, 1, 1)  # no earlier day needs a patrol
COMPARED = 6  # years, from EPOCH: enough to tell a second Sunday from a last one
MOST = 999  # COUNT
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_NTH = re.compile(r"([+-]?\d+)([A-Z]{2})")
_TIMES = ("BYHOUR", "BYMINUTE", "BYSECOND")


class RuleError(ValueError):
    """A window that AWX cannot be told. The message says what and what to write instead."""


@lru_cache(maxsize=512)
def rule_of(window: Window, zone: ZoneInfo) -> str:
    """Return the text whose firing instants are the openings of ``window``. Raises RuleError."""
    if not HAS_DATEUTIL:
        raise RuleError("schedules need the Python library python-dateutil on the controller")
    text = _of_days(window, zone) if window.rrule is None else _of_rule(window.rrule, zone)
    missed, wrong = _differences(text, window, zone)
    first = min(missed | wrong, default=None)
    if missed and not wrong:
        skipped = _of_skipped(missed, zone)
        if skipped is not None:
            until = re.search(r";UNTIL=\w+", text)
            text = f"{text} {skipped}{until[0] if until else ''}"
            missed, wrong = _differences(text, window, zone)
    if first is not None and (missed or wrong):
        day = f"{first.astimezone(zone):%Y-%m-%d}"
        raise RuleError(
            f"{_said(window)} in {zone.key} cannot be told to AWX exactly: on {day} its clock is set, and they differ; "
            "let the window open outside the hour that is skipped, or give a rule for each month and time"
        )
    return text


def every(minutes: int) -> str:
    """Return the text that fires every so many minutes. Raises RuleError unless a day is a multiple of them."""
    if minutes < 1 or 1440 % minutes:
        raise RuleError(f"{minutes} minutes do not divide a day; use 5, 10, 15, 20, 30 or 60 minutes")
    return f"DTSTART:{EPOCH:%Y%m%d}T000000Z RRULE:FREQ=MINUTELY;INTERVAL={minutes}"


def daily(at: time, zone: ZoneInfo) -> str:
    """Return the text that fires once a day at a local time."""
    return rule_of(Window(frozenset(range(7)), at, at), zone)


def _of_days(window: Window, zone: ZoneInfo) -> str:
    """Return the text for days and a start; DTSTART is the first such day from EPOCH on."""
    if window.start is None or not window.days:
        raise RuleError(f"{_said(window)} never opens; leave it out")
    first = next(day for n in range(7) if (day := EPOCH + timedelta(days=n)).weekday() in window.days)
    names = ",".join(_DAYS[day] for day in sorted(window.days))
    rule = "FREQ=DAILY;INTERVAL=1" if len(window.days) == 7 else f"FREQ=WEEKLY;INTERVAL=1;BYDAY={names}"
    return f"{_start(datetime.combine(first, window.start), zone)} RRULE:{rule}"


def _of_rule(raw: str, zone: ZoneInfo) -> str:
    """Return the text for a rule of the policy, in the words that AWX takes."""
    head, _newline, body = str(parse(raw, zone).rule).partition("\n")  # dateutil writes DTSTART:... and RRULE:...
    parts = dict(pair.split("=", 1) for pair in body.removeprefix("RRULE:").split(";"))
    if int(parts.get("COUNT", "1")) > MOST:
        raise RuleError(f"{raw!r}: COUNT={parts['COUNT']} is more than the {MOST} that AWX takes; use UNTIL")
    if "UNTIL" in parts:
        until = datetime.fromisoformat(parts["UNTIL"]).replace(tzinfo=zone).astimezone(UTC)
        parts["UNTIL"] = f"{until:%Y%m%dT%H%M%SZ}"
    start = datetime.fromisoformat(head.removeprefix("DTSTART:"))
    return " ".join([_start(start, zone), *(f"RRULE:{_joined(one)}" for one in _without_numbers(parts, raw))])


def _without_numbers(parts: dict[str, str], raw: str) -> Iterator[dict[str, str]]:
    """Yield the rules that say ``BYDAY=+2TU`` as ``BYDAY=TU;BYSETPOS=2``; one rule for each weekday, month and time."""
    days = [_NTH.fullmatch(day) for day in parts.get("BYDAY", "").split(",")]
    if not any(days):
        yield parts
        return
    found = sorted((day[2], int(day[1])) for day in days if day)
    if len(found) != len(days) or "BYSETPOS" in parts or "COUNT" in parts or "BYMONTHDAY" in parts:
        raise RuleError(f"{raw!r} cannot be told to AWX, which takes no numbered days; give a rule for each of them")
    months = parts.get("BYMONTH", "").split(",") if parts["FREQ"] == "YEARLY" else [parts.get("BYMONTH", "")]
    for weekday, group in groupby(found, key=lambda day: day[0]):
        numbers = ",".join(str(number) for _day, number in group)
        for month in months:
            for times in _times(parts):
                kept = {key: value for key, value in parts.items() if key != "BYMONTH"} | times
                yield kept | ({"BYMONTH": month} if month else {}) | {"BYDAY": weekday, "BYSETPOS": numbers}


def _times(parts: dict[str, str]) -> Iterator[dict[str, str]]:
    """Yield each time of day of a rule by itself: BYSETPOS counts times, too."""
    given = [key for key in _TIMES if key in parts]
    combined: list[dict[str, str]] = [{}]
    for key in given:
        combined = [one | {key: value} for one in combined for value in parts[key].split(",")]
    yield from combined


def _of_skipped(missed: set[datetime], zone: ZoneInfo) -> str | None:
    """Return the rule for openings that spring changes move to the end of the hour that they skip.

    Changes of clocks follow a rule themselves, such as the last Sunday of March; None when these follow none.
    """
    local = [moment.astimezone(zone) for moment in sorted(missed)]
    if len({(day.month, day.weekday(), day.time()) for day in local}) != 1:
        return None
    first = local[0]
    for position in (_from_the_front, _from_the_back):
        places = {position(day.date()) for day in local}
        if len(places) == 1:
            return (
                f"RRULE:FREQ=YEARLY;INTERVAL=1;BYMONTH={first.month};BYDAY={_DAYS[first.weekday()]};"
                f"BYSETPOS={places.pop()};BYHOUR={first.hour};BYMINUTE={first.minute};BYSECOND={first.second}"
            )
    return None


def _from_the_front(day: date) -> int:
    return (day.day + 6) // 7


def _from_the_back(day: date) -> int:
    last = (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return -((last.day - day.day) // 7 + 1)


def _differences(text: str, window: Window, zone: ZoneInfo) -> tuple[set[datetime], set[datetime]]:
    """Return the openings that AWX misses, and the instants at which it fires and nothing opens."""
    start = datetime.combine(EPOCH, time(), UTC) + timedelta(days=1)
    end = start.replace(year=start.year + COMPARED)
    opens = {o.opens for o in occurrences((window,), start, end, zone) if o.opens >= start}
    fired = set(fires(text, start, end))
    return opens - fired, fired - opens


def _start(wall: datetime, zone: ZoneInfo) -> str:
    return f"DTSTART;TZID={zone.key}:{wall:%Y%m%dT%H%M%S}"


def _joined(parts: dict[str, str]) -> str:
    """Write a rule with its FREQ and INTERVAL first."""
    head = {"FREQ": parts["FREQ"], "INTERVAL": parts.get("INTERVAL", "1")}
    return ";".join(f"{key}={value}" for key, value in (head | parts).items())


def _said(window: Window) -> str:
    """Name a window in a message."""
    if window.rrule is not None:
        return f"the window {window.rrule!r}"
    days: Sequence[str] = [_DAYS[day].lower() for day in sorted(window.days)]
    return f"the window at {window.start:%H:%M} ({', '.join(days)})" if window.start else "a window"
