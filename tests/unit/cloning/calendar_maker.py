# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The booking calendars of an imaginary institute, written twice: as iCalendar, and as the instants that it means.

What it means is worked out by loops over dates, never by a library for recurrences. The text has what real exports
have: zones with and without VTIMEZONE, UTC, floating times, whole days, exceptions (EXDATE), moved and cancelled
occurrences (RECURRENCE-ID), folded lines, transparent events.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

HOME = ZoneInfo("Europe/Rome")
NEW_YORK = ZoneInfo("America/New_York")
WEEK = timedelta(days=7)
DAY = timedelta(days=1)
ROME_VTIMEZONE = """BEGIN:VTIMEZONE
TZID:Europe/Rome
BEGIN:STANDARD
DTSTART:19701025T030000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:19700329T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
END:DAYLIGHT
END:VTIMEZONE"""


def local(moment: datetime) -> str:
    """Return ``20270115T180000``."""
    return f"{moment:%Y%m%dT%H%M%S}"


class Bookings:
    """Collects events as text and as truth."""

    def __init__(self, rooms: Sequence[str]) -> None:
        self.rooms = rooms
        self.truth: dict[str, list[tuple[datetime, datetime]]] = defaultdict(list)
        self._events: list[str] = []

    def text(self) -> bytes:
        """Return the calendar, with CRLF and folded lines as RFC 5545 wants them."""
        head = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Institute//Rooms//EN", *ROME_VTIMEZONE.splitlines()]
        lines = [*head, *self._events, "END:VCALENDAR"]
        folded = ["\r\n ".join(line[at : at + 60] for at in range(0, len(line), 60)) for line in lines]
        return ("\r\n".join(folded) + "\r\n").encode()

    def _write(self, room: str | None, title: str, *lines: str, uid: str | None = None) -> str:
        uid = uid or f"{len(self._events)}@rooms.example.org"
        place = [f"LOCATION:Building B\\, room {room} (PC)"] if room else []
        stamp = "DTSTAMP:20260901T080000Z"
        self._events += ["BEGIN:VEVENT", f"UID:{uid}", stamp, f"SUMMARY:{title}", *place, *lines, "END:VEVENT"]
        return uid

    def _take(self, room: str | None, start: datetime, end: datetime) -> None:
        for one in [room] if room else self.rooms:
            self.truth[one].append((start.astimezone(UTC), end.astimezone(UTC)))

    def weekly(
        self,
        room: str,
        title: str,
        weekdays: Collection[int],
        clock: tuple[time, time],
        between: tuple[date, date],
        zone: ZoneInfo = HOME,
        without: Collection[date] = (),
        cancelled: Collection[date] = (),
        moved: Mapping[date, datetime] | None = None,
    ) -> None:
        """Add lectures: on weekdays, from clock to clock (past midnight when it ends earlier), in a zone.

        ``without``: EXDATE; ``cancelled``, ``moved`` (to a naive start): overrides.
        """
        moved = moved or {}
        names = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
        first = next(between[0] + DAY * n for n in range(7) if (between[0] + DAY * n).weekday() in weekdays)
        lasts = (datetime.combine(first, clock[1]) - datetime.combine(first, clock[0])) % DAY
        until = datetime.combine(between[1], time(23, 59, 59), tzinfo=zone).astimezone(UTC)
        days = ",".join(names[day] for day in sorted(weekdays))
        zone_name = f"TZID={zone.key}"
        begin = datetime.combine(first, clock[0])
        lines = [
            f"DTSTART;{zone_name}:{local(begin)}",
            f"DTEND;{zone_name}:{local(begin + lasts)}",
            f"RRULE:FREQ=WEEKLY;BYDAY={days};UNTIL={local(until)}Z",
        ]
        lines += [f"EXDATE;{zone_name}:{local(datetime.combine(day, clock[0]))}" for day in sorted(without)]
        uid = self._write(room, title, *lines)
        for day in sorted(cancelled):
            at = datetime.combine(day, clock[0])
            self._write(room, title, f"RECURRENCE-ID;{zone_name}:{local(at)}", f"DTSTART;{zone_name}:{local(at)}",
                        f"DTEND;{zone_name}:{local(at + lasts)}", "STATUS:CANCELLED", uid=uid)  # fmt: skip
        for day, to in sorted(moved.items()):
            at = datetime.combine(day, clock[0])
            spans = [f"DTSTART;{zone_name}:{local(to)}", f"DTEND;{zone_name}:{local(to + lasts)}"]
            self._write(room, f"{title} (moved)", f"RECURRENCE-ID;{zone_name}:{local(at)}", *spans, uid=uid)
            self._take(room, to.replace(tzinfo=zone), (to + lasts).replace(tzinfo=zone))
        day = first
        while day <= between[1]:
            if day.weekday() in weekdays and day not in {*without, *cancelled, *moved}:
                at = datetime.combine(day, clock[0])
                self._take(room, at.replace(tzinfo=zone), (at + lasts).replace(tzinfo=zone))
            day += DAY

    def whole_days(self, room: str | None, title: str, first: date, last: date) -> None:
        """Add days without times, ``last`` included; without a room for all of them."""
        beyond = last + DAY
        self._write(room, title, f"DTSTART;VALUE=DATE:{first:%Y%m%d}", f"DTEND;VALUE=DATE:{beyond:%Y%m%d}")
        self._take(room, datetime.combine(first, time(), tzinfo=HOME), datetime.combine(beyond, time(), tzinfo=HOME))

    def once(self, room: str, title: str, start: datetime, hours: int, form: str) -> None:
        """Add one event. ``form``: utc (start in UTC), floating (naive, local), or transparent (takes nothing)."""
        mark = "Z" if form == "utc" else ""
        extra = ["TRANSP:TRANSPARENT"] if form == "transparent" else []
        self._write(room, title, f"DTSTART:{local(start)}{mark}", f"DURATION:PT{hours}H", *extra)
        if form != "transparent":
            begin = start.replace(tzinfo=UTC if form == "utc" else HOME)
            self._take(room, begin, (begin.astimezone(UTC) + timedelta(hours=hours)))
