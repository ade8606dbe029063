# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From what the reference PC says to the version that its clones must show; all that forbids it is told at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ..device.fields import Fields
from ..patrol.explanation import lacking
from ..room.rules import ImageFile
from ..seat.facts import SeatFacts
from .model import ImageError, Version
from .readiness import Preparation, faults
from .seal import seal


@dataclass(frozen=True, slots=True)
class Said:
    """What was asked: ``win_patch_report``, ``win_sysprep_check``, ``win_seat_check``, and the plan's verdicts.

    ``updates``: those of ``nightshift_explanation``, as plain values.
    """

    report: Mapping[str, object]
    sysprep: Mapping[str, object]
    seat: Mapping[str, object]
    updates: Sequence[Mapping[str, object]]


def version_of(
    name: str, number: int, reference: str, said: Said, wanted: Preparation, accepted: Sequence[str], now: datetime
) -> Version:
    """Return the candidate. ``accepted``: approved updates that it may lack. Raises ImageError and ProtocolError."""
    image = f"{name}-{number}"
    facts = SeatFacts.read(said.seat, now)
    until, problems = _searched(said.report)
    missing = lacking(said.updates)
    problems += [f"{label} is approved and missing" for label in missing if label not in accepted]
    problems += faults(said.sysprep, wanted)
    files, wrong = _files(facts)
    problems += wrong
    if facts.windows is None:
        problems.append("its Windows build is not known")
    if problems or facts.windows is None or until is None:
        raise ImageError(f"{reference}: not ready for {image}: {'; '.join(problems)}")
    checksum = seal(image, facts.windows, files)
    return Version(name, number, reference, now, checksum, facts.windows, until, files, lacks=missing)


def changed_since(version: Version, said_seat: Mapping[str, object], now: datetime) -> tuple[str, ...]:
    """Return how the reference PC differs from what was sealed; it may have been used since. Raises ProtocolError."""
    facts = SeatFacts.read(said_seat, now)
    files, problems = _files(facts)
    held = {file.path.casefold(): file.sha256 for file in files}
    problems += [
        f"{file.path} is no longer what was sealed"
        for file in version.files
        if held.get(file.path.casefold()) != file.sha256
    ]
    if facts.windows != version.windows:
        problems.append("its Windows is no longer what was sealed")
    marker = facts.image
    if marker is None or (marker.name, marker.version, marker.checksum) != (
        version.image, str(version.number), version.checksum,
    ):  # fmt: skip
        problems.append(f"it does not have the marker of {version.image}")
    return tuple(problems)


def _searched(report: Mapping[str, object]) -> tuple[datetime | None, list[str]]:
    scan = Fields(report, "win_patch_report: ").object("scan")
    trust, until = scan.text("trust"), scan.instant("finished_at")
    if until is None or trust != "trusted":
        return until, [f"its last search cannot be relied on ({trust})"]
    return until, []


def _files(facts: SeatFacts) -> tuple[tuple[ImageFile, ...], list[str]]:
    problems = [f"{fact.removeprefix('files:')} cannot be read: {why}" for fact, why in sorted(facts.unread.items())
                if fact.startswith("files:")]  # fmt: skip
    problems += [
        f"{file.path} is missing" for file in facts.files
        if file.sha256 is None and f"files:{file.path}" not in facts.unread
    ]  # fmt: skip
    if not facts.files:
        problems.append("no file is named by which a clone could prove its content")
    return tuple(ImageFile(file.path, file.sha256) for file in facts.files if file.sha256), problems
