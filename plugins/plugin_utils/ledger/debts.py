# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What each device owes, by what its last plan left behind: four queries for a fleet of any size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from ..cloning.model import Outcome
from .rollout_tables import ring_halts
from .room_tables import room_runs
from .tables import devices, standings

AT_WORK = frozenset({"due", "scanning", "working", "restarting"})


@dataclass(frozen=True, slots=True)
class Debt:
    """A device of the ledger. ``groups``: what it owes, by the names of the inventory plugin; all instants in UTC."""

    device: str
    groups: tuple[str, ...]
    status: str
    text: str
    counts: Mapping[str, int]
    planned_at: datetime | None
    next_at: datetime | None
    last_seen: datetime | None
    offline_since: datetime | None


def debts(conn: sa.Connection, now: datetime, offline: timedelta) -> tuple[Debt, ...]:
    """Say of each managed device what it owes at ``now``; one that is silent for ``offline`` is offline."""
    halted = set(conn.execute(sa.select(ring_halts.c.ring).where(ring_halts.c.open_key.is_not(None))).scalars())
    rows = conn.execute(_DEVICES).mappings().all()
    late_rooms = {row["room"] for row in rows if row["room"] and (row["counts"] or {}).get("overdue")}
    late_rooms |= {row.room for row in conn.execute(_CLONED) if row.outcome != Outcome.DONE.value}
    found = []
    for row in rows:
        counts: Mapping[str, int] = row["counts"] or {}
        since = row["offline_since"]
        time_has_come = row["next_at"] is not None and row["next_at"] <= now
        owes = {
            "patch_due": bool(counts.get("install")) or row["status"] in AT_WORK or time_has_come,
            "patch_overdue": bool(counts.get("overdue")),
            "restart_pending": bool(counts.get("restart")),
            "offline_since_7d": since is not None and since <= now - offline,
            "parked": bool(counts.get("parked")),
            "halted_ring": row["ring"] is not None and row["ring"] in halted,
            "never_seen": row["last_seen"] is None,
            "room_overdue": row["room"] in late_rooms,
        }
        found.append(
            Debt(
                row["name"],
                tuple(name for name, it_does in owes.items() if it_does),
                row["status"] or "",
                row["text"] or "",
                counts,
                row["planned_at"],
                row["next_at"],
                row["last_seen"],
                since,
            )
        )
    return tuple(found)


_LAST = (
    sa.select(room_runs.c.room, sa.func.max(room_runs.c.started_at).label("last")).group_by(room_runs.c.room).subquery()
)
_CLONED = sa.select(room_runs.c.room, room_runs.c.outcome).join(
    _LAST, sa.and_(room_runs.c.room == _LAST.c.room, room_runs.c.started_at == _LAST.c.last)
)
_PLANNED = (standings.c.planned_at, standings.c.next_at, standings.c.status, standings.c.text, standings.c.counts)
_DEVICES = (
    sa.select(devices.c.name, devices.c.ring, devices.c.room, devices.c.last_seen, devices.c.offline_since, *_PLANNED)
    .select_from(devices.outerjoin(standings, standings.c.device == devices.c.name))
    .where(devices.c.managed)
    .order_by(devices.c.name)
)
