# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What can be asked and told inside one transaction of the ledger.

Every method is one query of the room that its name says; see there for details.
All instants are aware; they are the caller's: the ledger reads no clock.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from ..device.report import JobReport, ScanReport
from ..planner.experience import Experience
from ..planner.fleet import Absence, Ancestor
from ..planner.model import Attempt, Device, DeviceState, Job, JobKind, Update
from ..planner.nights import Attendance
from . import (
    absences,
    answers,
    audit,
    debts,
    devices,
    durations,
    glances,
    history,
    jobs,
    leases,
    lineage,
    nights,
    reports,
    restarts,
    scans,
    standings,
    states,
    tickets,
    troubles,
)
from .advisories import Advisories
from .advisory_imports import AdvisoryImports
from .compliance import Compliance, ComplianceReader
from .debts import Debt
from .decisions import Decisions, DecisionsReader
from .delivery import Delivery, DeliveryReader
from .delivery_values import Trouble
from .exploits import ExploitReader, Exploits
from .holder import Holder
from .rollbacks import RollbackReader, Rollbacks
from .rollouts import RolloutReader, Rollouts
from .rooms import RoomReader, Rooms
from .software import Software, SoftwareReader
from .tasks import TaskReader, Tasks
from .values import AuditEntry, Contact, Glance, History, Lease, Presence, Recorded, Signal, Standing, Ticket


