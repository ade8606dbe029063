# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What goes wrong on the way to a device, and where its current comes from: the same for the same seed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from random import Random

SHARE = 0.02  # of the calls that may be cut
APART = timedelta(hours=12)  # between two cuts of one device: the next patrol gets through
UNPLUGGED = 0.4  # of the hours of a laptop


class Cut(Enum):
    """When a connection breaks."""

    BEFORE = "before the device has heard anything"
    AFTER = "the device has done it, and its answer is lost"


@dataclass
class Connections:
    """The ways to all devices. ``rough``: whether connections are cut."""

    seed: int
    rough: bool = False
    cuts: list[tuple[str, datetime]] = field(default_factory=list)
    _last: dict[str, datetime] = field(default_factory=dict)

    def cut(self, device: str, module: str, at: datetime) -> Cut | None:
        """Return how a call is cut, None for one that goes through."""
        if not self.rough or at - self._last.get(device, at - APART) < APART:
            return None
        random = Random(f"{self.seed}/{device}/{module}/{at.isoformat()}")
        if random.random() >= SHARE:
            return None
        self._last[device] = at
        self.cuts.append((device, at))
        return random.choice((Cut.BEFORE, Cut.AFTER))

    def power(self, device: str, at: datetime) -> str:
        """Return what a laptop runs on in this hour."""
        return "battery" if Random(f"{self.seed}/{device}/{at:%d %H}").random() < UNPLUGGED else "ac"
