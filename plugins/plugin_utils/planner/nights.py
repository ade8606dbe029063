# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which windows a device was off in (msp 4: one that was off is reported, with the night that it missed).

A night is missed when the device was silent in it: it was tried, and it never answered between the opening and the
closing. A night in which nobody tried it says nothing about the device, and is not held against it; nor is one that
opened before the device was known.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from .calendar import Occurrence, Window, describe, occurrences


@dataclass(frozen=True, slots=True)
class Spell:
    """An unbroken row of answers, or of silence."""

    answered: bool
    first_at: datetime
    last_at: datetime
    tries: int
    why: str = ""


@dataclass(frozen=True, slots=True)
class Attendance:
    """When a device was there: since when it is known, until when it was served, its spells, oldest first."""

    known_since: datetime
    served_until: datetime | None = None
    spells: tuple[Spell, ...] = ()


@dataclass(frozen=True, slots=True)
class MissedNight:
    """A window in which a device was silent. ``why``: what it answered instead. ``made_up``: it was served later."""

    window: Occurrence
    why: str
    made_up: bool

    def words(self, zone: ZoneInfo) -> str:
        """Return ``Tue 2026-11-24 01:00``, and whether it was made up for."""
        return describe(self.window, zone) + (" (made up for)" if self.made_up else "")


def missed_nights(
    windows: Sequence[Window], zone: ZoneInfo, attendance: Attendance, start: datetime, end: datetime
) -> tuple[MissedNight, ...]:
    """Return the missed windows that closed after ``start`` and not after ``end``, oldest first; all aware."""
    return tuple(_missed(windows, zone, attendance, start, end))


def _missed(
    windows: Sequence[Window], zone: ZoneInfo, attendance: Attendance, start: datetime, end: datetime
) -> Iterator[MissedNight]:
    for night in occurrences(windows, start, end, zone):
        if night.closes <= start or night.closes > end or night.opens < attendance.known_since:
            continue
        within = [one for one in attendance.spells if one.first_at < night.closes and one.last_at >= night.opens]
        if within and not any(one.answered for one in within):
            served = attendance.served_until
            yield MissedNight(night, within[-1].why, made_up=served is not None and served >= night.opens)
