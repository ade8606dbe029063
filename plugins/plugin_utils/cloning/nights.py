# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When something can be done at all: seasons, nights, and how long a room is free."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby

from ..planner.calendar import instant, occurrences, open_window
from .days import SeasonYear
from .model import Booking, Night
from .policy import CloningPolicy

_DAY = timedelta(days=1)


def local_day(moment: datetime, policy: CloningPolicy) -> date:
    """Return the local day of the night in which ``moment`` lies: that on which it opened; else its own day."""
    night = open_window(policy.windows, moment, policy.zone)
    return (night.opens if night else moment).astimezone(policy.zone).date()


def seasons_from(policy: CloningPolicy, now: datetime, count: int) -> tuple[SeasonYear, ...]:
    """Return the next ``count`` seasons that are not over, by beginning."""
    today = local_day(now, policy)
    years = range(today.year - 1, today.year + count + 2)
    found = [season.beginning_in(year) for season in policy.seasons for year in years]
    return tuple(sorted((one for one in found if one.last >= today), key=lambda one: one.first)[:count])


def seasons_over(policy: CloningPolicy, since: date, now: datetime) -> tuple[SeasonYear, ...]:
    """Return the seasons that ended on or after ``since`` and are over, by beginning."""
    today = local_day(now, policy)
    years = range(since.year - 1, today.year + 1)
    found = [season.beginning_in(year) for season in policy.seasons for year in years]
    return tuple(sorted((one for one in found if since <= one.last < today), key=lambda one: one.first))


def bounds(policy: CloningPolicy, seasons: Sequence[SeasonYear], now: datetime) -> tuple[datetime, datetime]:
    """Return the instants between which bookings matter: from ``now`` until the last night of the seasons is over."""
    last = max(season.last for season in seasons)
    return now.astimezone(UTC), instant(datetime.combine(last + 3 * _DAY, time()), policy.zone)


def nights(policy: CloningPolicy, season: SeasonYear, now: datetime) -> Iterator[Night]:
    """Yield the nights that open in a season on a day that is not closed, and are not over at ``now``.

    Where openings overlap, the later one begins when the earlier ends: no instant lies in two nights.
    """
    start = instant(datetime.combine(season.first, time()), policy.zone)
    end = instant(datetime.combine(season.last + _DAY, time()), policy.zone)

    def day_of(opening: tuple[datetime, datetime]) -> date:
        return opening[0].astimezone(policy.zone).date()

    free: list[tuple[datetime, datetime]] = []
    days: list[date] = []
    reached = start - 4 * _DAY
    for found in occurrences(policy.windows, start - 2 * _DAY, end, policy.zone):
        opens = max(found.opens, reached)
        day = day_of((found.opens, found.closes))
        if opens < found.closes:
            reached = found.closes
            if season.covers(day) and found.closes > now and not _closed(policy, day):
                free.append((opens, found.closes))
                days.append(day)
    for day, group in groupby(zip(days, free, strict=True), key=lambda pair: pair[0]):
        yield Night(day, tuple(_joined(opening for _day, opening in group)))


def _joined(openings: Iterable[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """Return openings with those made one that touch."""
    found: list[tuple[datetime, datetime]] = []
    for opens, closes in openings:
        if found and found[-1][1] == opens:
            found[-1] = (found[-1][0], closes)
        else:
            found.append((opens, closes))
    return found


def _closed(policy: CloningPolicy, day: date) -> bool:
    return any(span.covers(day) and not span.rooms for span in policy.closed)


class Diary:
    """Who has each room when: bookings, blackouts, and days on which the room is closed."""

    def __init__(self, policy: CloningPolicy, rooms: Iterable[str], bookings: Iterable[Booking]) -> None:
        """Sort the bookings by room. One that ends when it begins takes nothing, unless something lies around it."""
        self._policy = policy
        self._of: Mapping[str, list[Booking]] = {room: [] for room in rooms}
        for booking in bookings:
            for room in self._of if booking.room is None else (booking.room,):
                if room in self._of:
                    self._of[room].append(booking)
        for found in self._of.values():
            found.sort(key=lambda one: (one.start, one.end, one.title))

    def taken(self, room: str, start: datetime, end: datetime) -> tuple[Booking, ...]:
        """Return what has the room at any instant between ``start`` and ``end``, by beginning."""
        said = [one for one in self._of[room] if one.start < end and one.end > start]
        said += _whole_days(self._policy, room, start, end)
        return tuple(sorted(said, key=lambda one: (one.start, one.end, one.title)))

    def closed(self, room: str, night: Night) -> bool:
        """Return whether the room alone is closed on the day of the night."""
        return any(span.covers(night.day) and span.concerns(room) for span in self._policy.closed)


def _whole_days(policy: CloningPolicy, room: str, start: datetime, end: datetime) -> Iterator[Booking]:
    """Yield the days of blackouts between two instants, as bookings."""
    day, last = start.astimezone(policy.zone).date(), end.astimezone(policy.zone).date()
    while day <= last:
        for span in policy.blackout:
            if span.covers(day) and span.concerns(room):
                opens = instant(datetime.combine(day, time()), policy.zone)
                closes = instant(datetime.combine(day + _DAY, time()), policy.zone)
                if opens < end and closes > start:
                    yield Booking(opens, closes, span.why or "blackout", "blackout", room)
        day += _DAY


def earliest(
    openings: Sequence[tuple[datetime, datetime]], taken: Sequence[Booking], length: timedelta, after: datetime
) -> datetime | None:
    """Return the first instant at or after ``after`` from which ``length`` is open and free, or None.

    ``openings`` and ``taken`` are sorted by beginning.
    """
    for opens, closes in openings:
        start = max(opens, after)
        for booking in taken:
            if booking.start < start + length and booking.end > start:
                start = booking.end
        if start + length <= closes:
            return start
    return None
