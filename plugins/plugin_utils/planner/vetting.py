# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What people decided about an update: approved, held, declined, or nobody looked yet (msp 2, enterprise 4).

The rules, in one place (docs/approvals.md):

1. Of several decisions about one update the last one counts (``on``, then the order in the file). One that has
   expired, or that names other rings, does not. An emergency is an approval of the moment when it was declared; a hold
   or decline of the same day, given without a time, is later.
2. A hold also holds whatever replaces the held update, until it is lifted or expires, or until an approval that is
   not older than the hold reaches what replaces it. A decline is about its own update only.
3. An approval reaches what replaces its update where the policy follows supersedence, inside one product and one
   kind of update, and not past a later update that was declined.
4. A delay counts from the approval, or from the release where none is required; an update takes over the clock of
   those that it replaced on offer before the device got them. Otherwise a delay longer than the rhythm of the
   releases would never end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, time

from .decisions import Disposition
from .emergencies import emergency_for
from .fleet import Ancestor, Approval, ApprovalState, Emergency
from .local_time import local_date, span
from .model import Update
from .reasons import Reason
from .ruling import Ruling
from .situation import Situation


def vetted(update: Update, situation: Situation) -> Ruling | None:
    """Return what keeps people's decisions from letting ``update`` in, or None."""
    own = last_decision({update.id, *update.kbs}, situation)
    emergency = emergency_for(update, situation)
    if emergency is not None and (own is None or not _later(own, emergency, situation)):
        by, on, why = emergency.authorised_by, emergency.declared_at, emergency.reason
        own = Approval(update.id, ApprovalState.APPROVED, by, on, why)
    if own is not None and own.state is ApprovalState.DECLINED:
        return Ruling(Disposition.IGNORE, Reason.DECLINED_HERE, _who(update, own, situation), own.expires)
    if own is not None and own.state is ApprovalState.HELD:
        return Ruling(Disposition.WAIT, Reason.HELD, _who(update, own, situation), own.expires)
    grant = own
    reaching = list(_inherited(update, situation)) if grant is None else []
    hold = _unanswered(update, situation, [*reaching, *([grant] if grant else [])])
    if hold is not None:
        detail = _who(update, hold, situation) | {"old": hold.update}
        return Ruling(Disposition.WAIT, Reason.HELD_BEFORE, detail, hold.expires)
    grant = grant or max(reaching, key=lambda one: one.on, default=None)
    if grant is None and situation.policy.approval.required:
        return _not_approved(update, situation)
    if grant is not None and grant.not_before is not None and situation.now < grant.not_before:
        detail = _who(update, grant, situation) | {"at": situation.local(grant.not_before)}
        return Ruling(Disposition.WAIT, Reason.EMBARGO, detail, grant.not_before)
    return _maturing(update, grant, situation) if emergency is None else None


def _later(said: Approval, emergency: Emergency, situation: Situation) -> bool:
    """Return whether a decision is later than an emergency. No to an update counts for all of its day (rule 1)."""
    zone = situation.policy.zone
    if said.state is not ApprovalState.APPROVED and said.on.astimezone(zone).time() == time(0):
        return local_date(said.on, zone) >= local_date(emergency.declared_at, zone)
    return said.on > emergency.declared_at


def last_decision(names: set[str] | frozenset[str], situation: Situation) -> Approval | None:
    """Return the decision in force about the update with these names, for this device's ring."""
    ring = situation.device.ring
    known = [one for one in _in_force(names, situation) if not one.rings or ring in one.rings]
    return max(reversed(known), key=lambda one: one.on, default=None)


def instants(situation: Situation) -> Iterator[datetime]:
    """Yield when decisions of people end: any answer can change then."""
    fleet = situation.state.fleet
    yield from (one.expires for one in fleet.approvals if one.expires is not None)
    yield from (one.expires for one in fleet.exemptions if one.expires is not None)
    yield from (one.expires for one in fleet.emergencies)


def _in_force(names: set[str] | frozenset[str], situation: Situation) -> list[Approval]:
    now = situation.now
    return [
        one for one in situation.state.fleet.approvals if one.update in names and (not one.expires or now < one.expires)
    ]


def _ancestors(update: Update, situation: Situation) -> tuple[Ancestor, ...]:
    """Return what ``update`` replaces: as devices told it, and as the vendor's advice does."""
    fleet = situation.state.fleet
    told, waiting = set[str](), list(update.kbs)
    while waiting:
        advice = fleet.advice.get(waiting.pop())
        fresh = set(advice.supersedes) - told if advice else set()
        told |= fresh
        waiting += fresh
    return (*fleet.ancestors.get(update.id, ()), *(Ancestor(frozenset({kb})) for kb in told - set(update.kbs)))


