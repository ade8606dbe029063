# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Emergencies: what an operator declared may install and restart at any time, until it expires (campus 4)."""

from __future__ import annotations

from .fleet import Emergency
from .model import Update
from .situation import Situation


def emergency_for(update: Update, situation: Situation) -> Emergency | None:
    """Return the emergency in force that names ``update``, the one that lasts longest; None: there is none.

    An emergency widens hours, not scope: on a device whose policy never installs anything there is none.
    """
    rules = situation.policy.install
    if not (rules.any_time or rules.windows):
        return None
    names = {update.id, *update.kbs}
    found = [
        one
        for one in situation.state.fleet.emergencies
        if one.declared_at <= situation.now < one.expires and not names.isdisjoint(one.updates)
    ]
    return max(found, key=lambda one: (one.expires, one.declared_at), default=None)


def told(emergency: Emergency, situation: Situation) -> dict[str, str]:
    """Return who declared an emergency, why and until when, for a reason's sentence."""
    return {
        "by": emergency.authorised_by,
        "why": emergency.reason,
        "until": situation.local(emergency.expires),
        "zone": str(situation.policy.zone),
    }
