# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pulling an update that causes trouble (helpdesk 8): wanted nowhere, and removed wherever it is installed.

Level-triggered: an order stands until it is lifted, and a device that was away is served when it is seen again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from .decisions import Action, Decision, Disposition
from .fleet import Removal
from .model import ErrorClass, Outcome, Update
from .reasons import Reason
from .ruling import Ruling
from .situation import Proposal, Situation


def rolled_back(update: Update, situation: Situation) -> Ruling | None:
    """Helpdesk 8: what is rolled back is declined for everyone."""
    names = (update.id, *update.kbs)
    order = next((one for one in situation.state.fleet.rollbacks if one.update in names), None)
    if order is None:
        return None
    detail = {
        "update": update.label,
        "by": order.by,
        "on": situation.local(order.ordered_at),
        "zone": str(situation.policy.zone),
        "why": order.reason,
    }
    return Ruling(Disposition.IGNORE, Reason.ROLLED_BACK, detail)


def removing(situation: Situation, waits: Ruling | None) -> Proposal:
    """Return the removal of what the orders name, when the occasion (or ``at_once``) allows it.

    ``waits``: what keeps the device from changing anything now.
    """
    found = [one for one in situation.state.fleet.removals if _still_to_try(one, situation)]
    instants = tuple(at for one in found if (at := _retry_at(one, situation)) is not None and at > situation.now)
    following = situation.occasion.following
    if found and following is not None:
        instants += (following.opens,)
    if waits is not None:
        return Proposal((), instants)
    ready = [one for one in found if (_retry_at(one, situation) or situation.now) <= situation.now]
    urgent = [one for one in ready if one.order.at_once]
    chosen = urgent or [one for one in ready if _fits(situation)]
    if not chosen:
        return Proposal((), instants)
    order = chosen[0].order
    detail = {
        "updates": _labels(chosen),
        "by": order.by,
        "on": situation.local(order.ordered_at),
        "zone": str(situation.policy.zone),
        "why": order.reason,
    }
    ends = None if urgent else situation.occasion.ends
    decision = Decision(
        Action.UNINSTALL, Reason.ROLLBACK, detail, tuple(one.update.id for one in chosen), deadline=ends
    )
    return Proposal((decision,), instants)


def removals_that_fail(situation: Situation) -> tuple[Decision, ...]:
    """Return a ticket for each order that cannot be carried out here, once: a person has to remove the update."""
    found = (one for one in situation.state.fleet.removals if not one.ticketed and not _removed(one))
    return tuple(
        Decision(
            Action.TICKET,
            Reason.REMOVAL_FAILS,
            {
                "update": one.update.label,
                "by": one.order.by,
                "on": situation.local(one.order.ordered_at),
                "zone": str(situation.policy.zone),
                "why": _why_not(one),
            },
            (one.update.id,),
        )
        for one in found
        if not _still_to_try(one, situation)
    )


def _why_not(removal: Removal) -> str:
    if not removal.update.uninstallable:
        return "it cannot be uninstalled; remove it with the tool of its vendor"
    failures = [one for one in removal.attempts if one.outcome is Outcome.FAILED]
    times = "once" if len(failures) == 1 else f"{len(failures)} times"
    return f"its removal failed {times}"


def before_installing() -> Ruling:
    """Return what makes installations wait while something is removed: one job at a time."""
    return Ruling(Disposition.WAIT, Reason.REMOVAL_FIRST, owed=True)


def _still_to_try(removal: Removal, situation: Situation) -> bool:
    """Return whether another try is worth it: it can be uninstalled, was not, and did not fail for good."""
    failures = [one for one in removal.attempts if one.outcome is Outcome.FAILED]
    hopeless = any(one.error_class is ErrorClass.NEEDS_PERSON for one in failures)
    many = len(failures) >= situation.policy.retry.attempts
    return removal.update.uninstallable and not (_removed(removal) or hopeless or many)


def _removed(removal: Removal) -> bool:
    """Return whether it was removed after the search that found it."""
    last = removal.attempts[-1] if removal.attempts else None
    return last is not None and last.outcome is Outcome.SUCCEEDED and last.at > removal.listed_at


def _retry_at(removal: Removal, situation: Situation) -> datetime | None:
    last = removal.attempts[-1] if removal.attempts else None
    return last.at + situation.policy.retry.delay if last is not None else None


def _fits(situation: Situation) -> bool:
    """Return whether a removal of the usual length may start in the occasion."""
    occasion, rules = situation.occasion, situation.policy.install
    if not occasion.is_open(situation.now):
        return False
    return (
        occasion.ends is None
        or not rules.fit
        or situation.now + timedelta(minutes=rules.default_minutes) <= occasion.ends
    )


def _labels(chosen: Sequence[Removal]) -> str:
    return ", ".join(one.update.label for one in chosen)
