# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Queries on jobs: intended before they start, recorded when they end, forgotten never.

docs/ledger.md has the table of crash points that these functions are made for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ..device.report import JobReport, ScanReport
from ..planner.model import Attempt, Job, JobKind, JobState
from .attempts import record_attempts
from .devices import lock
from .errors import JobActive, UnknownJob
from .portable import Row, chunks
from .tables import jobs
from .values import EndedAs, Recorded

ACTIVE = (JobState.INTENDED.value, JobState.RUNNING.value)


def job_of(row: Row) -> Job:
    """A row as the planner's value."""
    return Job(
        id=row["id"],
        kind=JobKind(row["kind"]),
        state=JobState(row["state"]),
        updates=tuple(row["updates"]),
        started_at=row["started_at"],
        deadline=row["deadline"],
    )


def intend(
    conn: sa.Connection,
    device: str,
    job_id: str,
    kind: JobKind,
    updates: Sequence[str],
    deadline: datetime | None,
    now: datetime,
) -> Job:
    """Record that a job is about to be started and return it; start exactly the job returned.

    A job of that kind that was intended and never confirmed gives its id to the
    new one: should its start have reached the device after all, the device knows
    the id and starts nothing twice. Raises UnknownDevice, and JobActive when the
    device is busy with another job of ours (a search excludes only a search).
    """
    lock(conn, device)
    identity = job_id
    for row in _active(conn, device):
        if (row["kind"] == JobKind.SCAN.value) is not (kind is JobKind.SCAN):
            continue
        if row["state"] == JobState.INTENDED.value and row["kind"] == kind.value:
            identity = row["id"]
        elif row["state"] == JobState.INTENDED.value and row["denied_at"] is not None:
            _close(conn, device, row, EndedAs.LOST, "the device never knew it, and something else is wanted now", now)
        else:
            raise JobActive(f"{device}: {row['kind']} job {row['id']} is {row['state']}; wait for its end")
    values = {
        "kind": kind.value,
        "state": JobState.INTENDED.value,
        "updates": list(updates),
        "deadline": deadline,
        "intended_at": now,
        "denied_at": None,
        "error": "",
    }
    if identity == job_id and _find(conn, device, job_id) is None:
        conn.execute(sa.insert(jobs), [{"device": device, "id": job_id, **values}])
    elif identity == job_id and _row(conn, device, job_id)["ended_as"] is not None:
        raise JobActive(f"{device}: job {job_id} has ended; a new job needs a new id")
    else:
        _set(conn, device, identity, values)
    return Job(identity, kind, JobState.INTENDED, tuple(updates), None, deadline)


def started(conn: sa.Connection, device: str, job_id: str, now: datetime) -> None:
    """Record that the device confirmed the start. Raises UnknownJob."""
    row = _row(conn, device, job_id)
    if row["state"] == JobState.INTENDED.value:
        _set(
            conn,
            device,
            job_id,
            {"state": JobState.RUNNING.value, "started_at": row["started_at"] or now, "denied_at": None},
        )


def refused(conn: sa.Connection, device: str, job_id: str, why: str, now: datetime) -> None:
    """Record that the device answered and did not start it. Raises UnknownJob.

    Not for a connection that broke: then nobody knows, and the job stays intended.
    """
    row = _row(conn, device, job_id)
    if row["state"] == JobState.INTENDED.value:
        _close(conn, device, row, EndedAs.REFUSED, why, now)


