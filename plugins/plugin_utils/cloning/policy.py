# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The policy of a campaign: ``nightshift_cloning``, read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import Enum
from types import MappingProxyType
from zoneinfo import ZoneInfo

from ..planner.calendar import Window
from ..room.rules import ImageFile, RunRules
from .days import Days, Season


class Stale(str, Enum):
    """What becomes of a room whose image is too old or lacks approved updates."""

    REFUSE = "refuse"
    WARN = "warn"


@dataclass(frozen=True, slots=True)
class CalendarSource:
    """A booking calendar: the path of a file, or an address.

    ``rooms``: whose bookings it holds, empty for all. With ``by_location`` an event's LOCATION names its rooms.
    """

    source: str
    rooms: frozenset[str] = frozenset()
    by_location: bool = False


@dataclass(frozen=True, slots=True)
class Image:
    """An image. ``made``: the day on which it was last patched and captured; ``lacks``: approved updates not in it.

    ``version`` and ``checksum``: as in the marker that is in the image; ``build``: of its Windows, with revision.
    ``files``: what a seat with the image has.
    """

    name: str
    made: date
    version: str = ""
    lacks: frozenset[str] = frozenset()
    checksum: str = ""
    build: tuple[int, int] | None = None
    files: tuple[ImageFile, ...] = ()


@dataclass(frozen=True, slots=True)
class RoomRule:
    """What differs in one room; None is as in every room."""

    image: str | None = None
    server: str | None = None
    estimate: timedelta | None = None


@dataclass(frozen=True, slots=True)
class CloningPolicy:
    """What a campaign goes by. Days and wall-clock times are local in ``zone``.

    ``windows``: the nights. ``closed``: days on which no night opens. ``blackout``: days at no instant of which
    anything is cloned. ``per_night``: rooms that are begun in a night, ``per_server``: of these on one engine
    server, one after the other. ``estimate`` + ``margin``: how long a room must be free. ``attempts``: failures in a
    season after which a person must look. ``order``: rooms that go first. ``since``: seasons that ended before are
    nobody's debt. ``run``: how a room's run goes.
    """

    zone: ZoneInfo
    seasons: tuple[Season, ...]
    windows: tuple[Window, ...]
    closed: tuple[Days, ...] = ()
    blackout: tuple[Days, ...] = ()
    calendars: tuple[CalendarSource, ...] = ()
    per_night: int = 1
    per_server: int = 1
    estimate: timedelta = timedelta(hours=3)
    margin: timedelta = timedelta(minutes=30)
    attempts: int = 3
    order: tuple[str, ...] = ()
    image: str | None = None
    images: Mapping[str, Image] = field(default_factory=lambda: MappingProxyType({}))
    image_max_age: timedelta | None = None
    image_stale: Stale = Stale.REFUSE
    server: str = "default"
    rooms: Mapping[str, RoomRule] = field(default_factory=lambda: MappingProxyType({}))
    since: date | None = None
    run: RunRules = field(default_factory=RunRules)

    def image_of(self, room: str) -> str | None:
        """Return the name of the room's image; None when nobody said one."""
        rule = self.rooms.get(room)
        return rule.image if rule and rule.image else self.image

    def server_of(self, room: str) -> str:
        """Return the room's engine server."""
        rule = self.rooms.get(room)
        return rule.server if rule and rule.server else self.server

    def needs(self, room: str) -> timedelta:
        """Return for how long a clone of the room must have it free: the estimate and the margin."""
        rule = self.rooms.get(room)
        return (rule.estimate if rule and rule.estimate else self.estimate) + self.margin
