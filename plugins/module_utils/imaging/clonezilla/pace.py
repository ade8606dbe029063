# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How fast a transfer goes: where it was at the last look, kept in a file, compared with where it is now."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

_GB = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Marks:
    """Where transfers were ``at`` a time (aware): the bytes that were done, of a multicast under "", of a unicast
    under the address of its PC."""

    at: datetime
    done: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast it went since the last look; both "" where that is not known."""

    rate: str = ""
    remaining: str = ""


def read_marks(path: Path) -> Marks | None:
    """Return the last look, None when there was none."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return Marks(datetime.fromisoformat(content["at"]), {key: int(done) for key, done in content["done"].items()})
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def write_marks(path: Path, marks: Marks) -> None:
    """Keep a look for the next one to compare with."""
    path.write_text(json.dumps({"at": marks.at.isoformat(), "done": dict(marks.done)}), encoding="utf-8")


def pace(before: Marks | None, now: Marks, key: str, total: int) -> Pace:
    """Compare two looks at one transfer of ``total`` bytes."""
    if before is None or key not in before.done or key not in now.done:
        return Pace()
    seconds = (now.at - before.at).total_seconds()
    gone = now.done[key] - before.done[key]
    if seconds <= 0 or gone <= 0:
        return Pace()
    speed = gone / seconds
    return Pace(f"{speed * 60 / _GB:.2f}GB/min", _clock(max(0, total - now.done[key]) / speed))


def _clock(seconds: float) -> str:
    whole = int(seconds)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"
