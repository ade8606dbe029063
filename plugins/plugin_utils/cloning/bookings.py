# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Booking calendars (RFC 5545): which room is taken from when to when.

Recurrences, exceptions and overrides are worked out by recurring-ical-events, the syntax and the zones by icalendar;
both are imported when the first calendar is read. The rules that are ours:

1. A calendar that cannot be understood entirely is refused, whole: what it hides might be an exam.
2. An event that is cancelled (STATUS) takes nothing, nor does one that is transparent (TRANSP, RFC 5545 3.8.2.7).
3. A day without a time, and a time without a zone, are local in the campaign's zone, or in that of X-WR-TIMEZONE.
4. By location, an event belongs to the rooms whose names stand in its LOCATION as whole words; one without LOCATION
   to every room; one that names no room of the campaign to none, and its location is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from importlib.util import find_spec
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from ..planner.calendar import instant
from ..register.groups import group_part
from .model import Booking
from .policy import CalendarSource

LIBRARIES = ("icalendar", "recurring_ical_events")
MOST_EVENTS = 200_000
_UNTITLED = "an event without a title"
_TOO_OFTEN = ("SECONDLY", "MINUTELY")


class CalendarError(ValueError):
    """A calendar cannot be used. The message says what is wrong with it and what to do, on one line."""


@dataclass(frozen=True, slots=True)
class ReadCalendar:
    """What one calendar says of a span of time. ``notes``: what a person should know of it."""

    bookings: tuple[Booking, ...]
    notes: tuple[str, ...] = ()


def missing_libraries() -> tuple[str, ...]:
    """Return which of the libraries are not here, by the names of their packages."""
    return tuple(name.replace("_", "-") for name in LIBRARIES if find_spec(name) is None)


def read_calendar(
    content: bytes, source: CalendarSource, rooms: Sequence[str], start: datetime, end: datetime, zone: ZoneInfo
) -> ReadCalendar:
    """Return what a calendar holds between two instants (aware), for ``rooms``.

    ``zone``: of days and of times that name none. Raises CalendarError.
    """
    name = source.source
    try:
        events = _events(content, start, end, zone)
        notes = [] if events else [f"{name}: holds no event from {start:%Y-%m-%d} to {end:%Y-%m-%d}"]
        found, nowhere = list[Booking](), set[str]()
        for event in events:
            if _takes_nothing(event):
                continue
            begins, ends = _span(event, zone)
            if begins >= end or ends <= start:
                continue
            title, place = _text(event, "SUMMARY") or _UNTITLED, _text(event, "LOCATION")
            whose = list(_rooms(source, place, rooms))
            if not whose:
                nowhere.add(place)
            found += [Booking(begins, ends, title, name, room) for room in whose]
    except CalendarError as wrong:
        raise CalendarError(f"{name}: {wrong}") from wrong
    if nowhere:
        shown = ", ".join(repr(place) for place in sorted(nowhere)[:5])
        notes.append(f"{name}: {len(nowhere)} locations name no room of this campaign: {shown}")
    return ReadCalendar(tuple(sorted(found, key=lambda b: (b.start, b.end, b.room or "", b.title))), tuple(notes))


def _events(content: bytes, start: datetime, end: datetime, zone: ZoneInfo) -> list[Any]:
    """Return the occurrences of a calendar in a span, as components of icalendar."""
    missing = missing_libraries()
    if missing:
        raise CalendarError(f"needs {' and '.join(missing)}; pip install {' '.join(missing)} on the controller")
    import icalendar
    import recurring_ical_events

    try:
        calendars = icalendar.Calendar.from_ical(content, multiple=True)
    except Exception as wrong:  # a parser of foreign text raises whatever it runs into
        raise CalendarError(f"is no calendar that can be read ({_line(wrong)}); export it anew as iCalendar") from wrong
    if not calendars or any(calendar.name != "VCALENDAR" for calendar in calendars):
        raise CalendarError("holds no VCALENDAR; export it anew as iCalendar")
    found: list[Any] = []
    for calendar in calendars:
        for event in calendar.walk("VEVENT"):
            _check(event)
        try:
            # A day more on each side: times without a zone are taken as UTC by the query and are not.
            query = recurring_ical_events.of(calendar).between(start - timedelta(days=1), end + timedelta(days=1))
            found += islice(query, MOST_EVENTS + 1)
        except Exception as wrong:
            raise CalendarError(f"has recurrences that cannot be worked out ({_line(wrong)}); correct them") from wrong
        if len(found) > MOST_EVENTS:
            raise CalendarError(f"holds more than {MOST_EVENTS} events; export fewer rooms or a shorter time")
    return found


def _check(event: Any) -> None:
    """Refuse an event of which a part was not understood, or that would never come to an end."""
    title = _text(event, "SUMMARY") or _text(event, "UID") or _UNTITLED
    for part, why in event.errors:
        raise CalendarError(f"event {title!r}: {part} cannot be read ({_line(why)}); correct it in the calendar")
    if event.get("DTSTART") is None:
        raise CalendarError(f"event {title!r}: DTSTART is missing; correct it in the calendar")
    for part in ("DTSTART", "DTEND", "RECURRENCE-ID"):
        value = event.get(part)
        asked = value.params.get("TZID") if value is not None else None
        if asked and isinstance(value.dt, datetime) and value.dt.tzinfo is None:
            raise CalendarError(f"event {title!r}: {part}: {asked!r} is no time zone that is known; use an IANA name")
    rules = event.get("RRULE") or []
    for rule in rules if isinstance(rules, list) else [rules]:
        if any(str(often).upper() in _TOO_OFTEN for often in rule.get("FREQ", [])):
            raise CalendarError(f"event {title!r}: recurs every minute or second; no booking does")


def _takes_nothing(event: Any) -> bool:
    return _text(event, "STATUS").upper() == "CANCELLED" or _text(event, "TRANSP").upper() == "TRANSPARENT"


def _span(event: Any, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return from when to when an occurrence lasts, in UTC."""
    begins, ends = event["DTSTART"].dt, event["DTEND"].dt
    return _instant(begins, zone), _instant(ends, zone)


def _instant(value: date | datetime, zone: ZoneInfo) -> datetime:
    if not isinstance(value, datetime):
        return instant(datetime.combine(value, time()), zone)
    return instant(value, zone) if value.tzinfo is None else value.astimezone(UTC)


def _rooms(source: CalendarSource, place: str, rooms: Iterable[str]) -> Iterator[str | None]:
    """Yield whose booking an event is: names of rooms, or None for all."""
    if not source.by_location:
        yield from sorted(source.rooms) if source.rooms else [None]
    elif not place:
        yield None
    else:
        text = f"_{group_part(place)}_"
        yield from (room for room in rooms if f"_{group_part(room)}_" in text)


def _text(event: Any, name: str) -> str:
    found = event.get(name)
    return " ".join(str(found).split()) if found is not None else ""


def _line(wrong: object) -> str:
    text = " ".join(str(wrong).split()) or type(wrong).__name__
    return text if len(text) <= 120 else f"{text[:117]}..."