class Reader:
    """Questions."""

    __slots__ = ("_conn",)

    def __init__(self, conn: sa.Connection) -> None:
        self._conn = conn

    def device_states(self, names: Iterable[str]) -> dict[str, DeviceState]:
        """The planner's view of many devices, in few queries; devices never enrolled are left out."""
        return states.device_states(self._conn, names)

    def device_state(self, name: str) -> DeviceState | None:
        """The planner's view of one device; None when it was never enrolled."""
        return states.device_states(self._conn, [name]).get(name)

    @property
    def advisories(self) -> Advisories:
        """What vendors and authorities published."""
        return Advisories(self._conn)

    def attendances(self, names: Iterable[str], start: datetime, end: datetime) -> dict[str, Attendance]:
        """When those devices were there that were silent at some time from ``start`` to ``end``."""
        return nights.attendances(self._conn, names, start, end)

    def experience(self) -> Experience:
        """What devices taught about the updates that some device lacks; one question for a whole run."""
        return durations.experience(self._conn)

    def presence(self, names: Iterable[str]) -> dict[str, Presence]:
        """When each device last answered, and since when it does not."""
        return devices.presence(self._conn, names)

    def standings(self, names: Iterable[str]) -> dict[str, Standing]:
        """Where the last plan left each device; devices never planned for are left out."""
        return standings.standings_of(self._conn, names)

    def debts(self, now: datetime, offline: timedelta) -> tuple[Debt, ...]:
        """What each managed device owes; one that is silent for ``offline`` is offline."""
        return debts.debts(self._conn, now, offline)

    def computer_names(self) -> dict[str, tuple[str, datetime]]:
        """The name by which each device last answered, and when."""
        return answers.computer_names(self._conn)

    def glance(self, name: str) -> Glance:
        """What must be known of one device before it is asked."""
        return glances.glance(self._conn, name)

    def acknowledgeable(self, names: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """Job ids by device whose end is recorded; pass them as ``acknowledge`` with the next scan."""
        return jobs.acknowledgeable(self._conn, names)

    def open_tickets(self, device: str | None = None) -> tuple[Ticket, ...]:
        """Open tickets, oldest first, of one device or of all."""
        return tickets.open_tickets(self._conn, device)

    def troubles(self, of: Sequence[Ticket]) -> dict[str, Trouble]:
        """What is known beside each ticket, by its id."""
        return troubles.troubles(self._conn, of)

    @property
    def decisions(self) -> DecisionsReader:
        """What people decided, as far as it is recorded."""
        return DecisionsReader(self._conn)

    def ancestors(
        self, device: str, missing: Sequence[Update], named: Collection[str], owed: bool
    ) -> dict[str, tuple[Ancestor, ...]]:
        """What the missing updates of a device replace, by update id, of what is ``named`` and what is ``owed``."""
        return lineage.ancestors(self._conn, device, missing, named, owed)

    @property
    def delivery(self) -> DeliveryReader:
        """The tickets in ticket systems, and what these are still to be told."""
        return DeliveryReader(self._conn)

    @property
    def software(self) -> SoftwareReader:
        """What is installed on each device."""
        return SoftwareReader(self._conn)

    @property
    def rollbacks(self) -> RollbackReader:
        """Orders to roll an update back, and how far each has come."""
        return RollbackReader(self._conn)

    def leases(self, names: Iterable[str]) -> dict[str, Lease]:
        """Who holds each device."""
        return leases.holders(self._conn, names)

    def history(self, device: str) -> History:
        """All that is remembered of one device, for people."""
        return history.history(self._conn, device)

    def audit_trail(self, device: str | None = None, limit: int = 1000) -> tuple[AuditEntry, ...]:
        """The newest lines of the audit trail, oldest first."""
        return audit.entries(self._conn, device, limit)

    def absences(self, device: str, since: datetime, at_least: timedelta) -> tuple[Absence, ...]:
        """The long times in which a device did not answer, of those that ended after ``since``."""
        return absences.absences(self._conn, device, since, at_least)

    @property
    def rollouts(self) -> RolloutReader:
        """How far each update has come, ring by ring."""
        return RolloutReader(self._conn)

    @property
    def tasks(self) -> TaskReader:
        """What people are to do by hand."""
        return TaskReader(self._conn)

    @property
    def exploits(self) -> ExploitReader:
        """Updates that close an exploited vulnerability."""
        return ExploitReader(self._conn)

    @property
    def compliance(self) -> ComplianceReader:
        """The compliance figures of earlier days."""
        return ComplianceReader(self._conn)

    @property
    def rooms(self) -> RoomReader:
        """The runs that gave computer rooms their images."""
        return RoomReader(self._conn)


class Transaction(Reader):
    """Questions, and things to remember."""

    __slots__ = ()

    @property
    def advisories(self) -> AdvisoryImports:
        """What vendors and authorities published, and what they publish now."""
        return AdvisoryImports(self._conn)

    @property
    def software(self) -> Software:
        """What is installed on each device."""
        return Software(self._conn)

    @property
    def rollbacks(self) -> Rollbacks:
        """Orders to roll an update back, and how far each has come."""
        return Rollbacks(self._conn)

    def enrol(self, found: Iterable[Device], now: datetime) -> None:
        """Make the register's devices known, or bring their facts up to date."""
        devices.enrol(self._conn, found, now)

    def record_contact(self, name: str, now: datetime, answered: bool, why: str = "") -> None:
        """Record one try to reach a device."""
        devices.record_contacts(self._conn, [Contact(name, answered, why)], now)

    def record_contacts(self, tried: Iterable[Contact], now: datetime) -> None:
        """Record one try for each of many devices."""
        devices.record_contacts(self._conn, tried, now)

    def record_report(self, device: str, report: ScanReport, at: datetime, known: Glance | None = None) -> Recorded:
        """Record what a device reported, given what the caller knew; idempotent. Raises UnknownDevice."""
        return reports.record_report(self._conn, device, report, at, known)

    def intend_job(
        self,
        device: str,
        job_id: str,
        kind: JobKind,
        updates: Sequence[str],
        deadline: datetime | None,
        now: datetime,
    ) -> Job:
        """Record the intention *before* the start; start the job that is returned. Raises JobActive, UnknownDevice."""
        return jobs.intend(self._conn, device, job_id, kind, updates, deadline, now)

    def job_started(self, device: str, job_id: str, now: datetime) -> None:
        """The device confirmed the start. Raises UnknownJob."""
        jobs.started(self._conn, device, job_id, now)

    def job_refused(self, device: str, job_id: str, why: str, now: datetime) -> None:
        """The device answered, and did not start it. Not for a connection that broke. Raises UnknownJob."""
        jobs.refused(self._conn, device, job_id, why, now)

    def record_job(self, device: str, reported: JobReport, at: datetime) -> tuple[Attempt, ...]:
        """Record one job as the device tells it (the answer of an apply); returns new attempts."""
        devices.lock(self._conn, device)
        has_ended, found = jobs.record_job(self._conn, device, reported, at)
        if has_ended and reported.job.kind is JobKind.SCAN:
            scans.count_failed(self._conn, device)
        return found

    def mark_served(self, device: str, instant: datetime) -> None:
        """The device is served for every window that opened at or before ``instant``."""
        devices.mark_served(self._conn, device, instant)

    def record_standing(self, device: str, standing: Standing) -> None:
        """A plan was made; this is where it leaves the device."""
        standings.record(self._conn, device, standing)

    def mark_reminded(self, device: str, now: datetime) -> None:
        """The device's users were told."""
        devices.change(self._conn, device, {"last_reminded": now})

    def mark_restart_asked(
        self, device: str, now: datetime, scheduled_for: datetime | None = None, why: str = ""
    ) -> None:
        """A restart was asked for; ``scheduled_for``: when the device will do it."""
        restarts.mark_asked(self._conn, device, now, scheduled_for, why)

    def mark_restart_postponed(self, device: str, opened: datetime) -> None:
        """A restart was put off in the window that opened at ``opened``, because someone worked."""
        restarts.mark_postponed(self._conn, device, opened)

    def mark_restart_cancelled(self, device: str, now: datetime) -> None:
        """Our restart was called off."""
        restarts.mark_cancelled(self._conn, device, now)

    def raise_ticket(
        self,
        device: str | None,
        signal: Signal | str,
        subject: str,
        update_id: str | None,
        evidence: Mapping[str, object],
        now: datetime,
        about: str = "",
    ) -> Ticket:
        """The open ticket for (device, signal, update): raised now, or long since; its evidence is brought up to date.

        ``device`` None: no single device is concerned but ``about``, such as "ring broad". ``evidence`` must be JSON.
        """
        ticket, _fresh = tickets.raise_ticket(
            self._conn, device, Signal(signal), subject, update_id, evidence, now, about
        )
        return ticket

    def close_ticket(self, ticket_id: str, now: datetime, why: str = "") -> bool:
        """Close a ticket; False when there is no such open one."""
        return tickets.close_ticket(self._conn, ticket_id, now, why)

    @property
    def decisions(self) -> Decisions:
        """What people decided, and decide now."""
        return Decisions(self._conn)

    @property
    def delivery(self) -> Delivery:
        """The tickets in ticket systems, and what these are still to be told."""
        return Delivery(self._conn)

    def acquire_lease(self, device: str, holder: Holder | str, now: datetime, ttl: timedelta) -> bool:
        """Take or extend the lease of one device; False while somebody who may still live holds it."""
        return leases.acquire(self._conn, device, holder, now, ttl)

    def release_lease(self, device: str, holder: Holder | str) -> None:
        """Give back the lease of one device, if it is the holder's."""
        leases.release(self._conn, str(holder), [device])

    def release_leases(self, holder: Holder | str, names: Iterable[str] | None = None) -> None:
        """Give back leases: of the devices named, or all of the holder's."""
        leases.release(self._conn, str(holder), names)

    def take_over_dead(self, here: Holder) -> tuple[str, ...]:
        """Free the leases of processes that are certainly dead, seen from ``here``; returns the devices freed."""
        return leases.release_dead(self._conn, here)

    def begin_patrol(self, patrol_id: str, holder: Holder | str, now: datetime) -> None:
        """A patrol began."""
        audit.begin_patrol(self._conn, patrol_id, str(holder), now)

    def end_patrol(self, patrol_id: str, now: datetime, counts: Mapping[str, int]) -> None:
        """A patrol ended; one without an end was killed."""
        audit.end_patrol(self._conn, patrol_id, now, counts)

    def audit(self, actor: str, event: str, device: str | None, detail: Mapping[str, object], at: datetime) -> None:
        """Add one line to the audit trail; ``detail`` must be JSON."""
        audit.append(self._conn, actor, event, device, detail, at)

    @property
    def rollouts(self) -> Rollouts:
        """How far each update has come, ring by ring; judged, resumed, opened."""
        return Rollouts(self._conn)

    @property
    def tasks(self) -> Tasks:
        """What people are to do by hand, and did."""
        return Tasks(self._conn)

    @property
    def exploits(self) -> Exploits:
        """Updates that close an exploited vulnerability."""
        return Exploits(self._conn)

    @property
    def compliance(self) -> Compliance:
        """The compliance figures, day by day."""
        return Compliance(self._conn)

    @property
    def rooms(self) -> Rooms:
        """The runs that give computer rooms their images."""
        return Rooms(self._conn)
