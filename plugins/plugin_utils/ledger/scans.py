# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Queries on searches and on what they found: what a device lacks and has, since when."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from ..device.report import ScanReport
from ..planner.model import JobKind, JobState, ScanTrust, Update
from .portable import chunks, insert_if_absent, upsert
from .software_tables import installed_lists
from .tables import device_updates, devices, jobs, scans, updates
from .values import EndedAs

MISSING = "missing"
INSTALLED = "installed"


def record_scan(conn: sa.Connection, device: str, report: ScanReport, at: datetime) -> bool:
    """Record the report's search and, when they were sent, its updates. Returns whether the search was new.

    Which updates are installed may be sent later than what is missing, when it is wanted. A search older than the
    newest one recorded changes no list. One of unknown trust adds what it found and closes nothing.
    """
    scan = report.scan
    if not scan.id or scan.finished_at is None:
        return False
    key = {"b_device": device, "b_id": scan.id}
    known = conn.execute(_IS_LISTED, key).scalar_one_or_none()
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
        conn.execute(_SET_LISTED, key)
    if report.installed is not None:
        _note_installed(conn, device, report)
    if sent and not _newer_listed(conn, device, scan.finished_at):
        closes = scan.trust is not ScanTrust.UNKNOWN
        for relation, found in ((MISSING, report.missing), (INSTALLED, report.installed)):
            if found is not None and (not known or relation == INSTALLED):
                _set_relation(conn, device, relation, found, scan.finished_at, closes)
    return known is None


def _note_installed(conn: sa.Connection, device: str, report: ScanReport) -> None:
    """Remember which search the list of installed updates is from."""
    scan = report.scan
    row = {"device": device, "scan": scan.id, "finished_at": scan.finished_at}
    upsert(conn, installed_lists, [row], where=installed_lists.c.finished_at <= scan.finished_at)


def count_failed(conn: sa.Connection, device: str) -> None:
    """Count anew the searches that failed, or that cannot be believed, since the last good one."""
    since = conn.execute(_LAST_GOOD, {"b_device": device}).scalar_one() or _EVER
    number, last = conn.execute(_FAILED, {"b_device": device, "b_at": since}).one()
    conn.execute(_SET_FAILED, {"b_device": device, "b_number": number, "b_at": last})


def _newer_listed(conn: sa.Connection, device: str, finished_at: datetime) -> bool:
    return conn.execute(_NEWER_LISTED, {"b_device": device, "b_at": finished_at}).first() is not None


def _set_relation(
    conn: sa.Connection, device: str, relation: str, found: Sequence[Update], at: datetime, closes: bool
) -> None:
    wanted = {update.id: (update, describe(update)) for update in found}
    _describe_all(conn, [row for _kind, row in wanted.values()])
    now_held = conn.execute(_HELD, {"b_device": device, "b_relation": relation})
    held = {row.update_id: row for row in now_held}
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
    package = {
        "vendor": update.vendor,
        "product": update.product,
        "installed_version": update.installed_version,
        "available_version": update.available_version,
    }
    whole = {**row, **package} if any(package.values()) else row  # digests from before packages stay what they were
    text = json.dumps([whole, released], sort_keys=True, ensure_ascii=False)
    return {**row, **package, "released": update.released, "digest": hashlib.sha256(text.encode()).hexdigest()}


def _describe_all(conn: sa.Connection, rows: Iterable[Mapping[str, Any]]) -> None:
    by_digest = {row["digest"]: row for row in rows}
    for part in chunks(sorted(by_digest)):
        known = set(conn.execute(_KNOWN, {"digests": part}).scalars())
        insert_if_absent(conn, updates, [by_digest[digest] for digest in part if digest not in known])


_EVER = datetime.min.replace(tzinfo=UTC)
_DEVICE: sa.BindParameter[str] = sa.bindparam("b_device")
_AT: sa.BindParameter[datetime] = sa.bindparam("b_at")
_THIS = sa.and_(scans.c.device == _DEVICE, scans.c.id == sa.bindparam("b_id"))
_IS_LISTED = sa.select(scans.c.listed).where(_THIS)
_SET_LISTED = sa.update(scans).where(_THIS).values(listed=True)
_NEWER_LISTED = (
    sa.select(scans.c.id).where(scans.c.device == _DEVICE, scans.c.listed.is_(True), scans.c.finished_at > _AT).limit(1)
)
_LAST_GOOD = sa.select(sa.func.max(scans.c.finished_at)).where(
    scans.c.device == _DEVICE, scans.c.trust != ScanTrust.UNKNOWN.value
)
_DOUBTFUL = sa.select(scans.c.id, scans.c.finished_at.label("ended")).where(
    scans.c.device == _DEVICE, scans.c.trust == ScanTrust.UNKNOWN.value, scans.c.finished_at > _AT
)
_FAILED_AT = sa.case((jobs.c.state == JobState.FAILED.value, jobs.c.finished_at))  # one that was cut off has no end
_BROKEN = sa.select(jobs.c.id, _FAILED_AT.label("ended")).where(
    jobs.c.device == _DEVICE,
    jobs.c.kind == JobKind.SCAN.value,
    jobs.c.ended_as == EndedAs.REPORTED.value,
    jobs.c.state.in_([JobState.FAILED.value, JobState.INTERRUPTED.value]),
    jobs.c.finished_at > _AT,
)
_BOTH = sa.union_all(_DOUBTFUL, _BROKEN).subquery()
_FAILED = sa.select(sa.func.count(_BOTH.c.id.distinct()), sa.func.max(_BOTH.c.ended))
_SET_FAILED = (
    sa.update(devices)
    .where(devices.c.name == _DEVICE)
    .values(failed_scans=sa.bindparam("b_number"), failed_scan_at=_AT)
)
_KNOWN = sa.select(updates.c.digest).where(updates.c.digest.in_(sa.bindparam("digests", expanding=True)))
_HELD = sa.select(
    device_updates.c.id, device_updates.c.update_id, device_updates.c.digest, device_updates.c.downloaded
).where(
    device_updates.c.device == _DEVICE,
    device_updates.c.relation == sa.bindparam("b_relation"),
    device_updates.c.gone_at.is_(None),
)
_ONE = device_updates.c.id == sa.bindparam("b_id")
_CHANGE = (
    sa.update(device_updates)
    .where(_ONE)
    .values(digest=sa.bindparam("b_digest"), downloaded=sa.bindparam("b_downloaded"))
)
_END = sa.update(device_updates).where(_ONE).values(gone_at=_AT, open_key=None)