def acknowledgeable(conn: sa.Connection, names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Jobs by device whose end is recorded and which the device was not yet seen to have let go."""
    found: dict[str, tuple[str, ...]] = {}
    for part in chunks(names):
        for device, identity in conn.execute(_ACKNOWLEDGEABLE, {"names": part}):
            found[device] = (*found.get(device, ()), identity)
    return found


def record_jobs(conn: sa.Connection, device: str, report: ScanReport, at: datetime) -> Recorded:
    """Record every job of a report, and what became of those that it does not name."""
    new_attempts: list[Attempt] = []
    ended: list[str] = []
    for reported in report.jobs:
        has_ended, attempts = record_job(conn, device, reported, at)
        new_attempts += attempts
        ended += [reported.job.id] if has_ended else []
    told = {reported.job.id for reported in report.jobs}
    unstarted: list[Job] = []
    lost_jobs: list[str] = []
    for row in _active(conn, device):
        identity = row["id"]
        if identity in told or (row["intended_at"] is not None and row["intended_at"] > at):
            continue
        if row["kind"] == JobKind.SCAN.value and identity == report.scan.id:
            _set(conn, device, identity, _end(JobState.FINISHED, EndedAs.REPORTED, at, report.scan.finished_at))
            ended.append(identity)
        elif row["state"] == JobState.RUNNING.value:
            _close(conn, device, row, EndedAs.LOST, "it ran, and the device does not know it any more", at)
            lost_jobs.append(identity)
        else:
            unstarted.append(job_of(row))
            if row["denied_at"] is None:
                _set(conn, device, identity, {"denied_at": at})
    _note_acknowledged(conn, device, told, at)
    return Recorded(
        new_attempts=tuple(new_attempts),
        ended_jobs=tuple(ended),
        acknowledge=tuple(item.job.id for item in report.jobs if not item.job.active),
        unstarted=tuple(unstarted),
        lost=tuple(lost_jobs),
    )


def record_job(conn: sa.Connection, device: str, reported: JobReport, at: datetime) -> tuple[bool, tuple[Attempt, ...]]:
    """Record one job as the device tells it. Returns whether its end is new, and the attempts that are.

    An end is recorded once, together with all its attempts; a job that this ledger
    never intended, or had given up, is taken as the device tells it.
    """
    job = reported.job
    row = _find(conn, device, job.id)
    if row is not None and row["ended_as"] == EndedAs.REPORTED.value:
        return False, ()
    values: dict[str, Any] = {
        "kind": job.kind.value,
        "state": job.state.value,
        "updates": list(job.updates),
        "deadline": job.deadline or (row["deadline"] if row else None),
        "denied_at": None,
        "started_at": job.started_at or (row["started_at"] if row else None),
        "finished_at": None,
        "ended_as": None,
        "recorded_at": None,
        "error": reported.error,
    }
    if not job.active:
        values |= _end(job.state, EndedAs.REPORTED, at, reported.finished_at)
    if row is None:
        conn.execute(sa.insert(jobs), [{"device": device, "id": job.id, **values}])
    elif any(row[name] != value for name, value in values.items()):
        _set(conn, device, job.id, values)
    if job.active:
        return False, ()
    return True, record_attempts(conn, device, reported, at)


def _note_acknowledged(conn: sa.Connection, device: str, told: set[str], at: datetime) -> None:
    for identity in conn.execute(_LET_GO, {"device": device}).scalars().all():
        if identity not in told:
            _set(conn, device, identity, {"acknowledged_at": at})


def _end(state: JobState, ended_as: EndedAs, at: datetime, finished_at: datetime | None) -> dict[str, Any]:
    return {"state": state.value, "ended_as": ended_as.value, "finished_at": finished_at or at, "recorded_at": at}


def _close(conn: sa.Connection, device: str, row: Row, ended_as: EndedAs, why: str, now: datetime) -> None:
    ran = row["state"] == JobState.RUNNING.value
    state = JobState.INTERRUPTED if ran else JobState.FAILED
    _set(conn, device, row["id"], {**_end(state, ended_as, now, None), "error": why})


def _active(conn: sa.Connection, device: str) -> Sequence[Row]:
    return conn.execute(_ACTIVE, {"device": device}).mappings().all()


def _find(conn: sa.Connection, device: str, job_id: str) -> Row | None:
    return conn.execute(_ONE, {"device": device, "id": job_id}).mappings().one_or_none()


def _row(conn: sa.Connection, device: str, job_id: str) -> Row:
    row = _find(conn, device, job_id)
    if row is None:
        raise UnknownJob(f"{device}: the ledger has no job {job_id}; intend it before starting it")
    return row


def _set(conn: sa.Connection, device: str, job_id: str, values: Mapping[str, Any]) -> None:
    conn.execute(_SET, {"b_device": device, "b_id": job_id, **values})


_DEVICE = jobs.c.device == sa.bindparam("device")
_ONE = sa.select(jobs).where(_DEVICE, jobs.c.id == sa.bindparam("id"))
_SET = sa.update(jobs).where(jobs.c.device == sa.bindparam("b_device"), jobs.c.id == sa.bindparam("b_id"))
_ACTIVE = sa.select(jobs).where(_DEVICE, jobs.c.state.in_(ACTIVE)).order_by(jobs.c.intended_at, jobs.c.id)
_RECORDED = sa.and_(jobs.c.ended_as == EndedAs.REPORTED.value, jobs.c.acknowledged_at.is_(None))
_LET_GO = sa.select(jobs.c.id).where(_DEVICE, _RECORDED).order_by(jobs.c.recorded_at, jobs.c.id)
_ACKNOWLEDGEABLE = (
    sa.select(jobs.c.device, jobs.c.id)
    .where(jobs.c.device.in_(sa.bindparam("names", expanding=True)), _RECORDED)
    .order_by(jobs.c.recorded_at, jobs.c.id)
)
