# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One verdict for every missing update.

An update passes four lists of gates in turn: is our job at work on it, is it wanted (``selection``),
what do earlier attempts say, may it start now. What passes them all is installed now.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from .calendar import describe
from .decisions import Disposition, Verdict
from .emergencies import emergency_for, told
from .history import GATES as HISTORY_GATES
from .model import Update
from .occasions import OccasionKind
from .priority import priority_of
from .reasons import Reason
from .ruling import Ruling, first_ruling
from .selection import GATES as SELECTION_GATES
from .situation import Situation
from .supersedence import superseded_by
from .timing import EMERGENCY_GATES
from .timing import GATES as TIMING_GATES


def judge(situation: Situation) -> tuple[Verdict, ...]:
    """Return a verdict for each missing update, in the order of the scan."""
    missing = situation.state.missing
    at_work = {one for job in situation.changing_jobs for one in job.updates}
    refused = {update.id: first_ruling(SELECTION_GATES, update, situation) for update in missing}
    wanted = {one for one, ruling in refused.items() if ruling is None and not situation.standing(one).parked}
    replaced = superseded_by(missing, wanted)

    def rule(update: Update) -> Ruling:
        if update.id in at_work:
            return Ruling(Disposition.WAIT, Reason.INSTALLING, owed=True)
        refusal = refused[update.id]
        if refusal is not None:
            return refusal
        if update.id in replaced:
            return Ruling(Disposition.IGNORE, Reason.SUPERSEDED, {"by": replaced[update.id].label})
        emergency = emergency_for(update, situation)
        timing = TIMING_GATES if emergency is None else EMERGENCY_GATES
        waiting = first_ruling((*HISTORY_GATES, *timing), update, situation)
        if waiting is None and emergency is not None:
            return Ruling(Disposition.INSTALL, Reason.EMERGENCY, told(emergency, situation), owed=True)
        return waiting or _install(situation)

    return tuple(_verdict(update, rule(update), situation) for update in missing)


def hold(verdicts: Sequence[Verdict], ruling: Ruling) -> tuple[Verdict, ...]:
    """Return ``verdicts`` with each INSTALL made to wait for the reason that ``ruling`` gives."""
    return tuple(
        replace(
            one,
            disposition=ruling.disposition,
            reason=ruling.reason,
            detail=ruling.detail,
            until=ruling.until,
            owed=ruling.owed,
        )
        if one.disposition is Disposition.INSTALL
        else one
        for one in verdicts
    )


def _install(situation: Situation) -> Ruling:
    reason, detail = why_now(situation)
    return Ruling(Disposition.INSTALL, reason, detail, owed=True)


def why_now(situation: Situation) -> tuple[Reason, dict[str, str]]:
    """Return why installations may start now."""
    occasion, zone = situation.occasion, situation.policy.zone
    if occasion.occurrence is None or occasion.ends is None:
        return Reason.ANY_TIME, {}
    detail = {
        "window": describe(occasion.occurrence, zone),
        "zone": str(zone),
        "closes": situation.local(occasion.ends),
    }
    return (Reason.CATCH_UP if occasion.kind is OccasionKind.CATCH_UP else Reason.WINDOW_OPEN), detail


def _verdict(update: Update, ruling: Ruling, situation: Situation) -> Verdict:
    severity, source = situation.severities[update.id]
    verdict = Verdict(
        update, ruling.disposition, ruling.reason, severity, source, ruling.detail, ruling.until, ruling.owed
    )
    policy, state = situation.policy, situation.state
    if policy.priority is None:
        return verdict
    memory = state.updates.get(update.id)
    found = memory.first_missing if memory else None
    rank = priority_of(
        update, severity, situation.device, policy.priority, found, state.fleet, situation.now, policy.zone
    )
    return replace(verdict, priority=rank.level, due=rank.due, urgency=rank.why)
