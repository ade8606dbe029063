# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Queries on restarts: asked for by a patrol, cancelled, seen to have happened."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from ..planner.model import Observation
from .devices import change
from .portable import insert_if_absent
from .tables import observations, restarts

# Windows derives its boot time from a clock that is adjusted: smaller steps are no restart.
BOOT_JITTER = timedelta(minutes=1)
SETTLED = timedelta(hours=1)  # Windows goes on servicing after a start, and may ask for another one meanwhile


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
    if boot_time is None or not has_started(before, boot_time):
        return
    asked = sa.select(restarts.c.id).where(*_open(device), restarts.c.asked_at <= boot_time)
    last = conn.execute(asked.order_by(restarts.c.asked_at.desc()).limit(1)).scalar_one_or_none()
    if last is None:
        conn.execute(sa.insert(restarts), [{"device": device, "booted_at": boot_time, "why": ""}])
    else:
        conn.execute(sa.update(restarts).where(restarts.c.id == last).values(booted_at=boot_time))


def remembering(last: Observation | None, seen: Observation) -> Observation:
    """Return ``seen``, which follows the observation ``last``, with what is remembered of the restart it waits for.

    It waits since it was first seen to since its start. Starts while it waits count as in vain, until
    something is installed (``forgive``), or until it has been on for an hour and does not wait any more.
    """
    waits, waited = bool(seen.pending_restart), last is not None and bool(last.pending_restart)
    started = last is not None and has_started(last.boot_time, seen.boot_time)
    vain = (last.vain_restarts if last is not None else 0) + int(started and waited)
    settled = seen.boot_time is not None and seen.at - seen.boot_time >= SETTLED
    if settled and not (waits and waited):
        vain = 0
    if last is None or not waits or not waited or started:
        since = seen.at if waits else None
        return replace(seen, pending_since=since, postponed=0, postponed_in=None, vain_restarts=vain)
    since = last.pending_since or seen.at
    postponed, latest = last.postponed, last.postponed_in
    return replace(seen, pending_since=since, postponed=postponed, postponed_in=latest, vain_restarts=vain)


def forgive(conn: sa.Connection, device: str) -> None:
    """Something was installed: a restart has a new reason, and those before it no longer count as in vain."""
    conn.execute(_FORGIVE, {"b_device": device})


def mark_postponed(conn: sa.Connection, device: str, opened: datetime) -> None:
    """Count that a restart was put off in the window that opened at ``opened``; once for each window."""
    conn.execute(_POSTPONE, {"b_device": device, "b_opened": opened})


def has_started(before: datetime | None, boot_time: datetime | None) -> bool:
    """Whether a device has started between two boot times that it told."""
    return before is not None and boot_time is not None and boot_time - before > BOOT_JITTER


def _open(device: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        restarts.c.device == device,
        restarts.c.asked_at.is_not(None),
        restarts.c.cancelled_at.is_(None),
        restarts.c.booted_at.is_(None),
    )


_SEEN = observations.c
_DEVICE = _SEEN.device == sa.bindparam("b_device")
_OPENED: sa.BindParameter[datetime] = sa.bindparam("b_opened")
_FORGIVE = sa.update(observations).where(_DEVICE, _SEEN.vain_restarts > 0).values(vain_restarts=0)
_POSTPONE = (
    sa.update(observations)
    .where(_DEVICE, sa.or_(_SEEN.postponed_in.is_(None), _SEEN.postponed_in < _OPENED))
    .values(postponed=_SEEN.postponed + 1, postponed_in=_OPENED)
)
