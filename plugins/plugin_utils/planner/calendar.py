# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Maintenance windows: local wall-clock times in an IANA zone, and the instants they mean.

The rules, in one place (1 to 3 from the policy semantics, the rest decided here):

1. An occurrence is half-open: ``opens`` <= t < ``closes``. It belongs to the day on which it opens.
2. A wall-clock time that a spring change skips means the first instant after the gap, for
   openings and closings alike. A window that lies entirely inside the gap would be empty: it does not occur.
3. A wall-clock time that an autumn change repeats means the first of the two, for openings and
   closings alike. One wall time so always means one instant: windows that meet on the clock meet in
   fact, and a window never outlives its announced end. It runs through the repeated hour only when its
   end lies after that hour (01:00 to 05:00 is then five hours long).
4. A window given by days lasts from wall time to wall time (01:00 to 05:00 is three hours long on the
   night of a spring change); ``end`` equal to ``start`` means until the same time on the next day.
   A window given by rrule lasts its duration in elapsed time, as RFC 5545 (3.3.6) measures hours.
5. Windows are not merged: each opening is an occurrence of its own. Windows that overlap or touch
   chain in :func:`open_until`, which tells how long work may go on.

All functions take aware instants in any zone and return instants in UTC. They raise ``ValueError`` for
naive ones. Occurrences are worked out once per window, zone and year, then looked up.
"""

from __future__ import annotations

import heapq
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import MAXYEAR, UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import takewhile
from typing import NamedTuple
from zoneinfo import ZoneInfo

from . import recurrence

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
_WEEKLY_REACH = timedelta(days=3)  # no window given by days is open for longer, whatever the clocks do


@dataclass(frozen=True, slots=True)
class Window:
    """A maintenance window, given as days + start + end, or as an RFC 5545 rrule + duration.

    ``days`` are numbers, Monday 0. An ``end`` at or before ``start`` lies on the
    following day. A window belongs to the day on which it opens (campus 4).
    ``rrule`` holds the rule with its DTSTART as naive local wall-clock time.
    A window that is neither form, or both, raises ``ValueError``.
    """

    days: frozenset[int] = frozenset()
    start: time | None = None
    end: time | None = None
    rrule: str | None = None
    duration: timedelta | None = None

    def __post_init__(self) -> None:
        if self.rrule is None:
            if self.start is None or self.end is None or self.duration is not None or not self.days <= set(range(7)):
                raise ValueError("a window by days needs days (0 to 6), start and end, and no duration")
        elif self.duration is None or self.duration <= timedelta(0) or self.days or self.start or self.end:
            raise ValueError("a window by rrule needs a duration above zero, and neither days, start nor end")


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One opening of a window: ``opens`` <= t < ``closes``, both aware."""

    opens: datetime
    closes: datetime
    window: Window


def open_window(windows: Sequence[Window], now: datetime, zone: ZoneInfo) -> Occurrence | None:
    """Return the open occurrence at ``now`` that closes last, or None."""
    now = _utc(now)
    best: Occurrence | None = None
    for window in windows:
        # Of one window, what opened last also closes last.
        latest = next(_opened_by(window, now, zone, now - _reach(window)), None)
        if latest is not None and latest.closes > now and (best is None or latest.closes > best.closes):
            best = latest
    return best


def open_until(
    windows: Sequence[Window], now: datetime, zone: ZoneInfo, limit: timedelta = timedelta(days=7)
) -> datetime | None:
    """Return the instant at which no window is open any more, or None when none is open at ``now``.

    Follows windows that overlap or touch (16:00 to 18:00 and 18:00 to 20:00 end at 20:00), at most up to
    ``now`` + ``limit``, so that windows that never leave a break have an answer too.
    """
    now = _utc(now)
    end: datetime | None = None
    while (found := open_window(windows, end or now, zone)) is not None:
        end = found.closes
        if end - now >= limit:
            return now + limit
    return end


def next_opening(windows: Sequence[Window], after: datetime, zone: ZoneInfo) -> Occurrence | None:
    """Return the first occurrence that opens strictly after ``after``, or None.

    Of several that open together, the one that closes last.
    """
    after = _utc(after)
    found = [first for window in windows if (first := next(_opening_after(window, after, zone), None)) is not None]
    return min(found, key=lambda o: (o.opens, after - o.closes), default=None)


def occurrences(windows: Sequence[Window], start: datetime, end: datetime, zone: ZoneInfo) -> Iterator[Occurrence]:
    """Yield, by opening, the occurrences that are open at any instant of [start, end)."""
    start, end = _utc(start), _utc(end)
    if start >= end:
        return
    streams = [takewhile(lambda o: o.opens < end, _open_from(window, start, zone)) for window in windows]
    yield from heapq.merge(*streams, key=lambda o: (o.opens, o.closes))


def last_closed(windows: Sequence[Window], since: datetime, now: datetime, zone: ZoneInfo) -> Occurrence | None:
    """Return the latest occurrence that opened after ``since`` and closed at or before ``now``, or None.

    The latest is the one that closed last; of those that closed together, the one that opened last.
    """
    since, now = _utc(since), _utc(now)
    found = [
        last
        for window in windows
        if (last := next((o for o in _opened_by(window, now, zone, since) if o.closes <= now), None)) is not None
    ]
    return max(found, key=lambda o: (o.closes, o.opens), default=None)


