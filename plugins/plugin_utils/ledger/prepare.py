# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Compile the statements of a device's turn before workers are forked.

A compiled statement lives in its engine's cache, and a forked worker inherits that.
Without this every worker, one for each device and task, compiles them anew.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from functools import cache

from sqlalchemy.engine import URL

from ..device.report import (
    DeviceFacts,
    JobReport,
    PendingRestart,
    Program,
    RestartStatus,
    Result,
    ScanReport,
    ScanStatus,
    SoftwareList,
)
from ..planner.model import Device, Job, JobKind, JobState, Outcome, ScanTrust, Update
from ..planner.rings import Ring
from .engine import database, database_url, empty, sqlite_path
from .schema import version
from .transaction import Reader, Transaction
from .values import Signal, Standing


def prepare(url: str | None = None) -> None:
    """Go once through a device's turn, and roll it back: on a ledger in memory, and on that at ``url`` in PostgreSQL.

    Takes about 0.1 s, once per process and ledger. Call it where a module is imported that will run in forked
    workers, and with the ledger of a run before they are forked: with PostgreSQL, a worker then neither loads a
    driver nor asks the server what it is. Raises LedgerError.
    """
    _prepare(None)
    if url is not None and sqlite_path(address := database_url(url)) is None:
        _prepare(address)


@cache
def _prepare(url: URL | None) -> None:
    ledger = empty() if url is None else database(url)
    version(ledger)
    with ledger.connect() as conn:
        Reader(conn).presence(["device"])
    with ledger.connect(writes=True) as conn:
        _turn(Transaction(conn), uuid.uuid4().hex)  # names that no other process uses: none waits for another's row


def _turn(tx: Transaction, device: str) -> None:
    now = datetime(2000, 1, 1, tzinfo=UTC)
    minute = timedelta(minutes=1)
    tx.enrol([Device(device)], now)
    tx.acquire_lease(device, "holder", now, minute)
    tx.record_contact(device, now, answered=False)
    one, two, three, four = (f"{number}-{device}" for number in range(4))
    job = tx.intend_job(device, "install", JobKind.INSTALL, [one], now + minute, now)
    tx.job_started(device, job.id, now)
    # A statement is compiled once for one row and once for several: lists and results come in both sizes.
    lists = ((one, two), (two, three), (), (three, four), (three, four))
    for number, found in enumerate(lists, start=1):
        at = now + number * minute
        tx.record_report(device, _report(at, f"scan-{number}", found), at)
        tx.device_state(device)
        tx.glance(device)
        tx.acknowledgeable([device])
    tx.software.digest(device)
    for found in ((one,), (two, three), (four,), ()):
        tx.software.record(device, SoftwareList(str(len(found)), tuple(map(Program, found))), now)
    tx.advisories.advice_for([one])
    tx.advisories.exploited([one])
    tx.rollouts.gates((Ring("canary"), Ring("all")), None, [one])
    tx.exploits.found([one])
    tx.tasks.of_device(device)
    tx.absences(device, now, minute)
    tx.standings([device])
    tx.record_standing(device, Standing(now, None, "", "", ""))
    tx.mark_served(device, now)
    tx.raise_ticket(device, Signal.UPDATE_FAILED, "", one, {}, now)
    tx.audit("prepare", "prepare", device, {}, now)
    tx.release_lease(device, "holder")


def _report(at: datetime, scan: str, found: tuple[str, ...]) -> ScanReport:
    updates = tuple(Update(identity, downloaded=scan in ("scan-2", "scan-5")) for identity in found)
    job = Job("install", JobKind.INSTALL, JobState.FINISHED, found, at)
    ended = found[:1] if scan == "scan-1" else found
    done = JobReport(job, at, results=tuple(Result(identity, Outcome.SUCCEEDED) for identity in ended))
    search = JobReport(Job("search", JobKind.SCAN, JobState.RUNNING, (), at))
    return ScanReport(
        facts=DeviceFacts("device", at, None, None, (), {}),
        scan=ScanStatus(scan, at, ScanTrust.TRUSTED),
        pending_restart=PendingRestart(required=False),
        restart=RestartStatus(),
        missing=updates,
        installed=updates,
        jobs=(done, search) if scan in ("scan-1", "scan-4") else (),
    )
