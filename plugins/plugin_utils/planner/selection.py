# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which updates the policy wants at all, whatever the time.

A gate is a function that looks at one update and returns a ruling, or None to let it pass. The first
ruling stands. A new rule about what is wanted (an approval, a ring, an exception) is a new gate in ``GATES``.
"""

from __future__ import annotations

from .decisions import Disposition
from .emergencies import emergency_for
from .exemptions import device_excepted, update_excepted
from .model import Severity, Update
from .phasing import by_hand, ring_closed
from .reasons import Reason
from .rollback import rolled_back
from .ruling import Gate, Ruling
from .severity import RANK
from .situation import Situation
from .vendors import is_wanted
from .vetting import vetted


def declined(update: Update, situation: Situation) -> Ruling | None:
    """Helpdesk 8: what is declined, by id or KB, is wanted nowhere."""
    if situation.policy.declined.isdisjoint((update.id, *update.kbs)):
        return None
    return Ruling(Disposition.IGNORE, Reason.DECLINED, {"update": update.label})


def vendor_unwanted(update: Update, situation: Situation) -> Ruling | None:
    """Helpdesk 7: whose updates are wanted is the policy's choice, by vendor and product."""
    if is_wanted(update, situation.policy.vendors):
        return None
    detail = {"update": update.label, "product": "/".join(filter(None, (update.vendor, update.product)))}
    return Ruling(Disposition.IGNORE, Reason.VENDOR_UNWANTED, detail)


def below_threshold(update: Update, situation: Situation) -> Ruling | None:
    """Helpdesk 3: only the named severities are installed; a missing rating is a case of its own.

    An emergency names its updates, whatever their severity.
    """
    installed = situation.policy.severity.install
    severity, source = situation.severities[update.id]
    if severity in installed or emergency_for(update, situation) is not None:
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


GATES: tuple[Gate, ...] = (
    rolled_back,
    declined,
    vendor_unwanted,
    device_excepted,
    update_excepted,
    below_threshold,
    needs_input,
    vetted,
    by_hand,
    ring_closed,
)
