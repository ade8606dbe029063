# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Gives rooms their nights: as many rooms as can be, urgent rooms before others, early nights before late ones.

Rooms are placed one by one; where no night is free, rooms that have one move on to another (augmenting paths, after
Kuhn). When any rooms that the limits let share a night also fit into it, that places the most rooms that can be
placed. Where rooms of one server hinder each other by their bookings, one room is exchanged for one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from .packing import Packing


def assign(rooms: Sequence[str], packing: Packing, server_of: Callable[[str], str]) -> dict[str, tuple[int, datetime]]:
    """Return the number of the night and the start of each room that can be placed. ``rooms``: by urgency."""
    work = _Assignment(rooms, packing, server_of)
    for room in rooms:
        work.place(room, set())
    work.draw_forward()
    return work.starts()


class _Assignment:
    def __init__(self, rooms: Sequence[str], packing: Packing, server_of: Callable[[str], str]) -> None:
        self._rooms, self._packing, self._server_of = rooms, packing, server_of
        numbers = range(len(packing.nights))
        self._choices = {room: [n for n in numbers if packing.alone(room, n) is not None] for room in rooms}
        self._rank = {room: rank for rank, room in enumerate(rooms)}
        self._of_night: dict[int, frozenset[str]] = dict.fromkeys(numbers, frozenset())
        self._night_of: dict[str, int] = {}

    def place(self, room: str, seen: set[tuple[int, str]]) -> bool:
        """Give ``room`` a night, its first one if it can be; return whether there is one. ``seen``: what was tried."""
        for number in self._choices[room]:
            if self._fits(room, number):
                self._put(room, number)
                return True
        for number in self._choices[room]:
            if (number, self._server_of(room)) in seen:
                continue
            seen.add((number, self._server_of(room)))
            # Whoever is least urgent moves first.
            for other in sorted(self._of_night[number], key=lambda one: -self._rank[one]):
                left = self._of_night[number] - {other}
                if self._packing.pack(number, left | {room}) is None:
                    continue
                self._take(other)
                self._put(room, number)
                if self.place(other, seen):
                    return True
                self._take(room)
                self._put(other, number)
        return False

    def draw_forward(self) -> None:
        """Let each room have an earlier night when one has become free."""
        for room in self._rooms:
            now = self._night_of.get(room)
            if now is None:
                continue
            for number in self._choices[room]:
                if number >= now:
                    break
                if self._fits(room, number):
                    self._take(room)
                    self._put(room, number)
                    break

    def starts(self) -> dict[str, tuple[int, datetime]]:
        """Return what was found."""
        found: dict[str, tuple[int, datetime]] = {}
        for number, rooms in self._of_night.items():
            for room, start in (self._packing.pack(number, rooms) or {}).items():
                found[room] = (number, start)
        return found

    def _fits(self, room: str, number: int) -> bool:
        return self._packing.pack(number, self._of_night[number] | {room}) is not None

    def _put(self, room: str, number: int) -> None:
        self._of_night[number] |= {room}
        self._night_of[room] = number

    def _take(self, room: str) -> None:
        self._of_night[self._night_of.pop(room)] -= {room}