def describe(occurrence: Occurrence, zone: ZoneInfo) -> str:
    """Return ``Mon 2026-11-23 16:00`` in local time, for people."""
    local = occurrence.opens.astimezone(zone)
    return f"{WEEKDAYS[local.weekday()].capitalize()} {local:%Y-%m-%d %H:%M}"


def instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant (UTC) that the naive wall-clock time ``wall`` means in ``zone``.

    A skipped time means the first instant after the gap, a repeated one the first of the two.
    """
    first, second = wall.replace(tzinfo=zone, fold=0), wall.replace(tzinfo=zone, fold=1)
    before, after = first.utcoffset(), second.utcoffset()
    if before is None or after is None or before >= after:  # a ZoneInfo always knows its offset
        return first.astimezone(UTC)
    # Skipped: the change lies after (wall - after) and not after (wall - before).
    low, high = second.astimezone(UTC), first.astimezone(UTC)
    while high - low > _SECOND:
        middle = low + (high - low) // _SECOND // 2 * _SECOND
        if middle.astimezone(zone).utcoffset() == after:
            high = middle
        else:
            low = middle
    return high


def next_midnight(now: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant (UTC) at which the local day of ``now`` ends."""
    today = _utc(now).astimezone(zone).date()
    return instant(datetime.combine(today + _DAY, time()), zone)


class _Year(NamedTuple):
    """The occurrences that open in one year of UTC, by opening; ``opens`` for looking them up."""

    opens: tuple[datetime, ...]
    items: tuple[Occurrence, ...]


@lru_cache(maxsize=512)
def _year(window: Window, zone: ZoneInfo, year: int) -> _Year:
    """Work out the occurrences of ``window`` that open in ``year``; of one window no two open together."""
    found: dict[datetime, Occurrence] = {}
    for wall in _walls(window, zone, _new_year(year) - 2 * _DAY, _new_year(year + 1) + 2 * _DAY):
        opens = instant(wall, zone)
        closes = _closing(window, wall, opens, zone)
        if opens.year == year and opens < closes:
            known = found.get(opens)
            if known is None or known.closes < closes:
                found[opens] = Occurrence(opens, closes, window)
    items = tuple(found[opens] for opens in sorted(found))
    return _Year(tuple(o.opens for o in items), items)


def _walls(window: Window, zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[datetime]:
    """Yield the naive local times in [start, end) at which the clock says that ``window`` opens."""
    if window.rrule is not None:
        yield from recurrence.parse(window.rrule, zone).between(start, end)
        return
    day = start.date()
    while window.start is not None and day < end.date():
        if day.weekday() in window.days:
            yield datetime.combine(day, window.start)
        day += _DAY


def _closing(window: Window, wall: datetime, opens: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant at which the occurrence closes whose wall-clock opening is ``wall``."""
    if window.duration is not None:
        return opens + window.duration
    if window.start is None or window.end is None:
        raise ValueError(f"{window!r} is a window neither by days nor by rule")
    day = wall.date() if window.end > window.start else wall.date() + _DAY
    return instant(datetime.combine(day, window.end), zone)


def _next_year(window: Window, zone: ZoneInfo, year: int) -> int | None:
    """Return the first year from ``year`` on in which ``window`` may open, or None when there is none."""
    if year >= MAXYEAR:
        return None
    if window.rrule is None:
        return year if window.days else None
    first = recurrence.parse(window.rrule, zone).first_from(_new_year(year) - 2 * _DAY)
    return None if first is None else max(year, instant(first, zone).year)


def _opening_after(window: Window, after: datetime, zone: ZoneInfo) -> Iterator[Occurrence]:
    """Yield, by opening, all occurrences of one window that open after ``after``."""
    known = _year(window, zone, after.year)
    yield from known.items[bisect_right(known.opens, after) :]
    year = _next_year(window, zone, after.year + 1)
    while year is not None:
        yield from _year(window, zone, year).items
        year = _next_year(window, zone, year + 1)


def _opened_by(window: Window, now: datetime, zone: ZoneInfo, since: datetime) -> Iterator[Occurrence]:
    """Yield, last opened first, the occurrences of one window that opened in (since, now]."""
    for year in range(now.year, since.year - 1, -1):
        known = _year(window, zone, year)
        for item in reversed(known.items[: bisect_right(known.opens, now)] if year == now.year else known.items):
            if item.opens <= since:
                return
            yield item


def _open_from(window: Window, start: datetime, zone: ZoneInfo) -> Iterator[Occurrence]:
    """Yield, by opening, the occurrences of one window that close after ``start``."""
    running = [o for o in _opened_by(window, start, zone, start - _reach(window)) if o.closes > start]
    yield from reversed(running)
    yield from _opening_after(window, start, zone)


def _new_year(year: int) -> datetime:
    """Return the wall-clock time at which ``year`` begins, naive."""
    return datetime.combine(date(year, 1, 1), time())


def _reach(window: Window) -> timedelta:
    """Return how long before now an occurrence can have opened that is still open."""
    return _WEEKLY_REACH if window.duration is None else window.duration


def _utc(moment: datetime) -> datetime:
    """Return ``moment`` in UTC; raise ValueError when it is naive."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment!r} has no time zone; the calendar takes aware instants only")
    return moment.astimezone(UTC)
