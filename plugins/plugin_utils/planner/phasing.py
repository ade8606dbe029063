# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which updates wait for their ring, or for a person who does them by hand (enterprise 5 and 6)."""

from __future__ import annotations

from .decisions import Disposition
from .emergencies import emergency_for
from .model import Update
from .reasons import Reason
from .rings import ring_of
from .ruling import Ruling
from .situation import Situation

NOT_YET_JUDGED = "no patrol has looked at its rollout yet"


def by_hand(update: Update, situation: Situation) -> Ruling | None:
    """Enterprise 6: a system that cannot be patched automatically is left to a person."""
    if not situation.policy.manual:
        return None
    who = situation.device.responsible or "nobody named in the register"
    return Ruling(Disposition.REFUSE, Reason.BY_HAND, {"device": situation.device.name, "who": who})


def ring_closed(update: Update, situation: Situation) -> Ruling | None:
    """Enterprise 5: an update waits until the ring of the device opens; a halt stops it everywhere.

    An emergency opens the rings for its updates. It does not lift a halt: a person looks at that first.
    """
    rings = situation.policy.rings
    if not rings:
        return None
    gate = situation.state.fleet.gates.get(update.id)
    if gate is not None and gate.halted:
        return Ruling(Disposition.WAIT, Reason.RING_HALTED, {"update": update.label, "why": gate.why})
    if gate is not None and gate.opened_at is not None and gate.opened_at <= situation.now:
        return None
    if emergency_for(update, situation) is not None:
        return None
    ring = rings[ring_of(rings, situation.device.ring)].name
    detail = {"ring": ring, "update": update.label, "why": gate.why if gate else NOT_YET_JUDGED}
    until = gate.opens_at if gate and gate.opens_at and gate.opens_at > situation.now else None
    return Ruling(Disposition.WAIT, Reason.RING_NOT_OPEN, detail, until)
