# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a rule says about one update: a gate returns a ruling, or None to let the update pass."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from .decisions import Disposition
from .model import Update
from .reasons import Reason
from .situation import Situation


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a gate says about an update; see :class:`Verdict` for the fields."""

    disposition: Disposition
    reason: Reason
    detail: Mapping[str, str] = field(default_factory=dict)
    until: datetime | None = None
    owed: bool = False


Gate = Callable[[Update, Situation], Ruling | None]


def first_ruling(gates: Sequence[Gate], update: Update, situation: Situation) -> Ruling | None:
    """Return the ruling of the first gate that has one."""
    for gate in gates:
        ruling = gate(update, situation)
        if ruling is not None:
            return ruling
    return None
