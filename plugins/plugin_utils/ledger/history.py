# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read the whole story of one device, for people."""

from __future__ import annotations

import sqlalchemy as sa

from ..planner.model import JobKind
from ..planner.nights import Spell
from .attempts import attempt_of
from .devices import presence
from .jobs import job_of
from .tables import attempts, contacts, jobs, restarts, tickets
from .tickets import ticket_of
from .values import EndedAs, History, PastAttempt, PastJob, PastRestart, Presence


def history(conn: sa.Connection, device: str) -> History:
    """All that is remembered of a device; an empty history when it was never enrolled."""
    return History(
        presence=presence(conn, [device]).get(device, Presence(None, None)),
        attempts=_attempts(conn, device),
        jobs=_jobs(conn, device),
        tickets=tuple(
            ticket_of(row)
            for row in conn.execute(
                sa.select(tickets).where(tickets.c.device == device).order_by(tickets.c.raised_at, tickets.c.id)
            ).mappings()
        ),
        contacts=tuple(
            Spell(row.answered, row.first_at, row.last_at, row.tries, row.why)
            for row in conn.execute(sa.select(contacts).where(contacts.c.device == device).order_by(contacts.c.id))
        ),
        restarts=tuple(
            PastRestart(row.asked_at, row.scheduled_for, row.why, row.cancelled_at, row.booted_at)
            for row in conn.execute(sa.select(restarts).where(restarts.c.device == device).order_by(restarts.c.id))
        ),
    )


def _attempts(conn: sa.Connection, device: str) -> tuple[PastAttempt, ...]:
    query = sa.select(attempts).where(attempts.c.device == device).order_by(attempts.c.at, attempts.c.id)
    return tuple(
        PastAttempt(
            attempt=attempt_of(row),
            kind=JobKind(row["kind"]),
            title=row["title"],
            error_name=row["error_name"],
            error_text=row["error_text"],
            restart_required=row["restart_required"],
        )
        for row in conn.execute(query).mappings()
    )


def _jobs(conn: sa.Connection, device: str) -> tuple[PastJob, ...]:
    begun = sa.func.coalesce(jobs.c.intended_at, jobs.c.started_at, jobs.c.recorded_at)
    query = sa.select(jobs).where(jobs.c.device == device).order_by(begun, jobs.c.id)
    return tuple(
        PastJob(
            job=job_of(row),
            intended_at=row["intended_at"],
            finished_at=row["finished_at"],
            ended_as=EndedAs(row["ended_as"]) if row["ended_as"] else None,
            error=row["error"],
        )
        for row in conn.execute(query).mappings()
    )
