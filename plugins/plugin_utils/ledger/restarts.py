# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Queries on restarts: asked for by a patrol, cancelled, seen to have happened."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from .devices import change
from .portable import insert_if_absent
from .tables import restarts

# Windows derives its boot time from a clock that is adjusted: smaller steps are no restart.
BOOT_JITTER = timedelta(minutes=1)


def mark_asked(conn: sa.Connection, device: str, now: datetime, scheduled_for: datetime | None, why: str) -> None:
    """Record that a restart was asked for; raises UnknownDevice."""
    change(conn, device, {"last_restart_asked": now})
    row = {"device": device, "asked_at": now, "scheduled_for": scheduled_for, "why": why}
    insert_if_absent(conn, restarts, [row])


def mark_cancelled(conn: sa.Connection, device: str, now: datetime) -> None:
    """Record that our restart was called off."""
    conn.execute(sa.update(restarts).where(*_open(device)).values(cancelled_at=now))


def note_boot(conn: sa.Connection, device: str, before: datetime | None, boot_time: datetime | None) -> None:
    """Compare two boot times: a later one is a restart, ours if we had asked for one by then."""
    if before is None or boot_time is None or boot_time - before <= BOOT_JITTER:
        return
    asked = sa.select(restarts.c.id).where(*_open(device), restarts.c.asked_at <= boot_time)
    last = conn.execute(asked.order_by(restarts.c.asked_at.desc()).limit(1)).scalar_one_or_none()
    if last is None:
        conn.execute(sa.insert(restarts), [{"device": device, "booted_at": boot_time, "why": ""}])
    else:
        conn.execute(sa.update(restarts).where(restarts.c.id == last).values(booted_at=boot_time))


def _open(device: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        restarts.c.device == device,
        restarts.c.asked_at.is_not(None),
        restarts.c.cancelled_at.is_(None),
        restarts.c.booted_at.is_(None),
    )
