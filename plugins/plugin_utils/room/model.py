# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The values of a room run. All instants are aware UTC; a seat is its inventory name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any

from ..cloning.model import Outcome


class Verdict(str, Enum):
    """How it ended for a seat. DONE needs a proof that the seat itself gave; the engine's word alone never does."""

    DONE = "done"
    FAILED = "failed"
    ABSENT = "absent"  # it was not written to: it never came, or was left alone
    TIMEOUT = "timeout"
    INTERRUPTED = "interrupted"  # it was being written when it was cut off: its disk is not whole
    UNVERIFIED = "unverified"


class SeatState(str, Enum):
    """Where a seat is in the run."""

    WAITING = "waiting"  # nothing was done to it yet
    TAKEN = "taken"  # an open job has it: it may be armed
    WRITTEN = "written"  # the engine says that it is done, and its job is closed: the seat is to be asked
    BEHIND = "behind"  # its attempt ended badly; another one may follow
    ENDED = "ended"  # its verdict stands


class JobKind(str, Enum):
    """What a job of the engine is for."""

    SENTINEL = "sentinel"  # one seat, before all others
    WAVE = "wave"  # many at once, by multicast
    STRAGGLERS = "stragglers"  # some that are behind, each by itself

    @property
    def multicast(self) -> bool:
        """Whether all its seats get the image at once."""
        return self is JobKind.WAVE


class JobState(str, Enum):
    """How far a job of the engine is. INTENDED is recorded before anything is armed, with the id that it keeps."""

    INTENDED = "intended"
    ARMED = "armed"
    CLOSED = "closed"  # proved: nothing of it runs, none of its seats is armed
    JUDGED = "judged"


@dataclass(frozen=True, slots=True)
class Proof:
    """What a seat said of itself when it was asked (``seat`` and ``time`` of ``win_seat_check``), and when.

    ``marked``: the job that was written onto its disk then, "" for none. ``silence``: why it did not answer, "" when
    it did. ``off``: the silence shows that it is switched off.
    """

    at: datetime
    said: Mapping[str, Any] = field(default_factory=dict)
    silence: str = ""
    off: bool = False
    marked: str = ""


@dataclass(frozen=True, slots=True)
class Seat:
    """A seat of the run. ``place``: its place in the room, as the register writes it. ``attempts``: jobs that had it.

    ``touched``: its disk was, or may have been, written to in this run. ``final``: trying again would not help.
    ``prepared``: its ``pre_clone_tasks`` have succeeded. ``before`` and ``after``: what it said of itself.
    """

    name: str
    mac: str
    place: str = ""
    address: str = ""
    state: SeatState = SeatState.WAITING
    attempts: int = 0
    verdict: Verdict | None = None
    why: str = ""
    touched: bool = False
    final: bool = False
    prepared: bool = False
    before: Proof | None = None
    after: Proof | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One seat in one job. ``told``: when it was told to start from the network; ``changed``: when it last got on."""

    job: str
    seat: str
    told: datetime | None = None
    joined: datetime | None = None
    changed: datetime | None = None
    claim: str = "armed"
    percent: float = 0.0
    outcome: Verdict | None = None  # None while it is under way, or when the engine claims that it is done
    why: str = ""


@dataclass(frozen=True, slots=True)
class Job:
    """A job of the engine. ``id`` is the engine's, and is never used for anything else."""

    id: str
    kind: JobKind
    seats: tuple[str, ...]
    intended: datetime
    state: JobState = JobState.INTENDED
    armed: datetime | None = None
    closed: datetime | None = None
    judged: datetime | None = None
    attempts: Mapping[str, Attempt] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Run:
    """A room run. ``not_after``: nothing new begins from then on. ``surveyed``: when every seat had been looked at.

    ``outcome`` is RUNNING until ``ended``; ``sentinel`` is the seat that goes first, "" before one is chosen.
    """

    id: str
    room: str
    server: str
    engine: str
    image: str
    version: str
    checksum: str
    started: datetime
    not_after: datetime
    seats: tuple[Seat, ...] = ()
    jobs: tuple[Job, ...] = ()
    surveyed: datetime | None = None
    sentinel: str = ""
    stopped: str = ""  # why nothing new begins any more, "" while the run goes on
    ended: datetime | None = None
    outcome: Outcome = Outcome.RUNNING
    detail: str = ""

    def seat(self, name: str) -> Seat:
        """Return one seat. Raises KeyError."""
        for seat in self.seats:
            if seat.name == name:
                return seat
        raise KeyError(name)

    @property
    def open_job(self) -> Job | None:
        """The job that is under way: there is never more than one."""
        return next((job for job in self.jobs if job.state is not JobState.JUDGED), None)
