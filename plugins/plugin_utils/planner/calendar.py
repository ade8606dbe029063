# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Maintenance windows: local wall-clock times in an IANA zone, and the instants they mean."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Window:
    """A maintenance window, given as days + start + end, or as an RFC 5545 rrule + duration.

    ``days`` are numbers, Monday 0. An ``end`` at or before ``start`` lies on the
    following day. A window belongs to the day on which it opens (campus 4).
    ``rrule`` holds the rule with its DTSTART as naive local wall-clock time.
    """

    days: frozenset[int] = frozenset()
    start: time | None = None
    end: time | None = None
    rrule: str | None = None
    duration: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One opening of a window: ``opens`` <= t < ``closes``, both aware."""

    opens: datetime
    closes: datetime
    window: Window


def open_window(windows: Sequence[Window], now: datetime, zone: ZoneInfo) -> Occurrence | None:
    """Return the open occurrence at ``now`` that closes last, or None."""
    raise NotImplementedError


def next_opening(windows: Sequence[Window], after: datetime, zone: ZoneInfo) -> Occurrence | None:
    """Return the first occurrence that opens strictly after ``after``, or None."""
    raise NotImplementedError


def occurrences(windows: Sequence[Window], start: datetime, end: datetime, zone: ZoneInfo) -> Iterator[Occurrence]:
    """Yield, by opening, the occurrences that are open at any instant of [start, end)."""
    raise NotImplementedError


def last_closed(windows: Sequence[Window], since: datetime, now: datetime, zone: ZoneInfo) -> Occurrence | None:
    """Return the latest occurrence that opened after ``since`` and closed at or before ``now``, or None."""
    raise NotImplementedError


def describe(occurrence: Occurrence, zone: ZoneInfo) -> str:
    """Return ``Mon 2026-11-23 16:00`` in local time, for people."""
    raise NotImplementedError
