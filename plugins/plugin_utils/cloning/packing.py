# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which rooms may share a night, and when each begins there. Rooms of one engine server follow one another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import permutations

from .model import Booking, CloneRun, Night
from .nights import Diary, earliest, local_day
from .policy import CloningPolicy


class Packing:
    """Answers for the nights of one season. What has run in a night already counts against its limits."""

    def __init__(
        self, policy: CloningPolicy, nights: Sequence[Night], diary: Diary, history: Iterable[CloneRun], now: datetime
    ) -> None:
        """Take the nights by number, in order."""
        self.nights = nights
        self._policy, self._diary, self._now = policy, diary, now
        number_of = {night.day: number for number, night in enumerate(nights)}
        self._ran: dict[int, list[CloneRun]] = {}
        for run in history:
            number = number_of.get(local_day(run.started, policy))
            if number is not None:
                self._ran.setdefault(number, []).append(run)
        self._known: dict[tuple[int, frozenset[str]], Mapping[str, datetime] | None] = {}

    def ran(self, room: str, number: int) -> bool:
        """Return whether a clone of the room was begun in that night already."""
        return any(run.room == room for run in self._ran.get(number, ()))

    def alone(self, room: str, number: int) -> datetime | None:
        """Return when the room could begin in that night if it were the only one left; None when it cannot."""
        found = self.pack(number, frozenset((room,)))
        return None if found is None else found[room]

    def pack(self, number: int, rooms: frozenset[str]) -> Mapping[str, datetime] | None:
        """Return when each of ``rooms`` begins if they share a night, or None when they cannot."""
        key = (number, rooms)
        if key not in self._known:
            self._known[key] = self._pack(number, rooms)
        return self._known[key]

    def _pack(self, number: int, rooms: frozenset[str]) -> Mapping[str, datetime] | None:
        ran = self._ran.get(number, [])
        if len(ran) + len(rooms) > self._policy.per_night or any(self.ran(room, number) for room in rooms):
            return None
        starts: dict[str, datetime] = {}
        servers: dict[str, list[str]] = {}
        for room in sorted(rooms):
            servers.setdefault(self._policy.server_of(room), []).append(room)
        for server, members in servers.items():
            before = [run for run in ran if self._policy.server_of(run.room) == server]
            if len(before) + len(members) > self._policy.per_server:
                return None
            free_from = max((self._over(run) for run in before), default=self._now)
            found = self._in_a_row(number, members, max(free_from, self._now))
            if found is None:
                return None
            starts |= found
        return starts

    def _in_a_row(self, number: int, rooms: Sequence[str], after: datetime) -> dict[str, datetime] | None:
        """Return the starts in the first order of ``rooms`` that fits; each begins as early as it can."""
        for order in permutations(rooms):
            starts, reached = dict[str, datetime](), after
            for room in order:
                begins = self._earliest(room, number, reached)
                if begins is None:
                    break
                starts[room], reached = begins, begins + self._policy.needs(room)
            else:
                return starts
        return None

    def _earliest(self, room: str, number: int, after: datetime) -> datetime | None:
        night = self.nights[number]
        if self._diary.closed(room, night):
            return None
        return earliest(night.openings, self.taken(room, number), self._policy.needs(room), after)

    def taken(self, room: str, number: int) -> tuple[Booking, ...]:
        """Return what has the room in that night."""
        night = self.nights[number]
        return self._diary.taken(room, night.opens, night.closes)

    def _over(self, run: CloneRun) -> datetime:
        """Return when the server is free again after a run."""
        usual: timedelta = self._policy.needs(run.room)
        return run.ended or run.started + usual

    def obstacle(self, room: str, number: int) -> str:
        """Say why the room is not cloned in that night: ``booked``, ``closed``, ``tried``, ``short`` or ``full``."""
        if self.ran(room, number):
            return "tried"
        night = self.nights[number]
        if self._diary.closed(room, night):
            return "closed"
        if self._earliest(room, number, self._now) is not None:
            return "full"
        return "booked" if self.taken(room, number) else "short"
