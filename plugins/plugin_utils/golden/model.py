# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The values of the catalogue of images. All instants are aware UTC."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from ..room.rules import ImageFile
from ..seat.facts import Windows
from ..tasks.fault import OperatorError


class ImageError(OperatorError, ValueError):
    """The catalogue, or what is asked of it, cannot be meant so. The message says where, what and what to do."""


class State(str, Enum):
    """What may be done with a version."""

    CANDIDATE = "candidate"  # it is being made and tested
    PUBLISHED = "published"
    RETIRED = "retired"


class Step(str, Enum):
    """What comes next for a candidate."""

    SEAL = "seal"  # there is none yet: patch the reference PC, look at it, and fix what its clones must show
    GENERALISE = "generalise"
    CAPTURE = "capture"
    TEST = "test"
    PUBLISH = "publish"


@dataclass(frozen=True, slots=True)
class Capture:
    """How a version came from its reference PC. ``manifest``: path of its checksums, on the engine's server."""

    job: str
    at: datetime
    manifest: str
    manifest_checksum: str
    size: int


@dataclass(frozen=True, slots=True)
class Trial:
    """That a seat got the version and showed it. ``room``: of the run."""

    room: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Version:
    """One version of an image. ``name`` with ``number`` is its name on the engine and in its marker: ``classroom-3``.

    ``checksum``: stands for its content (``seal``). ``made``: when it was sealed. ``patched_until``: when the search
    ended that found nothing approved missing. ``lacks``: approved updates that it lacks all the same. ``begun``: when
    Sysprep was about to be started.
    """

    name: str
    number: int
    reference: str
    made: datetime
    checksum: str
    windows: Windows
    patched_until: datetime
    files: tuple[ImageFile, ...]
    state: State = State.CANDIDATE
    lacks: tuple[str, ...] = ()
    begun: datetime | None = None
    generalised: datetime | None = None
    capture: Capture | None = None
    test: Trial | None = None
    published: datetime | None = None
    retired: datetime | None = None

    @property
    def image(self) -> str:
        """Its name on the engine."""
        return f"{self.name}-{self.number}"

    @property
    def next_step(self) -> Step | None:
        """What comes next; None when nothing does."""
        if self.state is not State.CANDIDATE:
            return None
        if self.generalised is None:
            return Step.GENERALISE
        if self.capture is None:
            return Step.CAPTURE
        return Step.TEST if self.test is None else Step.PUBLISH


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All versions of all images, in the order in which they were made."""

    versions: tuple[Version, ...] = field(default_factory=tuple)

    def of(self, name: str) -> tuple[Version, ...]:
        """Return the versions of one image, oldest first."""
        return tuple(sorted((one for one in self.versions if one.name == name), key=lambda one: one.number))

    def candidate(self, name: str) -> Version | None:
        """Return the version that is being made; there is never more than one."""
        return next((one for one in self.of(name) if one.state is State.CANDIDATE), None)

    def published(self, name: str) -> Version | None:
        """Return the newest published version."""
        return next((one for one in reversed(self.of(name)) if one.state is State.PUBLISHED), None)

    def next_number(self, name: str) -> int:
        """Return the number of the next version: none is used twice, also not that of a version that was given up."""
        return max((one.number for one in self.of(name)), default=0) + 1

    def step(self, name: str) -> Step:
        """Return what comes next for an image."""
        candidate = self.candidate(name)
        step = candidate.next_step if candidate is not None else None
        return step or Step.SEAL
