# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which updates the policy wants at all, whatever the time.

A gate is a function that looks at one update and returns a ruling, or None to let it pass. The first
ruling stands. A new rule about what is wanted (an approval, a ring, an exception) is a new gate in ``GATES``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from .decisions import Disposition
from .model import Severity, Update
from .reasons import Reason
from .severity import RANK
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


def declined(update: Update, situation: Situation) -> Ruling | None:
    """Helpdesk 8: what is declined, by id or KB, is wanted nowhere."""
    if situation.policy.declined.isdisjoint((update.id, *update.kbs)):
        return None
    return Ruling(Disposition.IGNORE, Reason.DECLINED, {"update": update.label})


def below_threshold(update: Update, situation: Situation) -> Ruling | None:
    """Helpdesk 3: only the named severities are installed; a missing rating is a case of its own."""
    installed = situation.policy.severity.install
    severity, source = situation.severities[update.id]
    if severity in installed:
        return None
    if severity is Severity.OTHER:
        return Ruling(Disposition.IGNORE, Reason.UNRATED)
    detail = {
        "severity": severity.value,
        "source": source.value,
        "installed": ", ".join(one.value for one in RANK if one in installed) or "none",
    }
    return Ruling(Disposition.IGNORE, Reason.BELOW_THRESHOLD, detail)


def needs_input(update: Update, situation: Situation) -> Ruling | None:
    """WUA: an update that can request user input cannot run silently."""
    if not update.can_request_user_input:
        return None
    return Ruling(Disposition.REFUSE, Reason.NEEDS_INPUT, {"update": update.label})


GATES: tuple[Gate, ...] = (declined, below_threshold, needs_input)
