# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What every imaging engine can do, and the values that go in and out: one job over the seats of one room.

An engine never moves disk blocks itself: it drives a server that does. It says what the server claims; whether a seat
is done is judged elsewhere, on the seat itself. All instants are aware UTC.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Protocol


class Mode(str, Enum):
    """How an image reaches the seats of a job."""

    MULTICAST = "multicast"
    UNICAST = "unicast"


class SeatState(str, Enum):
    """What the engine claims of one seat. ``DONE`` is a claim, not a verdict."""

    ARMED = "armed"  # will be imaged at its next network boot
    STARTED = "started"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"  # was being written when it was cancelled or cut off: its disk is not whole
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Seat:
    """A device of the room, as the register has it. ``mac``: lower case with colons. ``address``: IPv4, where known."""

    name: str
    mac: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class JobSpec:
    """What is wanted. ``id``: ``reimage-<room>-<UTC>-<6 hex>``; the same id never starts twice.

    ``wait_seconds``: how long a multicast waits for its last seat, counted as the engine counts.
    ``max_bitrate``: bits per second of the sender, None for no limit.
    """

    id: str
    room: str
    image: str
    seats: tuple[Seat, ...]
    mode: Mode = Mode.MULTICAST
    after: str = "poweroff"  # or reboot
    wait_seconds: int = 600
    max_bitrate: int | None = None


@dataclass(frozen=True, slots=True)
class CaptureSpec:
    """That the disk of one PC is to be read into an image. ``id``: ``capture-<image>-<UTC>-<6 hex>``.

    ``image`` must hold no disk yet: what it held would be lost. Where there is none of that name, it is made like the
    image ``like`` ("": it must be there, where an engine has images that hold nothing). ``disk``: the PC's disk as
    Linux names it, for an engine that must be told; "" for the one that ``like`` was taken from.
    """

    id: str
    seat: Seat
    image: str
    like: str = ""
    after: str = "poweroff"  # or reboot
    disk: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that forbids the job. ``seat`` is "" where it is about the server, the image or the room."""

    what: str
    seat: str = ""


@dataclass(frozen=True, slots=True)
class SeatProgress:
    """How far a seat is, as the engine claims. ``percent`` 0 to 100; ``rate`` and ``remaining`` as far as it tells."""

    seat: str
    state: SeatState
    percent: float = 0.0
    rate: str = ""
    remaining: str = ""
    since: datetime | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class JobProgress:
    """All seats of a job, and its transfer. ``closed``: nothing of the job runs or waits on the server any more."""

    seats: tuple[SeatProgress, ...]
    closed: bool
    joined: int | None = None
    expected: int | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """One step that was, or in check mode would be, taken: an HTTP request or a command, without secrets."""

    text: str


@dataclass(frozen=True, slots=True)
class Started:
    """What a start did. ``changed`` is false when the job was running already."""

    changed: bool
    requests: tuple[Request, ...] = field(default_factory=tuple)


class EngineError(Exception):
    """The engine cannot do what was asked. The message says where, what and what to do."""


class Engine(Protocol):
    """The verbs. Each may be repeated: a second run carries on. All raise EngineError."""

    def preflight(self, spec: JobSpec) -> tuple[Problem, ...]:
        """Return everything that forbids the job; nothing is changed on the server."""

    def start(self, spec: JobSpec, *, check: bool = False) -> Started:
        """Arm exactly the seats of the job, prove it by reading back, and start the transfer."""

    def progress(self, spec: JobSpec) -> JobProgress:
        """Say how far the job is."""

    def cancel(self, spec: JobSpec, *, check: bool = False) -> Started:
        """Stop this job and no other, and prove that none of its seats stays armed."""

    def verify(self, spec: JobSpec) -> tuple[SeatProgress, ...]:
        """Return what the engine's own records say of each seat after the end."""

    def finish(self, spec: JobSpec, *, check: bool = False) -> Started:
        """Leave nothing of the job behind on the server: no temporary group, no armed seat, no lock."""

    def armed(self) -> frozenset[str]:
        """Return the MACs that the server would image at their next boot, of this job or any other."""


class CaptureEngine(Protocol):
    """The verbs of reading one disk into an image. Each may be repeated. All raise EngineError."""

    def preflight(self, spec: CaptureSpec) -> tuple[Problem, ...]:
        """Return everything that forbids the job; nothing is changed on the server."""

    def start(self, spec: CaptureSpec, *, check: bool = False) -> Started:
        """Make the image where it is missing, arm exactly the one PC for reading, and prove it by reading back."""

    def progress(self, spec: CaptureSpec) -> JobProgress:
        """Say how far the job is."""

    def cancel(self, spec: CaptureSpec, *, check: bool = False) -> Started:
        """Stop this job and no other. What the image holds then is not whole."""

    def verify(self, spec: CaptureSpec) -> SeatProgress:
        """Return what the engine's own records say after the end: a claim."""

    def finish(self, spec: CaptureSpec, *, check: bool = False) -> Started:
        """Leave nothing of the job behind on the server but the image."""

    def armed(self) -> frozenset[str]:
        """Return the MACs that the server would write to, or read from, at their next boot, of any job."""
