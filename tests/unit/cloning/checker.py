# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Looks at a proposal, and knows nothing of the planner: plain dates, plain loops, zoneinfo.

Nights here are of one simple kind: on certain weekdays, from a time in the evening until one in the morning.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

Span = tuple[datetime, datetime]
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Rules:
    """What must hold. ``weekdays``: on which nights open; ``opens`` in the evening, ``closes`` in the morning."""

    zone: ZoneInfo
    weekdays: frozenset[int]
    opens: time
    closes: time
    seasons: Mapping[str, tuple[date, date]]
    per_night: int
    per_server: int
    needs: timedelta
    server_of: Callable[[str], str]
    closed: frozenset[date] = frozenset()
    blackout: frozenset[date] = frozenset()


@dataclass(frozen=True)
class Clone:
    """One clone that is planned or was made."""

    room: str
    season: str
    start: datetime
    until: datetime


def utc(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """Return the instant of a wall-clock time, the first of two."""
    return datetime.combine(day, clock, tzinfo=zone).astimezone(UTC)


def faults(clones: Iterable[Clone], rules: Rules, bookings: Mapping[str, Sequence[Span]]) -> list[str]:
    """Return everything that is wrong, in words."""
    wrong = []
    nights: dict[date, list[Clone]] = defaultdict(list)
    for clone in clones:
        local = clone.start.astimezone(rules.zone)
        day = local.date() if local.time() >= rules.opens else local.date() - DAY
        nights[day].append(clone)
        name = f"{clone.room} at {local:%a %Y-%m-%d %H:%M}"
        first, last = rules.seasons[clone.season]
        if not first <= day <= last:
            wrong.append(f"{name}: not in {clone.season}")
        if day.weekday() not in rules.weekdays:
            wrong.append(f"{name}: no night opens on that weekday")
        if clone.start < utc(day, rules.opens, rules.zone) or clone.until > utc(day + DAY, rules.closes, rules.zone):
            wrong.append(f"{name}: not within the night")
        if clone.until - clone.start != rules.needs:
            wrong.append(f"{name}: lasts {clone.until - clone.start}")
        if day in rules.closed:
            wrong.append(f"{name}: closed")
        moment = clone.start
        while moment < clone.until:
            if moment.astimezone(rules.zone).date() in rules.blackout:
                wrong.append(f"{name}: blackout")
                break
            moment += timedelta(minutes=1)
        wrong += [
            f"{name}: booked {begin} to {end}"
            for begin, end in bookings.get(clone.room, ())
            if begin < clone.until and clone.start < end
        ]
    for day, found in nights.items():
        if len(found) > rules.per_night:
            wrong.append(f"{day}: {len(found)} rooms")
        servers: dict[str, list[Clone]] = defaultdict(list)
        for clone in found:
            servers[rules.server_of(clone.room)].append(clone)
        for server, same in servers.items():
            if len(same) > rules.per_server:
                wrong.append(f"{day}: {len(same)} rooms on {server}")
            for number, one in enumerate(same):
                wrong += [
                    f"{day}: {one.room} and {other.room} at once on {server}"
                    for other in same[number + 1 :]
                    if one.start < other.until and other.start < one.until
                ]
    return wrong


def missing(clones: Iterable[Clone], rules: Rules, rooms: Iterable[str]) -> list[tuple[str, str]]:
    """Return the (season, room) that no clone stands for, or more than one."""
    times: dict[tuple[str, str], int] = defaultdict(int)
    for clone in clones:
        times[clone.season, clone.room] += 1
    return [(season, room) for season in rules.seasons for room in sorted(rooms) if times[season, room] != 1]
