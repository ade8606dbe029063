# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a seat is expected to be after a job, what the engine claims of it, and what others are."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from ..room.model import Verdict
from ..room.rules import ImageFile
from .facts import SeatFacts


class Claim(str, Enum):
    """What the engine claims of a seat, by the engines' own words, and two of the run's. A claim proves nothing."""

    NONE = "none"  # no job had it
    ARMED = "armed"
    STARTED = "started"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"
    UNKNOWN = "unknown"
    TIMEOUT = "timeout"  # the run gave up waiting while it was being written


class Check(str, Enum):
    """What is looked at. The values are those of the report."""

    ANSWER = "answer"
    CLAIM = "claim"
    BOOT = "boot"
    DISK = "disk"
    IMAGE = "image"
    FILES = "files"
    WINDOWS = "windows"
    NAME = "name"
    SID = "sid"
    UPDATE_CLIENT = "update_client"
    DOMAIN = "domain"
    ACTIVATION = "activation"
    PATCHES = "patches"


@dataclass(frozen=True, slots=True)
class Finding:
    """Why a check is not good: ``text`` is for people, without the seat's name."""

    check: Check
    text: str


@dataclass(frozen=True, slots=True)
class ImageWanted:
    """The image of the job, as its catalogue entry or the policy has it. ``edition``, ``date`` empty: not compared."""

    name: str
    version: str
    checksum: str
    build: int
    ubr: int
    files: tuple[ImageFile, ...] = ()
    edition: str = ""
    date: datetime | None = None


@dataclass(frozen=True, slots=True)
class Expected:
    """What must be so. ``began``: when the job armed the seat, aware UTC.

    ``computer_name``: as registered. ``domain``: its DNS name; "" for none, None where the policy leaves it open.
    ``marked``: the run's marker was written on the disk of before; where it was not, ``before`` (what the seat said of
    itself then) must differ from what it says now.
    """

    computer_name: str
    image: ImageWanted
    began: datetime
    marked: bool
    domain: str | None = None
    activated: bool = True
    before: SeatFacts | None = None


@dataclass(frozen=True, slots=True)
class Other:
    """Another PC of the room or the fleet, as far as it is known. ``name``: in the inventory."""

    name: str
    computer_name: str = ""
    machine_sid: str = ""
    wsus_client_id: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict with its reasons: what is ``wrong``, what is ``unknown``. Both are empty for a seat that is done.

    ``missing``: approved patches that it still lacks, which are listed and do not make it fail.
    """

    verdict: Verdict
    wrong: tuple[Finding, ...] = ()
    unknown: tuple[Finding, ...] = ()
    missing: tuple[str, ...] = field(default_factory=tuple)

    @property
    def why(self) -> str:
        """The reasons in one line, "" for a seat that is done."""
        return "; ".join(finding.text for finding in (*self.wrong, *self.unknown))
