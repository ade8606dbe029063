# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the ledger gives back, beside the planner's own values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from ..planner.model import Attempt, Job, JobKind, JobState, Observation
from ..planner.nights import Spell


class Signal(str, Enum):
    """What a ticket is about. At most one is open for a device, a signal and an update."""

    UPDATE_FAILED = "update_failed"
    SCAN_FAILED = "scan_failed"
    RESTART_IN_VAIN = "restart_in_vain"  # it was restarted again and again, and still asks for it
    ROLLOUT_HALTED = "rollout_halted"  # about an update, not a device
    EMERGENCY_APPROVAL = "emergency_approval"  # likewise
    MANUAL_TASK = "manual_task"
    REMOVAL_FAILED = "removal_failed"  # an order to roll back that cannot be carried out on a device


class TicketState(str, Enum):
    """Whether the ticket system has the ticket."""

    PENDING = "pending"
    DELIVERED = "delivered"


class EndedAs(str, Enum):
    """Why a job is no longer active."""

    REPORTED = "reported"  # the device told its end
    REFUSED = "refused"  # the device would not start it
    LOST = "lost"  # the device does not know it (any more)


@dataclass(frozen=True, slots=True)
class Ticket:
    """A row of the outbox. ``update_id`` is None where no update is concerned, ``device`` where no single device is.

    ``about``: what is concerned instead of a device, such as "ring broad".
    """

    id: str
    device: str | None
    signal: Signal
    subject: str
    update_id: str | None
    evidence: Mapping[str, object]
    raised_at: datetime
    state: TicketState = TicketState.PENDING
    closed_at: datetime | None = None
    closed_why: str = ""
    about: str = ""


@dataclass(frozen=True, slots=True)
class Contact:
    """One try to reach a device. ``why``: what it answered instead, for people."""

    device: str
    answered: bool
    why: str = ""


@dataclass(frozen=True, slots=True)
class Presence:
    """When the device last answered, and since when it does not (None: it does)."""

    last_seen: datetime | None
    offline_since: datetime | None


@dataclass(frozen=True, slots=True)
class Recorded:
    """What one report added to the ledger.

    ``acknowledge``: jobs whose end is recorded and whose files the device may now remove.
    ``unstarted``: jobs that were intended and that the device does not know; they no longer
    show in ``DeviceState.jobs``, and the next ``intend_job`` of that kind takes their id.
    ``lost``: jobs that ran and that the device does not know any more.
    ``as_known``: all that the caller knew stands; only the ``observation`` is newer.
    """

    new_scan: bool = False
    new_attempts: tuple[Attempt, ...] = ()
    ended_jobs: tuple[str, ...] = ()
    acknowledge: tuple[str, ...] = ()
    unstarted: tuple[Job, ...] = ()
    lost: tuple[str, ...] = ()
    as_known: bool = False
    observation: Observation | None = None

    @property
    def nothing(self) -> bool:
        """Whether the report told nothing new."""
        return not (self.new_scan or self.new_attempts or self.ended_jobs or self.unstarted or self.lost)


@dataclass(frozen=True, slots=True)
class Glance:
    """What must be known of a device to ask it, and to tell whether its answer is news.

    ``scan``: id of its last search, "" for none. ``jobs``: id and state of our jobs that have not ended.
    ``acknowledge``: ended jobs that it may forget. ``seen``: the last observation, without system and model.
    """

    scan: str
    jobs: frozenset[tuple[str, JobState]]
    acknowledge: tuple[str, ...]
    seen: Observation | None

    @property
    def busy(self) -> bool:
        """Whether a job of ours runs on it, as far as we know."""
        return any(state is JobState.RUNNING for _id, state in self.jobs)


@dataclass(frozen=True, slots=True)
class Lease:
    """Who may act on a device, until when."""

    device: str
    holder: str
    acquired_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class PastAttempt:
    """An attempt with what a person wants to know of it."""

    attempt: Attempt
    kind: JobKind
    title: str
    error_name: str
    error_text: str
    restart_required: bool


@dataclass(frozen=True, slots=True)
class PastJob:
    """A job with its end. ``ended_as`` is None while it is active."""

    job: Job
    intended_at: datetime | None
    finished_at: datetime | None
    ended_as: EndedAs | None
    error: str


@dataclass(frozen=True, slots=True)
class PastRestart:
    """A restart that was asked for, or only seen (``asked_at`` None)."""

    asked_at: datetime | None
    scheduled_for: datetime | None
    why: str
    cancelled_at: datetime | None
    booted_at: datetime | None


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One line of the audit trail."""

    at: datetime
    actor: str
    event: str
    device: str | None
    detail: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class History:
    """All that the ledger remembers of one device, each list oldest first."""

    presence: Presence
    attempts: tuple[PastAttempt, ...] = ()
    jobs: tuple[PastJob, ...] = ()
    tickets: tuple[Ticket, ...] = ()
    contacts: tuple[Spell, ...] = ()
    restarts: tuple[PastRestart, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the last plan left a device, and whether it answered the last time it was tried.

    ``next_at``: the first instant at which the plan can change by itself; None: only when
    something happens. ``policy``: fingerprint of the policy that the plan was made under.
    """

    planned_at: datetime
    next_at: datetime | None
    policy: str
    status: str
    text: str
    counts: Mapping[str, int] = field(default_factory=dict)
    answered: bool = True
