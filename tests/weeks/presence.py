# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When a device is on and who sits at it: seeded patterns of a month, in local time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from lab.device.attendance import Change
from lab.device.power import Switching
from lab.device.state import Session

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Presence:
    """The switchings and the comings and goings of one device, from its first day on."""

    switchings: tuple[Switching, ...]
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Span:
    """From one local time of a day to another; above 24 h: on the next day. Hours."""

    start: float
    end: float


def presence(habit: str, who: str, first: date, days: int, zone: ZoneInfo, random: Random) -> Presence:
    """Return what a device of this habit does. ``who``: the name of its user, "" for none."""
    on: list[tuple[datetime, datetime]] = []
    there: list[tuple[datetime, datetime, bool]] = []
    holiday = random.randrange(days) if random.random() < 0.15 else None  # begins a week without its user
    for number in range(days):
        day = first + number * DAY
        away = holiday is not None and holiday <= number < holiday + 7
        for powered, used, left in HABITS[habit](day.weekday(), away, random):
            on.append((local(day, powered.start, zone), local(day, powered.end, zone)))
            if used is not None:
                there.append((local(day, used.start, zone), local(day, used.end, zone), left))
    return Presence(tuple(_switchings(on)), tuple(_changes(there, who)))


def local(day: date, hours: float, zone: ZoneInfo) -> datetime:
    """Return the instant (UTC) of a local time, in whole seconds."""
    moment = datetime.combine(day, time()) + timedelta(seconds=round(hours * 3600))
    return moment.replace(tzinfo=zone).astimezone(UTC)


Day = Iterator[tuple[Span, Span | None, bool]]  # when it is on, when somebody works, whether a session stays behind


def office(weekday: int, away: bool, random: Random) -> Day:
    """On during the working day; now and then left on overnight, or used at the weekend."""
    if away or random.random() < (0.06 if weekday < 5 else 0.9):
        return
    comes, goes = random.uniform(6.8, 9.6), random.uniform(15.2, 19.3)
    late = 24 + random.uniform(6.9, 9.0) if random.random() < 0.12 else goes + random.uniform(0, 0.4)
    yield Span(comes, late), Span(comes + 0.1, goes), False


def kept_on(weekday: int, away: bool, random: Random) -> Day:
    """Never switched off; a user on working days, who sometimes stays logged on overnight."""
    if away or weekday > 4:
        yield Span(0, 24), None, False
        return
    stays = random.random() < 0.15
    yield Span(0, 24), Span(random.uniform(7, 9.5), 24 if stays else random.uniform(15.5, 23.8)), random.random() < 0.3


def wandering(weekday: int, away: bool, random: Random) -> Day:
    """A laptop: a few stretches at any hour, or none at all for days."""
    if away or random.random() < 0.25:
        return
    hour = random.uniform(6.5, 11)
    for _stretch in range(random.choice((1, 1, 2, 3))):
        length = random.choice((0.4, 1.5, 3, 5.5, 8)) * random.uniform(0.7, 1.2)
        yield Span(hour, hour + length), Span(hour + 0.08, hour + length), False
        hour += length + random.uniform(0.3, 5)
        if hour > 23.7:
            return


def classroom(weekday: int, away: bool, random: Random) -> Day:
    """On for lessons, with somebody else every few hours."""
    if weekday > 4 or random.random() < 0.04:
        return
    opens, closes = random.uniform(7.6, 8.2), random.uniform(17.5, 21.5)
    used = [random.uniform(8.3, 9.9), random.uniform(12.3, 14.9)]
    yield Span(opens, closes), Span(used[0], used[0] + 1.9), False
    yield Span(opens, closes), Span(used[1], used[1] + 2.1), False


def left_on(weekday: int, away: bool, random: Random) -> Day:
    """Left on at night as the provider asks, but for one night in twelve."""
    comes, goes = random.uniform(6.5, 7.5), random.uniform(16, 20)
    used = None if weekday > 4 or away else Span(random.uniform(7.6, 9.5), goes - 0.1)
    yield Span(comes, goes), used, random.random() < 0.2
    if random.random() >= 0.08:
        yield Span(goes, 31.6), None, False


def night_owl(weekday: int, away: bool, random: Random) -> Day:
    """Switched off by day and on for parts of the night, so that windows are met halfway."""
    if random.random() < 0.3:
        return
    start = random.uniform(21, 28)
    yield Span(start, start + random.uniform(0.5, 7)), None, False


def always(weekday: int, away: bool, random: Random) -> Day:
    """A server: on, and now and then an administrator for an hour."""
    if random.random() < 0.1:
        start = random.uniform(0, 23)
        yield Span(0, 24), Span(start, start + 0.9), random.random() < 0.3
    else:
        yield Span(0, 24), None, False


HABITS = {
    "office": office,
    "kept_on": kept_on,
    "wandering": wandering,
    "classroom": classroom,
    "left_on": left_on,
    "night_owl": night_owl,
    "always": always,
}


def _switchings(spans: list[tuple[datetime, datetime]]) -> Iterator[Switching]:
    """Yield the turns of the switch for spans that may meet or overlap."""
    end = None
    for start, stop in sorted(spans):
        if end is None or start > end + timedelta(minutes=2):
            if end is not None:
                yield Switching(end, False)
            yield Switching(start, True)
            end = stop
        else:
            end = max(end, stop)
    if end is not None:
        yield Switching(end, False)


def _changes(spans: list[tuple[datetime, datetime, bool]], who: str) -> Iterator[Change]:
    """Yield who is logged on: somebody at work, a session that was left behind, nobody."""
    if not who:
        return
    at_work, left_behind = Session(who, 60), Session(who, 3600, active=False)
    ordered = sorted(spans)
    for number, (start, stop, left) in enumerate(ordered):
        if number and start < ordered[number - 1][1]:
            continue
        yield Change(start, (at_work,))
        yield Change(stop, (left_behind,) if left else ())
