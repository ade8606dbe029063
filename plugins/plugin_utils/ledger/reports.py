# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Record what a device reported: one function, one transaction, nothing twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ..device.report import ScanReport
from ..planner.model import Observation, Outcome
from . import restarts
from .devices import lock, record_contacts
from .glances import last_seen
from .jobs import record_jobs
from .portable import upsert
from .scans import count_failed, record_scan
from .tables import observations
from .values import Contact, Glance, Recorded


def record_report(
    conn: sa.Connection, device: str, report: ScanReport, at: datetime, known: Glance | None = None
) -> Recorded:
    """Record the observation, the search and the jobs of a report; ``at``: the controller's instant of it.

    ``known``: what the caller read under the device's lease. A report that tells nothing beyond it is
    recorded as a sign of life, in fewer statements; most reports of a patrol are.
    Raises UnknownDevice. The same report recorded again changes nothing.
    """
    if known is not None and known.seen is not None and tells_nothing_new(known, report, at):
        record_contacts(conn, [Contact(device, answered=True)], at)
        seen = restarts.remembering(known.seen, report.observation(at))
        upsert(conn, observations, [_observed(device, report, seen)])
        return Recorded(as_known=True, observation=seen)
    lock(conn, device)
    record_contacts(conn, [Contact(device, answered=True)], at)
    _record_observation(conn, device, report, at)
    new_scan = record_scan(conn, device, report, at)
    recorded = replace(record_jobs(conn, device, report, at), new_scan=new_scan)
    if new_scan or recorded.ended_jobs:
        count_failed(conn, device)
    if any(attempt.outcome is Outcome.SUCCEEDED for attempt in recorded.new_attempts):
        restarts.forgive(conn, device)
    return recorded


def tells_nothing_new(known: Glance, report: ScanReport, at: datetime) -> bool:
    """Return whether a report differs from what is known in nothing but how the device is at the moment."""
    seen = known.seen
    if seen is None or seen.boot_time is None or seen.boot_time != report.facts.boot_time or at < seen.at:
        return False
    if report.missing is not None or report.installed is not None or report.scan.id != known.scan:
        return False
    return not known.acknowledge and {(one.job.id, one.job.state) for one in report.jobs} == known.jobs


def _record_observation(conn: sa.Connection, device: str, report: ScanReport, at: datetime) -> None:
    seen = report.observation(at)
    last = last_seen(conn, device)
    if last is not None and at < last.at:
        return
    restarts.note_boot(conn, device, last.boot_time if last else None, seen.boot_time)
    upsert(conn, observations, [_observed(device, report, restarts.remembering(last, seen))])


def _observed(device: str, report: ScanReport, seen: Observation) -> dict[str, Any]:
    return {
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
        "pending_since": seen.pending_since,
        "postponed": seen.postponed,
        "postponed_in": seen.postponed_in,
        "vain_restarts": seen.vain_restarts,
        "facts": {**report.facts.facts, "restart_sources": list(report.pending_restart.sources)},
    }
