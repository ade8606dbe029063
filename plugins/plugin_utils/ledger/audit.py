# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Queries on the audit trail and on patrols. The trail is append-only: there is no function that changes it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa

from .portable import insert_if_absent
from .tables import audit, patrols
from .values import AuditEntry


def append(
    conn: sa.Connection, actor: str, event: str, device: str | None, detail: Mapping[str, object], at: datetime
) -> None:
    """Add one line. ``detail`` must be JSON."""
    row = {"at": at, "actor": actor, "event": event, "device": device, "detail": dict(detail)}
    conn.execute(sa.insert(audit), [row])


def entries(conn: sa.Connection, device: str | None = None, limit: int = 1000) -> tuple[AuditEntry, ...]:
    """The newest ``limit`` lines, oldest first; about one device, or all."""
    query = sa.select(audit).order_by(audit.c.id.desc()).limit(limit)
    rows = conn.execute(query if device is None else query.where(audit.c.device == device)).all()
    return tuple(AuditEntry(row.at, row.actor, row.event, row.device, row.detail) for row in reversed(rows))


def begin_patrol(conn: sa.Connection, patrol_id: str, holder: str, now: datetime) -> None:
    """Record that a patrol began."""
    row = {"id": patrol_id, "holder": holder, "started_at": now, "counts": {}}
    insert_if_absent(conn, patrols, [row])


def end_patrol(conn: sa.Connection, patrol_id: str, now: datetime, counts: Mapping[str, int]) -> None:
    """Record how a patrol ended. One without an end was killed."""
    here = sa.update(patrols).where(patrols.c.id == patrol_id)
    conn.execute(here.values(ended_at=now, counts=dict(counts)))
