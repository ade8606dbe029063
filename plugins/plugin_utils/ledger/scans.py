# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Queries on searches and on what they found: what a device lacks and has, since when."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ..device.report import ScanReport
from ..planner.model import JobKind, JobState, ScanTrust, Update
from .portable import chunks, insert_if_absent
from .tables import device_updates, devices, jobs, scans, updates
from .values import EndedAs

MISSING = "missing"
INSTALLED = "installed"


def record_scan(conn: sa.Connection, device: str, report: ScanReport, at: datetime) -> bool:
    """Record the report's search and, when they were sent, its updates. Returns whether the search was new.

    A search older than the newest one recorded changes no list. One of unknown
    trust adds what it found and closes nothing.
    """
    scan = report.scan
    if not scan.id or scan.finished_at is None:
        return False
    here = sa.and_(scans.c.device == device, scans.c.id == scan.id)
    known = conn.execute(sa.select(scans.c.listed).where(here)).scalar_one_or_none()
    sent = report.missing is not None or report.installed is not None
    if known is None:
        row = {
            "device": device,
            "id": scan.id,
            "finished_at": scan.finished_at,
            "trust": scan.trust.value,
            "result_code": scan.result_code,
            "warnings": list(scan.warnings),
            "source": dict(scan.source),
            "error": scan.error,
            "listed": sent,
            "recorded_at": at,
        }
        conn.execute(sa.insert(scans), [row])
    elif sent and not known:
        conn.execute(sa.update(scans).where(here).values(listed=True))
    if sent and not known and not _newer_listed(conn, device, scan.finished_at):
        closes = scan.trust is not ScanTrust.UNKNOWN
        for relation, found in ((MISSING, report.missing), (INSTALLED, report.installed)):
            if found is not None:
                _set_relation(conn, device, relation, found, scan.finished_at, closes)
    return known is None


def count_failed(conn: sa.Connection, device: str) -> None:
    """Count anew the searches that failed, or that cannot be believed, since the last good one."""
    good = sa.select(sa.func.max(scans.c.finished_at)).where(
        scans.c.device == device, scans.c.trust != ScanTrust.UNKNOWN.value
    )
    since = conn.execute(good).scalar_one()
    doubtful = sa.select(scans.c.id, scans.c.finished_at.label("ended")).where(
        scans.c.device == device, scans.c.trust == ScanTrust.UNKNOWN.value
    )
    failed = sa.select(jobs.c.id, jobs.c.finished_at.label("ended")).where(
        jobs.c.device == device,
        jobs.c.kind == JobKind.SCAN.value,
        jobs.c.ended_as == EndedAs.REPORTED.value,
        jobs.c.state.in_([JobState.FAILED.value, JobState.INTERRUPTED.value]),
    )
    both = sa.union_all(doubtful, failed).subquery()
    query = sa.select(sa.func.count(both.c.id.distinct()), sa.func.max(both.c.ended))
    number, last = conn.execute(query if since is None else query.where(both.c.ended > since)).one()
    values = {"failed_scans": number, "failed_scan_at": last}
    conn.execute(sa.update(devices).where(devices.c.name == device).values(values))


def _newer_listed(conn: sa.Connection, device: str, finished_at: datetime) -> bool:
    newer = sa.select(scans.c.id).where(
        scans.c.device == device, scans.c.listed.is_(True), scans.c.finished_at > finished_at
    )
    return conn.execute(newer.limit(1)).first() is not None


def _set_relation(
    conn: sa.Connection, device: str, relation: str, found: Sequence[Update], at: datetime, closes: bool
) -> None:
    wanted = {update.id: (update, describe(update)) for update in found}
    _describe_all(conn, [row for _, row in wanted.values()])
    columns = (device_updates.c.id, device_updates.c.update_id, device_updates.c.digest, device_updates.c.downloaded)
    query = sa.select(*columns).where(
        device_updates.c.device == device,
        device_updates.c.relation == relation,
        device_updates.c.gone_at.is_(None),
    )
    held = {row.update_id: row for row in conn.execute(query)}
    begun, changed, ended = [], [], []
    for identity, (update, row) in wanted.items():
        old = held.get(identity)
        if old is None:
            begun.append(_holding(device, relation, update, row["digest"], at))
        elif (old.digest, old.downloaded) != (row["digest"], update.downloaded):
            changed.append({"b_id": old.id, "b_digest": row["digest"], "b_downloaded": update.downloaded})
    if closes:
        ended = [{"b_id": row.id, "b_at": at} for identity, row in held.items() if identity not in wanted]
    for statement, rows in ((sa.insert(device_updates), begun), (_CHANGE, changed), (_END, ended)):
        if rows:
            conn.execute(statement, rows)


def _holding(device: str, relation: str, update: Update, digest: str, at: datetime) -> dict[str, Any]:
    return {
        "device": device,
        "relation": relation,
        "update_id": update.id,
        "digest": digest,
        "downloaded": update.downloaded,
        "since": at,
        "open_key": f"{relation}:{update.id}",
    }


def describe(update: Update) -> dict[str, Any]:
    """The row of ``updates`` that describes an update, whatever the device; its digest covers all of it."""
    row: dict[str, Any] = {
        "id": update.id,
        "revision": update.revision,
        "provider": update.provider,
        "title": update.title,
        "kbs": list(update.kbs),
        "severity": update.severity.value if update.severity else None,
        "categories": list(update.categories),
        "cves": list(update.cves),
        "size": update.size,
        "restart": update.restart.value,
        "can_request_user_input": update.can_request_user_input,
        "supersedes": list(update.supersedes),
        "uninstallable": update.uninstallable,
    }
    released = update.released.isoformat() if update.released else None
    text = json.dumps([row, released], sort_keys=True, ensure_ascii=False)
    return {**row, "released": update.released, "digest": hashlib.sha256(text.encode()).hexdigest()}


def _describe_all(conn: sa.Connection, rows: Iterable[Mapping[str, Any]]) -> None:
    by_digest = {row["digest"]: row for row in rows}
    for part in chunks(sorted(by_digest)):
        known = set(conn.execute(sa.select(updates.c.digest).where(updates.c.digest.in_(part))).scalars())
        insert_if_absent(conn, updates, [by_digest[digest] for digest in part if digest not in known])


_ONE = device_updates.c.id == sa.bindparam("b_id")
_CHANGE = (
    sa.update(device_updates)
    .where(_ONE)
    .values(digest=sa.bindparam("b_digest"), downloaded=sa.bindparam("b_downloaded"))
)
_END = sa.update(device_updates).where(_ONE).values(gone_at=sa.bindparam("b_at"), open_key=None)
