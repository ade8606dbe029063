# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The power switch of a PC: who turns it on and off, and when."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Switching:
    """The switch is turned at ``at`` (aware)."""

    at: datetime
    on: bool


class PowerPlan:
    """The switchings that will happen by themselves, in order."""

    __slots__ = ("_instants", "_switchings")

    def __init__(self, switchings: Iterable[Switching] = ()) -> None:
        """Take them in any order."""
        self._switchings = tuple(sorted(switchings, key=lambda s: s.at))
        self._instants = tuple(s.at for s in self._switchings)

    def after(self, at: datetime) -> Switching | None:
        """Return the first one strictly after ``at``, or None."""
        index = bisect_right(self._instants, at)
        return self._switchings[index] if index < len(self._switchings) else None

    def on_at(self, at: datetime, otherwise: bool = True) -> bool:
        """Return whether the last one at or before ``at`` turned it on; ``otherwise`` where there is none."""
        index = bisect_right(self._instants, at)
        return self._switchings[index - 1].on if index else otherwise
