# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What PCs told the server at their end: Clonezilla's log of jobs, put aside before a job and brought back after it.

One line for each PC, and only when it is through; none for a PC that never came. It reads "finished restoring" also
where a partition failed. ocsmgrd takes the words from anyone in the network, and cuts off the first three, which are
the image's name unless the PC has UEFI. Times are local ones of the server. ocsmgrd deletes the log at each start.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ..engine import EngineError, JobSpec
from .image import Image
from .layout import Layout

_LINE = re.compile(r"^\d{4}-\d{4}-\d{4}, client (\S+) \(([^)]*)\) finished restoring\. Stats: (.*)$")
_PART = re.compile(r"(?:/dev/)?([^\s,;]+), (success|\*\*\*FAIL\*\*\*)")
_IMAGE = re.compile(r"(?:Multicast|Unicast) restored ([^\s,]+),")


@dataclass(frozen=True, slots=True)
class Report:
    """What one PC said. ``parts``: each partition, and whether it got its data. ``image`` is "" where it is cut off."""

    address: str
    parts: tuple[tuple[str, bool], ...]
    image: str
    text: str

    def faults(self, image: Image | None, name: str, address: str) -> list[str]:
        """Return why this is no report of a seat with ``address`` that has the whole image ``name``."""
        failed = [part for part, good in self.parts if not good]
        told = {part for part, _good in self.parts}
        missing = [part for part in image.parts if part not in told] if image and not image.volumes else []
        wrong = [f"{part} failed" for part in failed] + [f"nothing is told of {part}" for part in missing]
        if image is None:
            wrong.append(f"image {name} is not on this server any more, its partitions are not known")
        if not self.parts:
            wrong.append("no partition is told of")
        if self.image and self.image != name:
            wrong.append(f"it is about image {self.image}")
        if self.address != address:
            wrong.append(f"it is told by {self.address}")
        return wrong


def reports(text: str) -> dict[str, Report]:
    """Return what each PC said, by its MAC; the last line of each counts."""
    found = (_LINE.match(line) for line in text.splitlines())
    return {one[2].lower(): _report(one[1], one[3]) for one in found if one}


def text_of(layout: Layout, spec: JobSpec, *, over: bool) -> str:
    """Return the log of a job: the live one, or where the job is ``over`` the one that was put aside."""
    aside = after(layout, spec)
    path = aside if over or aside.exists() else layout.log
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise EngineError(f"{path}: cannot be read ({error.strerror}); run this as root on the DRBL server") from error


def before(layout: Layout, spec: JobSpec) -> Path:
    """Return where the log of earlier jobs is during the job."""
    return layout.log.with_name(f"nightshift-before-{spec.id}.log")


def after(layout: Layout, spec: JobSpec) -> Path:
    """Return where the job's own log is after it."""
    return layout.log.with_name(f"nightshift-{spec.id}.log")


def put_aside(layout: Layout, spec: JobSpec) -> None:
    """Move the log of earlier jobs out of the way of a start, which would delete it. May be repeated."""
    if layout.log.exists() and not before(layout, spec).exists():
        _move(layout.log, before(layout, spec))


def keep(layout: Layout, spec: JobSpec) -> None:
    """Keep the job's own log, and bring back the one from before. May be repeated, also after half of it."""
    if layout.log.exists() and not after(layout, spec).exists():
        _move(layout.log, after(layout, spec))
    bring_back(layout, spec)


def bring_back(layout: Layout, spec: JobSpec) -> None:
    """Bring back the log from before."""
    if before(layout, spec).exists():
        _move(before(layout, spec), layout.log)


def _move(path: Path, to: Path) -> None:
    try:
        path.replace(to)
    except OSError as error:
        raise EngineError(f"{path}: cannot become {to} ({error.strerror}); run this as root") from error


def _report(address: str, words: str) -> Report:
    image = _IMAGE.search(words)
    parts = tuple((part, status == "success") for part, status in _PART.findall(words))
    return Report(address, parts, image[1] if image else "", words.strip())
