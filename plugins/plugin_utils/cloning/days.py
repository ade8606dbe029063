# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Days that come back each year, or stand in one year only, as first and last day, both included."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from ..planner.calendar import WEEKDAYS


class YearDay(NamedTuple):
    """A day of every year; the 29th of February is none."""

    month: int
    day: int

    def __str__(self) -> str:
        """``06-15``."""
        return f"{self.month:02d}-{self.day:02d}"


@dataclass(frozen=True, slots=True)
class Days:
    """From ``first`` to ``last``, both included; yearly ones may pass New Year. ``rooms``: empty is every room."""

    first: date | YearDay
    last: date | YearDay
    why: str = ""
    rooms: frozenset[str] = frozenset()

    def covers(self, day: date) -> bool:
        """Return whether ``day``, a local one, is among them."""
        if isinstance(self.first, YearDay) and isinstance(self.last, YearDay):
            here = YearDay(day.month, day.day)
            if self.first <= self.last:
                return self.first <= here <= self.last
            return here >= self.first or here <= self.last
        if isinstance(self.first, date) and isinstance(self.last, date):
            return self.first <= day <= self.last
        raise ValueError(f"{self!r} begins with a day of one kind and ends with one of the other")

    def concerns(self, room: str) -> bool:
        """Return whether they say something of ``room``."""
        return not self.rooms or room in self.rooms


@dataclass(frozen=True, slots=True)
class SeasonYear:
    """A season of one year; ``first`` and ``last``: local days, both included."""

    name: str
    first: date
    last: date

    def __str__(self) -> str:
        """``winter 2026/27``."""
        if self.first.year == self.last.year:
            return f"{self.name} {self.first.year}"
        return f"{self.name} {self.first.year}/{self.last.year % 100:02d}"

    def covers(self, day: date) -> bool:
        """Return whether the local ``day`` lies in it."""
        return self.first <= day <= self.last


@dataclass(frozen=True, slots=True)
class Season:
    """A season of every year; one whose last day comes before its first passes New Year."""

    name: str
    first: YearDay
    last: YearDay

    def beginning_in(self, year: int) -> SeasonYear:
        """Return the season that begins in ``year``."""
        ends = year if self.first <= self.last else year + 1
        return SeasonYear(self.name, date(year, *self.first), date(ends, *self.last))


def spoken_day(day: date) -> str:
    """Return ``Mon 2026-11-23``."""
    return f"{WEEKDAYS[day.weekday()].capitalize()} {day:%Y-%m-%d}"
