# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a room run goes: ``nightshift_cloning.run``, as a value."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum


class Unreachable(str, Enum):
    """What becomes of a run in whose room a seat stays silent, and nothing shows that it is switched off."""

    FAIL = "fail"  # nothing is armed
    SKIP = "skip"  # that seat is left alone


class Presence(str, Enum):
    """What becomes of a run in whose room somebody is logged on."""

    REFUSE = "refuse"  # nothing is armed
    SKIP = "skip"  # that seat is left alone
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True)
class ImageFile:
    """A file that every seat with the image has: its path on Windows and the SHA-256 of its content."""

    path: str
    sha256: str


@dataclass(frozen=True, slots=True)
class RunRules:
    """What a run goes by.

    ``idle``: from then on a logged-on person counts as away; None: never. ``sentinels``: seats that go first in their
    rooms; where there is none, the first by name does. ``wave``: most seats of one multicast.
    ``retries``: jobs of its own that a seat may get after its first one failed; ``together``: most seats of such a
    job. ``boot``: until a seat must have come to the engine; ``stall``: for how long a seat may make no progress;
    ``job``: how long a transfer may take in all; ``settle``: until a seat must have shown that it is done.
    ``ratio``: the part of the room's seats that must be done. ``announce``: what users are told, None: nothing.
    ``notice``: what operators and users are told of local data. ``bitrate``: bits per second, None: no limit.
    ``never``: seats that are not touched. ``domain``: the DNS name of the domain in which a seat must be, "" for none,
    None where that is left open. ``activated``: whether its Windows must be. ``patch``: whether the room is patched at
    the end. ``poll``: between two looks. ``guard``: real time from the end of a controller that left seats armed
    until its run is abandoned; none: it is not.
    """

    on_unreachable: Unreachable = Unreachable.FAIL
    users: Presence = Presence.REFUSE
    idle: timedelta | None = None
    sentinels: frozenset[str] = frozenset()
    wave: int = 64
    retries: int = 1
    together: int = 4
    bitrate: int | None = None
    boot: timedelta = timedelta(minutes=15)
    stall: timedelta = timedelta(minutes=15)
    job: timedelta = timedelta(hours=3)
    settle: timedelta = timedelta(minutes=45)
    poll: timedelta = timedelta(seconds=30)
    guard: timedelta = timedelta(minutes=15)
    ratio: float = 1.0
    announce: str | None = None
    notice: str | None = None
    never: frozenset[str] = frozenset()
    domain: str | None = None
    activated: bool = True
    patch: bool = True
