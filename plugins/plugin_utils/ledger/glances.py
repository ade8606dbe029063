# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What must be known of a device before it is asked: in two statements, where its whole state takes ten."""

from __future__ import annotations

import sqlalchemy as sa

from ..planner.model import JobState
from .tables import jobs, scans
from .values import EndedAs, Glance


def glance(conn: sa.Connection, device: str) -> Glance:
    """The id of the last search, whether a job of ours runs, and the jobs that the device may forget."""
    scan = conn.execute(_LAST_SCAN, {"device": device}).scalar_one_or_none()
    busy, acknowledge = False, []
    for identity, state in conn.execute(_JOBS, {"device": device}):
        if state == JobState.RUNNING.value:
            busy = True
        else:
            acknowledge.append(identity)
    return Glance(scan or "", busy, tuple(acknowledge))


_LAST_SCAN = (
    sa.select(scans.c.id)
    .where(scans.c.device == sa.bindparam("device"))
    .order_by(scans.c.finished_at.desc(), scans.c.recorded_at.desc())
    .limit(1)
)
_RECORDED = sa.and_(jobs.c.ended_as == EndedAs.REPORTED.value, jobs.c.acknowledged_at.is_(None))
_JOBS = (
    sa.select(jobs.c.id, jobs.c.state)
    .where(jobs.c.device == sa.bindparam("device"), sa.or_(jobs.c.state == JobState.RUNNING.value, _RECORDED))
    .order_by(jobs.c.recorded_at, jobs.c.id)
)