def _inherited(update: Update, situation: Situation) -> Iterator[Approval]:
    """Yield the approvals that reach ``update`` from what it replaces (rule 3)."""
    if not situation.policy.approval.follow_supersedence:
        return
    older = [(one, last_decision(one.names, situation)) for one in _ancestors(update, situation)]
    declined = [one for one, said in older if said is not None and said.state is ApprovalState.DECLINED]
    for one, said in older:
        if said is None or said.state is not ApprovalState.APPROVED or not (one.same_product and one.same_kind):
            continue
        if all(one.names.isdisjoint(later.replaces) for later in declined):
            yield said


def _unanswered(update: Update, situation: Situation, answers: Sequence[Approval]) -> Approval | None:
    """Return the hold on something that ``update`` replaces which no approval of ``answers`` lifts (rule 2)."""
    older = _ancestors(update, situation)
    own = {update.id, *update.kbs}
    for one in older:
        hold = last_decision(one.names, situation)
        if hold is None or hold.state is not ApprovalState.HELD:
            continue
        containing = own.union(*(other.names for other in older if not one.names.isdisjoint(other.replaces)))
        if not any(
            said.on >= hold.on and (said.update in containing or said.update == update.label) for said in answers
        ):
            return hold
    return None


def _not_approved(update: Update, situation: Situation) -> Ruling:
    """Return that nobody approved ``update`` here, or for which rings alone somebody did."""
    names = {update.id, *update.kbs}
    if situation.policy.approval.follow_supersedence:
        chain = (one for one in _ancestors(update, situation) if one.same_product and one.same_kind)
        names = names.union(*(one.names for one in chain))
    elsewhere = [one for one in _in_force(names, situation) if one.state is ApprovalState.APPROVED and one.rings]
    if not elsewhere:
        return Ruling(Disposition.WAIT, Reason.NOT_APPROVED, {"update": update.label})
    rings = ", ".join(sorted({ring for one in elsewhere for ring in one.rings}))
    here = f"the ring {situation.device.ring}" if situation.device.ring else "no ring"
    return Ruling(Disposition.WAIT, Reason.RING_NOT_APPROVED, {"update": update.label, "rings": rings, "ring": here})


def _maturing(update: Update, grant: Approval | None, situation: Situation) -> Ruling | None:
    """Return the wait for the policy's delay, or None when it is over (rule 4)."""
    delay = situation.policy.approval.delay
    if not delay:
        return None
    begins, event = _clock(update, grant, situation)
    if begins is None or begins + delay <= situation.now:
        return None
    detail = {
        "delay": span(delay),
        "since": situation.local(begins),
        "event": event,
        "zone": str(situation.policy.zone),
        "at": situation.local(begins + delay),
    }
    return Ruling(Disposition.WAIT, Reason.MATURING, detail, begins + delay)


def _clock(update: Update, grant: Approval | None, situation: Situation) -> tuple[datetime | None, str]:
    """Return when the delay of ``update`` began, and with what."""
    required = situation.policy.approval.required
    known = situation.state.updates.get(update.id)
    begins, event = update.released or (known.first_missing if known else None), "its release"
    if required and grant is not None:
        begins, event = grant.on, _whose_approval(update, grant)
    for one in situation.state.fleet.ancestors.get(update.id, ()):
        if one.owed_since is None or not one.same_product:
            continue
        said = last_decision(one.names, situation) if required else None
        approved = said.on if said is not None and said.state is ApprovalState.APPROVED else None
        earlier = approved if required else (one.released or one.owed_since)
        if earlier is not None and (begins is None or earlier < begins):
            begins, event = earlier, f"as {_label(one)} did, whose place it took"
    return begins, event


def _whose_approval(update: Update, grant: Approval) -> str:
    return "its approval" if grant.update in (update.id, *update.kbs) else f"the approval of {grant.update}"


def _label(ancestor: Ancestor) -> str:
    return min(ancestor.names, key=lambda name: (not name.startswith("KB"), name))


def _who(update: Update, said: Approval, situation: Situation) -> dict[str, str]:
    return {
        "update": update.label,
        "by": said.by,
        "on": situation.local(said.on),
        "zone": str(situation.policy.zone),
        "why": said.reason or "no reason is given",
    }
