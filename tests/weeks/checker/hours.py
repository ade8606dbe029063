# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The published hours, as instants: read off a local clock with zoneinfo, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from .evidence import Evidence
from .timeline import Interval

MON, TUE, WED, THU, FRI, SAT, SUN = range(7)
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Hours:
    """On these days from ``start`` to ``end`` local time; an ``end`` that is not later is on the next day."""

    days: tuple[int, ...]
    start: time
    end: time


def spans(hours: tuple[Hours, ...], evidence: Evidence) -> Iterator[Interval]:
    """Yield each opening of the month, also those that are open at its ends."""
    day = evidence.begins.astimezone(evidence.zone).date() - _DAY
    while day <= evidence.ends.astimezone(evidence.zone).date():
        for one in hours:
            if day.weekday() in one.days:
                last = day if one.end > one.start else day + _DAY
                yield Interval(instant(day, one.start, evidence.zone), instant(last, one.end, evidence.zone))
        day += _DAY


def instant(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """Return the instant (UTC) at which a clock on the wall shows this."""
    return datetime.combine(day, clock, zone).astimezone(UTC)


def local_day(at: datetime, zone: ZoneInfo) -> Interval:
    """Return the local day that an instant lies in."""
    day = at.astimezone(zone).date()
    return Interval(instant(day, time(), zone), instant(day + _DAY, time(), zone))


def inside(at: datetime, openings: list[Interval]) -> Interval | None:
    """Return the opening that an instant lies in, or None."""
    return next((one for one in openings if one.holds(at)), None)
