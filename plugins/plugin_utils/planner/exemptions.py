# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Exceptions that hold for a device: from patching, from one update, from restarts (campus 6)."""

from __future__ import annotations

from datetime import UTC, datetime

from .decisions import Action, Decision, Disposition
from .fleet import Exemption, Scope
from .model import Update
from .reasons import Reason
from .ruling import Ruling
from .situation import Situation

_ENDLESS = datetime.max.replace(tzinfo=UTC)


def exemption(scope: Scope, situation: Situation, names: frozenset[str] = frozenset()) -> Exemption | None:
    """Return the exception of ``scope`` that holds now, the one that lasts longest; ``names``: of the update."""
    found = [
        one
        for one in situation.state.fleet.exemptions
        if one.scope is scope
        and (one.expires is None or situation.now < one.expires)
        and (scope is not Scope.UPDATE or one.update in names)
    ]
    return max(found, key=lambda one: one.expires or _ENDLESS, default=None)


def told(found: Exemption, situation: Situation) -> dict[str, str]:
    """Return why, by whom and until when an exception holds, for a reason's sentence."""
    until = f"until {situation.local(found.expires)} ({situation.policy.zone})" if found.expires else "without an end"
    return {"until": until, "why": found.reason, "by": found.authorised_by}


def device_excepted(update: Update, situation: Situation) -> Ruling | None:
    """Campus 6: nothing is installed on a device that is excepted from patching."""
    found = exemption(Scope.PATCHING, situation)
    if found is None:
        return None
    return Ruling(Disposition.IGNORE, Reason.EXCEPTED, told(found, situation), found.expires)


def update_excepted(update: Update, situation: Situation) -> Ruling | None:
    """Campus 6: an update that a device is excepted from is not installed there."""
    found = exemption(Scope.UPDATE, situation, frozenset({update.id, *update.kbs}))
    if found is None:
        return None
    detail = told(found, situation) | {"update": update.label}
    return Ruling(Disposition.IGNORE, Reason.UPDATE_EXCEPTED, detail, found.expires)


def no_restart(found: Exemption, situation: Situation) -> tuple[Decision, ...]:
    """Return what an exception from restarts does: one that we scheduled is called off, a pending one waits."""
    if situation.restart_at is not None:
        return (Decision(Action.CANCEL_RESTART, Reason.CANCEL_EXCEPTED, told(found, situation)),)
    seen = situation.state.observation
    if seen is None or not seen.pending_restart:
        return ()
    return (Decision(Action.NOTHING, Reason.RESTART_EXCEPTED, told(found, situation)),)
