# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Queries on leases: who may act on a device, until when.

Instants are the caller's wall clock. A lease is taken when there is none, when
it has expired, or when it is the caller's own; the database decides which of two wins.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import sqlalchemy as sa

from .holder import Holder
from .portable import chunks, upsert
from .tables import leases
from .values import Lease


def acquire(conn: sa.Connection, name: str, holder: Holder | str, now: datetime, ttl: timedelta) -> bool:
    """Take or extend the lease of one device; that of a process seen to be dead is taken over at once."""
    if _acquire(conn, name, str(holder), now, ttl):
        return True
    query = sa.select(leases.c.holder).where(leases.c.device == name)
    other = Holder.parse(conn.execute(query).scalar_one())
    if not isinstance(holder, Holder) or other is None or not holder.sees_dead(other):
        return False
    release(conn, str(other), [name])
    return _acquire(conn, name, str(holder), now, ttl)


def _acquire(conn: sa.Connection, name: str, holder: str, now: datetime, ttl: timedelta) -> bool:
    row = {"device": name, "holder": holder, "acquired_at": now, "expires_at": now + ttl}
    upsert(conn, leases, [row], where=_FREE)
    return conn.execute(_HELD, {"name": name, "holder": holder}).scalar_one_or_none() is not None


def release(conn: sa.Connection, holder: str, names: Iterable[str] | None = None) -> None:
    """Give back the leases of ``holder``: of the devices named, or all. Other holders' leases stay."""
    if names is None:
        conn.execute(sa.delete(leases).where(leases.c.holder == holder))
        return
    for part in chunks(names):
        conn.execute(_RELEASE, {"names": part, "holder": holder})


def release_dead(conn: sa.Connection, here: Holder) -> tuple[str, ...]:
    """Free the leases of processes that can be seen from here to be dead; returns the devices freed.

    Of a holder on another host nothing is known: its lease runs until it expires.
    """
    freed: list[str] = []
    for text in conn.execute(sa.select(leases.c.holder).distinct().order_by(leases.c.holder)).scalars().all():
        holder = Holder.parse(text)
        if holder is None or not here.sees_dead(holder):
            continue
        query = sa.select(leases.c.device).where(leases.c.holder == text).order_by(leases.c.device)
        freed += conn.execute(query).scalars().all()
        conn.execute(sa.delete(leases).where(leases.c.holder == text))
    return tuple(freed)


def holders(conn: sa.Connection, names: Iterable[str]) -> dict[str, Lease]:
    """The lease of each device that has one, expired or not."""
    found: dict[str, Lease] = {}
    for part in chunks(names):
        for row in conn.execute(sa.select(leases).where(leases.c.device.in_(part))):
            found[row.device] = Lease(row.device, row.holder, row.acquired_at, row.expires_at)
    return found


_NEW = sa.table("excluded", sa.column("holder"), sa.column("acquired_at"))  # the row that was to be inserted
_FREE = sa.or_(leases.c.expires_at <= _NEW.c.acquired_at, leases.c.holder == _NEW.c.holder)
_OF_HOLDER = sa.and_(
    leases.c.device.in_(sa.bindparam("names", expanding=True)), leases.c.holder == sa.bindparam("holder")
)
_HELD = sa.select(leases.c.device).where(
    leases.c.device == sa.bindparam("name"), leases.c.holder == sa.bindparam("holder")
)
_RELEASE = sa.delete(leases).where(_OF_HOLDER)
