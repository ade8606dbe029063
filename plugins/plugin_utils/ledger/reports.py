# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Record what a device reported: one function, one transaction, nothing twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ..device.report import ScanReport
from .devices import lock, record_contacts
from .jobs import record_jobs
from .portable import upsert
from .restarts import note_boot
from .scans import count_failed, record_scan
from .tables import observations
from .values import Contact, Recorded


def record_report(conn: sa.Connection, device: str, report: ScanReport, at: datetime) -> Recorded:
    """Record the observation, the search and the jobs of a report; ``at``: the controller's instant of it.

    Raises UnknownDevice. The same report recorded again changes nothing.
    """
    lock(conn, device)
    record_contacts(conn, [Contact(device, answered=True)], at)
    _record_observation(conn, device, report, at)
    new_scan = record_scan(conn, device, report, at)
    recorded = replace(record_jobs(conn, device, report, at), new_scan=new_scan)
    if new_scan or recorded.ended_jobs:
        count_failed(conn, device)
    return recorded


def _record_observation(conn: sa.Connection, device: str, report: ScanReport, at: datetime) -> None:
    seen = report.observation(at)
    last = conn.execute(_LAST, {"device": device}).one_or_none()
    if last is not None and at < last.at:
        return
    note_boot(conn, device, last.boot_time if last else None, seen.boot_time)
    row: dict[str, Any] = {
        "device": device,
        "at": seen.at,
        "device_time": report.time,
        "boot_time": seen.boot_time,
        "pending_restart": list(seen.pending_restart),
        "users": [
            {"name": user.name, "idle": None if user.idle is None else user.idle.total_seconds(), "active": user.active}
            for user in seen.users
        ],
        "on_battery": seen.on_battery,
        "free_bytes": seen.free_bytes,
        "restart_scheduled_at": seen.restart_scheduled_at,
        "foreign_restart": seen.foreign_restart,
        "facts": {**report.facts.facts, "restart_sources": list(report.pending_restart.sources)},
    }
    upsert(conn, observations, [row])


_LAST = sa.select(observations.c.at, observations.c.boot_time).where(observations.c.device == sa.bindparam("device"))
