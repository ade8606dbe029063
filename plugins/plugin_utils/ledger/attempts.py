# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Queries on attempts: one try to install, download or remove one update, recorded exactly once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ..device.report import JobReport, Result
from ..planner.model import Attempt, ErrorClass, JobKind, Outcome
from .portable import Row, insert_if_absent
from .tables import attempts


def attempt_of(row: Row) -> Attempt:
    """A row as the planner's value."""
    return Attempt(
        update_id=row["update_id"],
        job_id=row["job_id"],
        at=row["at"],
        outcome=Outcome(row["outcome"]),
        hresult=row["hresult"],
        error_class=ErrorClass(row["error_class"]) if row["error_class"] else None,
        restart_required=row["restart_required"],
    )


def record_attempts(conn: sa.Connection, device: str, reported: JobReport, at: datetime) -> tuple[Attempt, ...]:
    """Record the results of a job that has ended; returns those that were new.

    A job and an update make one attempt (a unique constraint says so). What the
    deadline kept from starting is recorded too, for people; the planner does not see it.
    """
    if reported.job.kind is JobKind.SCAN:
        return ()
    known = set(conn.execute(_OF_JOB, {"device": device, "job_id": reported.job.id}).scalars())
    fresh = {
        result.update_id: _row(device, reported, result, at)
        for result in reported.results
        if result.update_id not in known
    }
    insert_if_absent(conn, attempts, list(fresh.values()))
    return tuple(attempt_of(row) for row in fresh.values())


def _row(device: str, reported: JobReport, result: Result, at: datetime) -> dict[str, Any]:
    return {
        "device": device,
        "job_id": reported.job.id,
        "update_id": result.update_id,
        "kind": reported.job.kind.value,
        "title": result.title,
        "at": result.finished_at or result.started_at or reported.finished_at or at,
        "outcome": result.outcome.value,
        "result_code": result.result_code,
        "hresult": result.hresult,
        "error_name": result.error_name,
        "error_text": result.error_text,
        "error_class": result.error_class.value if result.error_class else None,
        "restart_required": result.restart_required,
        "started_at": result.started_at,
        "finished_at": result.finished_at,
    }


_OF_JOB = sa.select(attempts.c.update_id).where(
    attempts.c.device == sa.bindparam("device"), attempts.c.job_id == sa.bindparam("job_id")
)
