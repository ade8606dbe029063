# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Long times in which a device did not answer, from the spells of its contacts (field notes 4.11)."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from ..planner.fleet import Absence
from .tables import contacts


def absences(conn: sa.Connection, device: str, since: datetime, at_least: timedelta) -> tuple[Absence, ...]:
    """Return the absences of ``at_least`` that are over and ended after ``since``, oldest first.

    One begins with the first try that was not answered and ends with the next answer; a device that nobody
    tries to reach is not absent.
    """
    found = conn.execute(_SPELLS, {"device": device, "since": since})
    return tuple(Absence(row.first_at, row.back_at) for row in found if row.back_at - row.first_at >= at_least)


_SPELL = (
    sa.select(
        contacts.c.id,
        contacts.c.answered,
        contacts.c.first_at,
        sa.func.lead(contacts.c.first_at, type_=contacts.c.first_at.type).over(order_by=contacts.c.id).label("back_at"),
    )
    .where(contacts.c.device == sa.bindparam("device"), contacts.c.last_at >= sa.bindparam("since"))
    .subquery()
)
_SPELLS = (
    sa.select(_SPELL.c.first_at, _SPELL.c.back_at)
    .where(_SPELL.c.answered.is_(False), _SPELL.c.back_at.is_not(None))
    .order_by(_SPELL.c.id)
)
