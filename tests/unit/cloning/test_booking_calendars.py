# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Booking calendars: what takes a room, whose room it is, and which calendars are refused."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.cloning.bookings import (
    CalendarError,
    ReadCalendar,
    read_calendar,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.cloning.policy import CalendarSource

ROME = ZoneInfo("Europe/Rome")
START, END = datetime(2027, 1, 1, tzinfo=UTC), datetime(2027, 12, 31, tzinfo=UTC)
ROOMS = ["B-204", "B-20", "Lab 3"]
BY_LOCATION = CalendarSource("rooms.ics", by_location=True)
EVERYWHERE = CalendarSource("rooms.ics")


def calendar(*events: str, head: str = "") -> bytes:
    """Return a calendar; each event is its lines with ``|`` between them."""
    blocks = ["BEGIN:VCALENDAR|VERSION:2.0|PRODID:test", *([head] if head else [])]
    for number, event in enumerate(events):
        blocks.append(f"BEGIN:VEVENT|UID:{number}|DTSTAMP:20270101T000000Z|{event}|END:VEVENT")
    return "|".join([*blocks, "END:VCALENDAR", ""]).replace("|", "\r\n").encode()


def read(content: bytes, source: CalendarSource = EVERYWHERE) -> ReadCalendar:
    return read_calendar(content, source, ROOMS, START, END, ROME)


def spans(content: bytes) -> list[str]:
    return [f"{one.start:%m-%d %H:%M} {one.end:%m-%d %H:%M}" for one in read(content).bookings]


def test_a_lecture_keeps_its_wall_clock_time_over_the_change_of_the_clocks() -> None:
    weekly = "DTSTART;TZID=Europe/Rome:20270322T180000|DURATION:PT2H|RRULE:FREQ=WEEKLY;COUNT=2"
    assert spans(calendar(weekly)) == ["03-22 17:00 03-22 19:00", "03-29 16:00 03-29 18:00"]


def test_an_event_of_microsofts_zone_names_is_understood() -> None:
    event = "DTSTART;TZID=W. Europe Standard Time:20270701T180000|DTEND;TZID=W. Europe Standard Time:20270701T190000"
    assert spans(calendar(event)) == ["07-01 16:00 07-01 17:00"]


def test_a_time_without_a_zone_is_local_and_a_day_is_a_local_day() -> None:
    assert spans(calendar("DTSTART:20270701T180000|DTEND:20270701T190000")) == ["07-01 16:00 07-01 17:00"]
    assert spans(calendar("DTSTART;VALUE=DATE:20270701")) == ["06-30 22:00 07-01 22:00"]


def test_what_is_cancelled_or_transparent_takes_nothing() -> None:
    event = "DTSTART:20270701T180000|DTEND:20270701T190000"
    assert spans(calendar(f"{event}|STATUS:CANCELLED", f"{event}|TRANSP:TRANSPARENT")) == []
    assert spans(calendar(f"{event}|STATUS:TENTATIVE|TRANSP:OPAQUE")) == ["07-01 16:00 07-01 17:00"]


def test_extra_dates_count_and_excepted_ones_do_not() -> None:
    event = (
        "DTSTART;TZID=Europe/Rome:20270701T180000|DURATION:PT1H|RRULE:FREQ=DAILY;COUNT=3"
        "|EXDATE;TZID=Europe/Rome:20270702T180000|RDATE;TZID=Europe/Rome:20270710T200000"
    )
    assert spans(calendar(event)) == [
        "07-01 16:00 07-01 17:00",
        "07-03 16:00 07-03 17:00",
        "07-10 18:00 07-10 19:00",
    ]


@pytest.mark.parametrize(
    ("place", "whose"),
    [
        ("B-204", ["B-204"]),
        ("Building B\\, room b 204 (PC)", ["B-204"]),
        ("B-20\\, Lab-3", ["B-20", "Lab 3"]),
        ("B-2045", []),
        ("Aula Magna", []),
    ],
)
def test_a_location_names_rooms_as_whole_words(place: str, whose: list[str]) -> None:
    found = read(calendar(f"DTSTART:20270701T180000|DURATION:PT1H|LOCATION:{place}"), BY_LOCATION)
    assert [one.room for one in found.bookings] == whose
    assert bool(found.notes) == (not whose)


def test_without_a_location_an_event_takes_every_room() -> None:
    (found,) = read(calendar("DTSTART:20270701T180000|DURATION:PT1H"), BY_LOCATION).bookings
    assert found.room is None


def test_a_calendar_of_named_rooms_takes_each_of_them() -> None:
    source = CalendarSource("two.ics", frozenset({"B-20", "B-204"}))
    found = read(calendar("DTSTART:20270701T180000|DURATION:PT1H|LOCATION:elsewhere"), source)
    assert [one.room for one in found.bookings] == ["B-20", "B-204"]


def test_an_empty_calendar_is_worth_a_word() -> None:
    assert read(calendar()).notes == ("rooms.ics: holds no event from 2027-01-01 to 2027-12-31",)


REFUSED = {
    "a login page": (b"<html>please log in</html>", "is no calendar that can be read"),
    "nothing": (b"", "is no calendar|holds no VCALENDAR"),
    "half a calendar": (calendar("DTSTART:20270701T180000").partition(b"END:VEVENT")[0], "is no calendar|VCALENDAR"),
    "a time that is none": (
        calendar("SUMMARY:Exam|DTSTART:soon"),
        "rooms.ics: event 'Exam': DTSTART cannot be read .*; correct it in the calendar",
    ),
    "a rule that is none": (
        calendar("SUMMARY:Exam|DTSTART:20270701T180000Z|RRULE:FREQ=OFTEN"),
        "rooms.ics: event 'Exam': RRULE cannot be read",
    ),
    "an event without a beginning": (calendar("SUMMARY:Exam"), "event 'Exam': DTSTART is missing"),
    "a zone that nobody knows": (
        calendar("SUMMARY:Exam|DTSTART;TZID=Mars/Base:20270701T180000"),
        "event 'Exam': DTSTART: 'Mars/Base' is no time zone that is known",
    ),
    "a rule without end in seconds": (
        calendar("SUMMARY:Flood|DTSTART:20270701T180000Z|RRULE:FREQ=SECONDLY"),
        "event 'Flood': recurs every minute or second",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_calendar_that_is_not_understood_entirely_is_refused(name: str) -> None:
    content, told = REFUSED[name]
    with pytest.raises(CalendarError, match=told) as caught:
        read(content)
    assert "\n" not in str(caught.value)
