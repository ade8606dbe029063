# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lab's clock: a week passes in seconds, or not at all until somebody moves it."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class VirtualClock:
    """Aware UTC instants. ``rate`` is in virtual seconds per real second; 0: only ``advance`` moves it.

    Never runs backwards. ``monotonic`` is the source of real time, in seconds.
    """

    def __init__(self, start: datetime, rate: float = 0.0, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Start at the aware instant ``start``. Raises ValueError for a naive one or a negative rate."""
        if start.tzinfo is None:
            raise ValueError(f"start: {start.isoformat()} has no time zone; add one, for example +00:00")
        self.rate = _checked(rate)
        self._monotonic = monotonic
        self._instant = start.astimezone(UTC)
        self._read_at = monotonic()
        self._watchers: list[Callable[[], None]] = []

    def now(self) -> datetime:
        """Return the present instant."""
        if not self.rate:
            return self._instant
        return self._instant + timedelta(seconds=(self._monotonic() - self._read_at) * self.rate)

    def advance(self, seconds: float) -> datetime:
        """Move forward by ``seconds`` and return the new instant. Raises ValueError when negative."""
        if seconds < 0:
            raise ValueError(f"seconds: {seconds:g} is negative; the lab's clock never runs backwards")
        return self.advance_to(self.now() + timedelta(seconds=seconds))

    def advance_to(self, instant: datetime) -> datetime:
        """Move forward to ``instant``, or stay where it is already past. Return the present instant."""
        if instant.tzinfo is None:
            raise ValueError(f"to: {instant.isoformat()} has no time zone; add one, for example +00:00")
        present = self.now()
        self._instant = max(present, instant.astimezone(UTC))
        self._read_at = self._monotonic()
        for watcher in self._watchers:
            watcher()
        return self._instant

    def run(self, rate: float) -> None:
        """Go on from the present instant at another rate. Raises ValueError when negative."""
        self._instant, self._read_at = self.now(), self._monotonic()
        self.rate = _checked(rate)

    def watch(self, watcher: Callable[[], None]) -> None:
        """Call ``watcher`` after each jump of the clock."""
        self._watchers.append(watcher)


def _checked(rate: float) -> float:
    if rate < 0:
        raise ValueError(f"rate: {rate:g} is negative; use 0 (stands still) or more")
    return rate
