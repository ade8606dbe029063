# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The values that a campaign's planner takes and gives. All instants are aware and in UTC; days are local."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum

from .days import SeasonYear


class Outcome(str, Enum):
    """How a clone of a room ended, as judged on its seats. RUNNING: it has not ended, as far as is known."""

    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    RUNNING = "running"


@dataclass(frozen=True, slots=True)
class Room:
    """A computer room: its name in the register and its devices of class room."""

    name: str
    devices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Booking:
    """Somebody has a room from ``start`` to before ``end``. ``room``: None is every room; ``calendar``: its source."""

    start: datetime
    end: datetime
    title: str
    calendar: str = ""
    room: str | None = None


@dataclass(frozen=True, slots=True)
class CloneRun:
    """One clone of a room in the past, or under way. ``ended`` is None when nobody knows its end."""

    room: str
    started: datetime
    outcome: Outcome
    ended: datetime | None = None
    image: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Night:
    """What one evening opens: spans of time in which rooms may be cloned, by opening. ``day``: on which they open."""

    day: date
    openings: tuple[tuple[datetime, datetime], ...]

    @property
    def opens(self) -> datetime:
        """When the first of them opens."""
        return self.openings[0][0]

    @property
    def closes(self) -> datetime:
        """When the last of them closes."""
        return self.openings[-1][1]


@dataclass(frozen=True, slots=True)
class Planned:
    """A room in a night. It is free from ``start`` to ``until``: the estimate and the margin.

    ``why``: sentences; ``conditions``: what must be so by then, or is accepted with a warning.
    """

    room: str
    season: SeasonYear
    day: date
    start: datetime
    until: datetime
    server: str
    image: str
    why: tuple[str, ...]
    conditions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """What is said of a room in a season: why it is not planned, that it is done, or that it is overdue."""

    room: str
    season: SeasonYear
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a campaign proposes at ``now``.

    In each season each room is in one of ``planned``, ``unplaced``, ``under_way`` and ``done``.
    ``overdue``: rooms that were not cloned in a season that is over.
    """

    now: datetime
    seasons: tuple[SeasonYear, ...]
    planned: tuple[Planned, ...]
    unplaced: tuple[Told, ...]
    under_way: tuple[Told, ...]
    done: tuple[Told, ...]
    overdue: tuple[Told, ...]
