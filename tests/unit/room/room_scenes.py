# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A room, and a run of it, for the tests of the state machine."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from ansible_collections.nightshift.fleet.plugins.plugin_utils.room.model import (
    Attempt,
    Job,
    JobKind,
    JobState,
    Run,
    Seat,
    SeatState,
    Verdict,
)

NOW = datetime(2026, 11, 21, 22, 0, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
NAMES = tuple(f"s12-{number:02}" for number in range(1, 6))


def seat(name: str, state: SeatState = SeatState.WAITING, **more: object) -> Seat:
    """Return a seat in a state."""
    return replace(Seat(name, f"52:54:00:77:12:{name[-2:]}", state=state), **more)


def done(name: str) -> Seat:
    """Return a seat that is done."""
    return seat(name, SeatState.ENDED, verdict=Verdict.DONE, attempts=1, touched=True)


def behind(name: str, attempts: int = 1, **more: object) -> Seat:
    """Return a seat whose attempt failed."""
    return seat(name, SeatState.BEHIND, verdict=Verdict.FAILED, attempts=attempts, touched=True, **more)


def run(*seats: Seat, **more: object) -> Run:
    """Return a run that began at NOW and looked at every seat; its night ends eight hours later."""
    seats = seats or tuple(seat(name) for name in NAMES)
    made = Run("run-1", "S12", "fog-1", "fog", "lab", "7", "ab" * 32, NOW, NOW + 8 * HOUR, seats, surveyed=NOW)
    return replace(made, **more)


def job(kind: JobKind, *names: str, state: JobState = JobState.ARMED, **more: object) -> Job:
    """Return a job that was armed at NOW, with an attempt for each seat."""
    made = Job("job-1", kind, names, NOW, state, armed=NOW)
    attempts = {name: Attempt("job-1", name, told=NOW) for name in names}
    return replace(made, attempts=attempts, **more)
