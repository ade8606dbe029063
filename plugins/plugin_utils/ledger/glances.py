# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What must be known of a device before it is asked: in three statements, where its whole state takes ten."""

from __future__ import annotations

import sqlalchemy as sa

from ..planner.model import JobState, Observation
from .jobs import ACTIVE
from .tables import jobs, observations, scans
from .values import EndedAs, Glance


def glance(conn: sa.Connection, device: str) -> Glance:
    """The last search, our jobs that have not ended and those that the device may forget, and how it was last seen."""
    scan = conn.execute(_LAST_SCAN, {"device": device}).scalar_one_or_none()
    active, acknowledge = [], []
    for identity, state in conn.execute(_JOBS, {"device": device}):
        if state in ACTIVE:
            active.append((identity, JobState(state)))
        else:
            acknowledge.append(identity)
    return Glance(scan or "", frozenset(active), tuple(acknowledge), last_seen(conn, device))


def last_seen(conn: sa.Connection, device: str) -> Observation | None:
    """The last observation, as far as the next one is compared with it."""
    row = conn.execute(_LAST_SEEN, {"device": device}).mappings().one_or_none()
    return None if row is None else Observation(**{**row, "pending_restart": tuple(row["pending_restart"])})


_LAST_SCAN = (
    sa.select(scans.c.id)
    .where(scans.c.device == sa.bindparam("device"))
    .order_by(scans.c.finished_at.desc(), scans.c.recorded_at.desc())
    .limit(1)
)
_RECORDED = sa.and_(jobs.c.ended_as == EndedAs.REPORTED.value, jobs.c.acknowledged_at.is_(None))
_JOBS = (
    sa.select(jobs.c.id, jobs.c.state)
    .where(jobs.c.device == sa.bindparam("device"), sa.or_(jobs.c.state.in_(ACTIVE), _RECORDED))
    .order_by(jobs.c.recorded_at, jobs.c.id)
)
_SEEN = observations.c
_LAST_SEEN = sa.select(
    _SEEN.at,
    _SEEN.boot_time,
    _SEEN.pending_restart,
    _SEEN.pending_since,
    _SEEN.postponed,
    _SEEN.postponed_in,
    _SEEN.vain_restarts,
).where(_SEEN.device == sa.bindparam("device"))
