# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who comes to a PC and goes, and when."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from .state import Session


@dataclass(frozen=True, slots=True)
class Change:
    """From ``at`` (aware) on these people sit at the PC, or have left a session there."""

    at: datetime
    sessions: tuple[Session, ...]


class Attendance:
    """The changes that will happen by themselves, in order; nobody before the first."""

    __slots__ = ("_changes", "_instants")

    def __init__(self, changes: Iterable[Change]) -> None:
        """Take them in any order."""
        self._changes = tuple(sorted(changes, key=lambda c: c.at))
        self._instants = tuple(c.at for c in self._changes)

    def after(self, at: datetime) -> Change | None:
        """Return the first change strictly after ``at``, or None."""
        index = bisect_right(self._instants, at)
        return self._changes[index] if index < len(self._changes) else None

    def there_at(self, at: datetime) -> tuple[Session, ...]:
        """Return who would be logged on at ``at`` if the PC is on and up."""
        index = bisect_right(self._instants, at)
        return self._changes[index - 1].sessions if index else ()
