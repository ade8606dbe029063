# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Queries on standings: what tells a patrol, without asking anybody, whose time has come."""

from __future__ import annotations

from collections.abc import Iterable, Set
from datetime import datetime

import sqlalchemy as sa

from .portable import chunks, upsert
from .tables import device_updates, devices, standings, updates
from .values import Standing


def record(conn: sa.Connection, device: str, standing: Standing) -> None:
    """Replace where a device stands. ``answered`` is not kept here: contacts know it."""
    row = {
        "device": device,
        "planned_at": standing.planned_at,
        "next_at": standing.next_at,
        "policy": standing.policy,
        "status": standing.status,
        "text": standing.text,
        "counts": dict(standing.counts),
    }
    upsert(conn, standings, [row])


def standings_of(conn: sa.Connection, names: Iterable[str]) -> dict[str, Standing]:
    """Where devices stand; those that were never planned for are left out."""
    found: dict[str, Standing] = {}
    for part in chunks(names):
        for row in conn.execute(_STANDINGS, {"names": part}):
            found[row.device] = Standing(
                planned_at=row.planned_at,
                next_at=row.next_at,
                policy=row.policy,
                status=row.status,
                text=row.text,
                counts=row.counts,
                answered=row.offline_since is None,
            )
    return found


def wake(conn: sa.Connection, names: Iterable[str], now: datetime) -> None:
    """Make it the turn of devices: what their last plan went by is no longer so."""
    for part in chunks(sorted(names)):
        conn.execute(sa.update(standings).where(standings.c.device.in_(part)).values(next_at=now))


def lacking(conn: sa.Connection, kbs: Set[str], cves: Set[str], vendors: Set[str]) -> set[str]:
    """Return the devices that lack an update with one of these KBs, for one of these CVEs, or of one of these vendors.

    ``vendors``: in small letters; those of packages, which have neither KBs nor CVEs.
    """
    known = conn.execute(sa.select(updates.c.digest, updates.c.kbs, updates.c.cves, updates.c.vendor))
    concerned = [
        row.digest
        for row in known
        if row.vendor.casefold() in vendors or not (kbs.isdisjoint(row.kbs) and cves.isdisjoint(row.cves))
    ]
    open_ones = sa.and_(device_updates.c.relation == "missing", device_updates.c.open_key.is_not(None))
    found: set[str] = set()
    for part in chunks(concerned):
        query = sa.select(device_updates.c.device).where(open_ones, device_updates.c.digest.in_(part)).distinct()
        found.update(conn.execute(query).scalars())
    return found


_STANDINGS = (
    sa.select(standings, devices.c.offline_since)
    .join(devices, devices.c.name == standings.c.device)
    .where(standings.c.device.in_(sa.bindparam("names", expanding=True)))
)
