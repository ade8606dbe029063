# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is installed now, in which order and until when; and when a device has been served."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from .decisions import Action, Decision, Disposition, Verdict
from .emergencies import emergency_for
from .fitting import expected, latest_start
from .model import Update
from .occasions import OccasionKind
from .policy import InstallOrder
from .reasons import Reason
from .ruling import Ruling
from .scanning import ScanNeed, unserved
from .severity import RANK
from .situation import Proposal, Situation
from .verdicts import why_now

_NEVER = datetime.max.replace(tzinfo=UTC)


def keeps_waiting(situation: Situation, need: ScanNeed) -> Ruling | None:
    """Return what keeps the device from installing anything now, whatever the update; None: nothing."""
    if situation.active_jobs:
        return Ruling(Disposition.WAIT, Reason.DEVICE_BUSY, owed=True)
    at = situation.restart_at
    if at is not None:
        detail = {"at": situation.local(at), "zone": str(situation.policy.zone)}
        return Ruling(Disposition.WAIT, Reason.RESTART_COMING, detail, at, owed=True)
    if need.trigger is not None:
        why = need.trigger.reason.words(need.trigger.detail)
        until = need.at if need.at > situation.now else None
        return Ruling(Disposition.WAIT, Reason.SCAN_FIRST, {"why": why}, until, owed=True)
    return None


def installing(situation: Situation, verdicts: Sequence[Verdict]) -> Proposal:
    """Return the installation of every update whose verdict says so, in the order of the policy.

    Each of them fits if it began now. Those that come later are looked at again when their turn comes: the device
    starts none when less is left than the longest of them needs (``Decision.needs``), and what was left out is
    planned for anew when the job has ended.
    """
    wanted = [one for one in verdicts if one.disposition is Disposition.INSTALL]
    chosen = sorted(wanted, key=lambda one: _order(one, situation))
    occasion = situation.occasion
    instants = [latest_start(one.update, situation) for one in verdicts if one.owed]
    instants += [occasion.starts, occasion.ends, occasion.following.opens if occasion.following else None]
    known = tuple(one for one in instants if one is not None)
    if not chosen:
        return Proposal((), known)
    urgent = [one for one in chosen if one.reason is Reason.EMERGENCY]
    if urgent and (len(urgent) == len(chosen) or _outlasts(urgent, situation)):
        return Proposal((_at_once(urgent, situation),), known)
    reason, detail = why_now(situation)
    updates = tuple(one.update.id for one in chosen)
    decision = Decision(
        Action.INSTALL, reason, detail, updates, occasion.ends, needs=_needs(situation, [one.update for one in chosen])
    )
    return Proposal((decision,), known)


def served(situation: Situation, verdicts: Sequence[Verdict], need: ScanNeed) -> datetime | None:
    """Return the opening that the device is served for now, or None when that has not changed.

    Served means: a scan that can be believed, no older than the policy allows (for a catch-up: of today), says
    that nothing is left that could still be tried.
    """
    if situation.occasion.kind not in (OccasionKind.WINDOW, OccasionKind.CATCH_UP) or not unserved(situation):
        return None
    if situation.active_jobs or need.trigger is not None or any(one.owed for one in verdicts):
        return None
    return situation.occasion.opens


def _outlasts(urgent: Sequence[Verdict], situation: Situation) -> bool:
    """Return whether updates of an emergency cannot share the job of the occasion: it is not open, or ends too soon."""
    limits = (latest_start(one.update, situation) for one in urgent)
    late = any(limit is not None and limit <= situation.now for limit in limits)
    return late or not situation.occasion.is_open(situation.now)


def _at_once(urgent: Sequence[Verdict], situation: Situation) -> Decision:
    """Return the installation that an emergency allows, up to its end; what else is due follows it."""
    found = (emergency_for(one.update, situation) for one in urgent)
    ends = min(one.expires for one in found if one is not None)
    return Decision(
        Action.INSTALL, Reason.EMERGENCY, urgent[0].detail, tuple(one.update.id for one in urgent), deadline=ends
    )


def _needs(situation: Situation, updates: Sequence[Update]) -> timedelta:
    """Return what must be left before the end of the occasion for the longest of ``updates`` and its restart."""
    ends = situation.occasion.ends
    limits = [one for one in (latest_start(update, situation) for update in updates) if one is not None]
    return ends - min(limits) if ends is not None and limits else timedelta(0)


def _order(verdict: Verdict, situation: Situation) -> tuple[timedelta, int, int, datetime, str]:
    shortest = situation.policy.install.order is InstallOrder.SHORTEST
    length = expected(verdict.update, situation) if shortest else timedelta(0)
    rank = RANK.index(verdict.severity)
    return length, verdict.priority or 0, rank, verdict.update.released or _NEVER, verdict.update.id
