# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What time it is for a patrol, and how it waits.

A clock is a small value that travels from process to process: the controller's
own time, an instant that somebody asked about (``nightshift_now``), or the time
of a lab, which runs at its own rate or stands still until it is moved.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from .lab_control import LabControl


class Clock(Protocol):
    """Aware UTC instants, and a wait that ends at one of them."""

    def now(self) -> datetime:
        """Return the present instant."""

    def wait_until(self, instant: datetime) -> Clock:
        """Return, once ``instant`` has come, the clock to go on with."""


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The controller's own time."""

    def now(self) -> datetime:
        """Return the present instant."""
        return datetime.now(UTC)

    def wait_until(self, instant: datetime) -> SystemClock:
        """Sleep until ``instant``; at once when it is past."""
        time.sleep(max(0.0, (instant - self.now()).total_seconds()))
        return self


@dataclass(frozen=True, slots=True)
class FixedClock:
    """The instant that somebody asked about. Waiting for it to pass is a defect."""

    instant: datetime

    def now(self) -> datetime:
        """Return the instant asked about."""
        return self.instant

    def wait_until(self, instant: datetime) -> FixedClock:
        """Raise for any later instant: a rehearsal has one round and never waits."""
        if instant <= self.instant:
            return self
        raise RuntimeError(f"a fixed clock cannot reach {instant.isoformat()}")


@dataclass(frozen=True, slots=True)
class LabClock:
    """The time of a lab, read once and carried on from there at the lab's ``rate`` (0: it stands still)."""

    control: LabControl
    read: datetime
    monotonic: float
    rate: float

    @classmethod
    def of(cls, control: LabControl) -> LabClock:
        """Read the lab's clock. Raises LabUnreachable."""
        moment, rate = control.clock()
        return cls(control, moment, time.monotonic(), rate)

    def now(self) -> datetime:
        """Return the lab's present instant, without asking it again."""
        return self.read + timedelta(seconds=(time.monotonic() - self.monotonic) * self.rate)

    def wait_until(self, instant: datetime) -> LabClock:
        """Let a running lab run on; move one that stands still. Never backwards."""
        if instant <= self.now():
            return self
        if self.rate > 0:
            time.sleep((instant - self.now()).total_seconds() / self.rate)
        else:
            self.control.advance_to(instant)
        return LabClock.of(self.control)


@dataclass(frozen=True, slots=True)
class AheadClock:
    """An instant that a lab has not reached yet. Nothing is moved before all that a run reads was found valid."""

    lab: LabClock
    instant: datetime

    def now(self) -> datetime:
        """Return the instant that the run is to begin at."""
        return self.instant

    def wait_until(self, instant: datetime) -> LabClock:
        """Move the lab there, at least to the run's own instant; from then on its clock is the run's."""
        return self.lab.wait_until(max(instant, self.instant))
