# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A version's way from the reference PC to the rooms: each step is taken once, and only after the one before it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from .model import Capture, Catalogue, ImageError, State, Step, Trial, Version

_Change = Callable[[Version], Version]


def sealed(catalogue: Catalogue, version: Version) -> Catalogue:
    """Add a candidate. Raises ImageError when there is one already, or its number is not the next."""
    open_one = catalogue.candidate(version.name)
    if open_one is not None:
        raise ImageError(f"image {version.name}: {open_one.image} is being made; finish or abandon it first")
    if version.number != catalogue.next_number(version.name):
        raise ImageError(f"image {version.name}: {version.image} is not the next version")
    return Catalogue((*catalogue.versions, version))


def begun(catalogue: Catalogue, name: str, at: datetime) -> Catalogue:
    """Sysprep is about to be started on the reference PC; from now on its silence is its end. Raises ImageError."""
    return _advanced(catalogue, name, Step.GENERALISE, lambda one: replace(one, begun=at))


def generalised(catalogue: Catalogue, name: str, at: datetime) -> Catalogue:
    """The reference PC is generalised and off. Raises ImageError."""
    candidate = catalogue.candidate(name)
    if candidate is not None and candidate.generalised is None and candidate.begun is None:
        raise ImageError(
            f"image {candidate.image}: {candidate.reference} is off, and Sysprep was not started there; switch it on"
        )
    return _advanced(catalogue, name, Step.GENERALISE, lambda one: replace(one, generalised=at))


def captured(catalogue: Catalogue, name: str, capture: Capture) -> Catalogue:
    """The image is on the engine, with the checksums of its files. Raises ImageError."""
    return _advanced(catalogue, name, Step.CAPTURE, lambda one: replace(one, capture=capture))


def tested(catalogue: Catalogue, name: str, test: Trial) -> Catalogue:
    """A seat got it and showed it. Raises ImageError, also for a test that is older than the image."""
    candidate = catalogue.candidate(name)
    if candidate is not None and candidate.capture is not None and test.at < candidate.capture.at:
        raise ImageError(f"image {candidate.image}: the test in {test.room} is older than the image")
    return _advanced(catalogue, name, Step.TEST, lambda one: replace(one, test=test))


def published(catalogue: Catalogue, name: str, keep: int, at: datetime) -> Catalogue:
    """The candidate may go to rooms; of the published ones the newest ``keep`` stay. Raises ImageError."""
    if keep < 1:
        raise ImageError(f"keep: {keep} is too few; the newest version stays at least")
    done = _advanced(catalogue, name, Step.PUBLISH, lambda one: replace(one, state=State.PUBLISHED, published=at))
    standing = [one for one in done.of(name) if one.state is State.PUBLISHED]
    old = {one.image for one in standing[:-keep]}
    return Catalogue(
        tuple(replace(one, state=State.RETIRED, retired=at) if one.image in old else one for one in done.versions)
    )


def abandoned(catalogue: Catalogue, name: str, at: datetime) -> Catalogue:
    """The candidate is given up; its number is never used again. Nothing changes where there is none."""
    candidate = catalogue.candidate(name)
    if candidate is None:
        return catalogue
    return _with(catalogue, replace(candidate, state=State.RETIRED, retired=at))


def _advanced(catalogue: Catalogue, name: str, step: Step, change: _Change) -> Catalogue:
    candidate = catalogue.candidate(name)
    if candidate is None:
        raise ImageError(f"image {name}: no version is being made; begin with the reference PC")
    if candidate.next_step is not step:
        due = candidate.next_step.value if candidate.next_step else "nothing"
        raise ImageError(f"image {candidate.image}: {step.value} is not its next step, but {due}")
    return _with(catalogue, change(candidate))


def _with(catalogue: Catalogue, version: Version) -> Catalogue:
    return Catalogue(tuple(version if one.image == version.image else one for one in catalogue.versions))
