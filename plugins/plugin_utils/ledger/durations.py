# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How long updates took, and since when the fleet lacks them: asked once for a run, not once for a device."""

from __future__ import annotations

import sqlalchemy as sa

from ..planner.experience import Experience, Sample, learn
from ..planner.model import JobKind, Outcome
from .scans import MISSING
from .tables import attempts, device_updates, devices, observations

NEWEST = 100  # samples of one update on one model: what it took lately counts, and a large fleet costs no more


def experience(conn: sa.Connection) -> Experience:
    """What is known of every update that some device lacks now, or lacked since it started."""
    first = {row.update_id: row.since for row in conn.execute(_FIRST_SEEN)}
    took = (
        Sample(row.update_id, row.model or "", row.finished_at - row.started_at)
        for row in conn.execute(_NEWEST, {"newest": NEWEST})
        if row.finished_at > row.started_at
    )
    return learn(took, first)


def _first_seen() -> sa.Select[tuple[str, object]]:
    held = device_updates.c
    lacking = sa.select(held.update_id).where(held.relation == MISSING, held.gone_at.is_(None))
    tried = sa.select(attempts.c.update_id).join(observations, observations.c.device == attempts.c.device)
    waiting = tried.where(attempts.c.at >= observations.c.boot_time)
    query = sa.select(held.update_id, sa.func.min(held.since).label("since")).where(held.relation == MISSING)
    return query.where(held.update_id.in_(sa.union(lacking, waiting))).group_by(held.update_id)


def _newest() -> sa.Select[tuple[str, str, object, object]]:
    tried, held = attempts.c, device_updates.c
    told = observations.c.facts["model"].as_string()
    model = sa.func.coalesce(sa.func.nullif(devices.c.model, ""), told).label("model")
    lacking = sa.select(held.update_id).where(held.relation == MISSING, held.gone_at.is_(None))
    nth = sa.func.row_number().over(partition_by=(tried.update_id, model), order_by=tried.finished_at.desc())
    query = sa.select(tried.update_id, model, tried.started_at, tried.finished_at, nth.label("nth"))
    query = query.join(devices, devices.c.name == tried.device)
    query = query.outerjoin(observations, observations.c.device == tried.device)
    ranked = query.where(
        tried.update_id.in_(lacking),
        tried.kind == JobKind.INSTALL.value,
        tried.outcome == Outcome.SUCCEEDED.value,
        tried.started_at.is_not(None),
        tried.finished_at.is_not(None),
    ).subquery()
    columns = (ranked.c.update_id, ranked.c.model, ranked.c.started_at, ranked.c.finished_at)
    return sa.select(*columns).where(ranked.c.nth <= sa.bindparam("newest"))


_FIRST_SEEN = _first_seen()
_NEWEST = _newest()
