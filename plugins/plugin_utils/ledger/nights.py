# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When devices were there and when they were silent: what tells which nights they missed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from ..planner.nights import Attendance, Spell
from .portable import chunks
from .tables import contacts, devices


def attendances(conn: sa.Connection, names: Iterable[str], start: datetime, end: datetime) -> dict[str, Attendance]:
    """The attendance of each device that was silent between ``start`` and ``end``; the others missed nothing."""
    found: dict[str, list[Spell]] = {}
    heads: dict[str, tuple[datetime, datetime | None]] = {}
    for part in chunks(names):
        for row in conn.execute(_SPELLS, {"names": part, "start": start, "end": end}):
            heads[row.device] = (row.known_since, row.served_until)
            found.setdefault(row.device, []).append(Spell(row.answered, row.first_at, row.last_at, row.tries, row.why))
    return {name: Attendance(*heads[name], tuple(spells)) for name, spells in found.items()}


def _spells() -> sa.Select[tuple[str, bool, object, object, int, str, object, object]]:
    between = sa.and_(contacts.c.first_at < sa.bindparam("end"), contacts.c.last_at >= sa.bindparam("start"))
    named = contacts.c.device.in_(sa.bindparam("names", expanding=True))
    silent = sa.select(contacts.c.device).where(named, between, contacts.c.answered.is_(False))
    told = (contacts.c.answered, contacts.c.first_at, contacts.c.last_at, contacts.c.tries, contacts.c.why)
    query = sa.select(contacts.c.device, *told, devices.c.known_since, devices.c.served_until)
    query = query.join(devices, devices.c.name == contacts.c.device)
    return query.where(contacts.c.device.in_(silent), between).order_by(contacts.c.id)


_SPELLS = _spells()
