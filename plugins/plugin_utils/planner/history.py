# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What earlier attempts say about an update, whatever the time: parked, or installed already."""

from __future__ import annotations

from .decisions import Disposition
from .model import Attempt, Update
from .reasons import Reason
from .ruling import Gate, Ruling
from .situation import Situation


def parked(update: Update, situation: Situation) -> Ruling | None:
    """Helpdesk 6: not tried again until the ticket is closed or the patch is superseded."""
    standing = situation.standing(update.id)
    if not standing.parked:
        return None
    failure = standing.last_failure or standing.last
    detail = {
        "update": update.label,
        "failures": str(standing.failures),
        "failed": situation.local(failure.at) if failure else "before its ticket was opened",
        "zone": str(situation.policy.zone),
        "error": error_words(failure),
    }
    return Ruling(Disposition.PARKED, Reason.NEEDS_PERSON if standing.needs_person else Reason.PARKED, detail)


def restart_to_finish(update: Update, situation: Situation) -> Ruling | None:
    """Helpdesk 5: installed, and effective at the next start; nothing more is owed in this window."""
    success = situation.standing(update.id).unfinished
    if success is None:
        return None
    detail = {"installed": situation.local(success.at), "zone": str(situation.policy.zone)}
    return Ruling(Disposition.WAIT, Reason.RESTART_TO_FINISH, detail)


def unconfirmed(update: Update, situation: Situation) -> Ruling | None:
    """Enterprise 7: installed, says the device; a later scan has the last word."""
    success = situation.standing(update.id).unconfirmed
    if success is None:
        return None
    detail = {"installed": situation.local(success.at), "zone": str(situation.policy.zone)}
    return Ruling(Disposition.WAIT, Reason.UNCONFIRMED, detail, owed=True)


def error_words(attempt: Attempt | None) -> str:
    """Return ``0x80070643, transient``, or what there is instead of a code."""
    if attempt is None:
        return "no attempt on record"
    code = f"0x{attempt.hresult & 0xFFFFFFFF:08X}" if attempt.hresult else attempt.outcome.value.replace("_", " ")
    return f"{code}, {attempt.error_class.value.replace('_', ' ')}" if attempt.error_class else code


GATES: tuple[Gate, ...] = (parked, restart_to_finish, unconfirmed)
