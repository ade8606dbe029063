# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The values that the planner reads: a device, what was seen on it, what is remembered of it.

Every instant is an aware ``datetime``; sizes are bytes. All values are frozen:
what changes is a new value, recorded in the ledger.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum

from .fleet import NOTHING_KNOWN, FleetFacts


class Severity(str, Enum):
    """The four ratings of Microsoft's security response center, and the absence of one.

    ``OTHER`` is everything without one of the four ratings (helpdesk rule 3); it
    is a bucket of its own and never means ``LOW``.
    """

    CRITICAL = "critical"
    IMPORTANT = "important"
    MODERATE = "moderate"
    LOW = "low"
    OTHER = "other"


class SeveritySource(str, Enum):
    """Where an effective severity comes from, strongest first."""

    OVERRIDE = "override"
    WUA = "wua"
    MSRC = "msrc"
    KEV = "kev"
    INFERRED = "inferred"
    NONE = "none"


class RestartBehaviour(str, Enum):
    """WUA ``InstallationBehavior.RebootBehavior``: 0 never, 1 always, 2 can request."""

    NEVER = "never"
    ALWAYS = "always"
    CAN_REQUEST = "can_request"


class ScanTrust(str, Enum):
    """How far a scan can be believed. ``UNKNOWN`` is never counted as compliant."""

    TRUSTED = "trusted"
    DEGRADED = "degraded"
    UNKNOWN = "unknown"


class ErrorClass(str, Enum):
    """What a failed HRESULT asks for (field notes 2.1, table of HRESULT classes)."""

    TRANSIENT = "transient"
    RESTART_FIRST = "restart_first"
    REPAIR_FIRST = "repair_first"
    WAIT_FOR_POWER = "wait_for_power"
    NEEDS_PERSON = "needs_person"
    BENIGN = "benign"


class Exposure(str, Enum):
    """Who can reach a device: the house alone, or everybody (register column ``exposure``)."""

    INTERNAL = "internal"
    INTERNET = "internet"


class Outcome(str, Enum):
    """How one attempt to install one update ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    INTERRUPTED = "interrupted"  # the device lost power or the job died; says nothing about the update
    NOT_STARTED = "not_started"  # the deadline came first; not an attempt
    NOT_APPLICABLE = "not_applicable"  # a benign code: the update no longer applies


class JobKind(str, Enum):
    """What a device job does."""

    SCAN = "scan"
    INSTALL = "install"
    DOWNLOAD = "download"
    UNINSTALL = "uninstall"


class JobState(str, Enum):
    """State of a device job as the device reports it; ``INTENDED`` exists in the ledger only."""

    INTENDED = "intended"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class Update:
    """One update as a provider describes it on one device.

    ``severity`` is what WUA gave (``None`` when empty); the effective severity
    is computed by :mod:`severity`. ``kbs`` look like ``KB5068861``; those of a package
    manager's update name the package (``winget:Mozilla.Firefox``), and so does what people decide about it.
    The fields from ``vendor`` on are of packages alone; versions are as their vendor writes them.
    """

    id: str
    revision: int = 0
    provider: str = "windows_update"
    title: str = ""
    kbs: tuple[str, ...] = ()
    severity: Severity | None = None
    categories: tuple[str, ...] = ()
    cves: tuple[str, ...] = ()
    size: int = 0
    downloaded: bool = False
    restart: RestartBehaviour = RestartBehaviour.CAN_REQUEST
    can_request_user_input: bool = False
    supersedes: tuple[str, ...] = ()
    released: datetime | None = None
    uninstallable: bool = False
    vendor: str = ""
    product: str = ""
    installed_version: str = ""
    available_version: str = ""

    @property
    def label(self) -> str:
        """``KB5068861`` where there is one, else the title, else the id. Of a package, the title."""
        if self.provider != "windows_update":
            return self.title or self.id
        return self.kbs[0] if self.kbs else (self.title or self.id)


@dataclass(frozen=True, slots=True)
class Device:
    """A device as the register knows it.

    ``impact``: of patching it, in the organisation's own words. ``responsible``: who does what cannot be automated.
    """

    name: str
    device_class: str = "desktop"  # desktop, laptop, server, room
    ring: str | None = None
    unit: str | None = None
    criticality: str | None = None
    model: str | None = None
    room: str | None = None
    always_on: bool = False
    managed: bool = True
    exposure: Exposure = Exposure.INTERNAL
    impact: str | None = None
    responsible: str | None = None


@dataclass(frozen=True, slots=True)
class LoggedOnUser:
    """A session on the device. ``idle`` is ``None`` when the device could not tell."""

    name: str
    idle: timedelta | None = None
    active: bool = True


@dataclass(frozen=True, slots=True)
class Observation:
    """What the device itself said at the last contact, and what is remembered of the restart that it waits for.

    ``pending_since``: first seen to ask for a restart since it started. ``postponed``: in how many windows that
    restart was put off because someone worked; ``postponed_in``: the opening of the last of them.
    ``vain_restarts``: starts in a row while it asked for one, with nothing installed in between.
    """

    at: datetime
    boot_time: datetime | None = None
    pending_restart: tuple[str, ...] = ()  # names of the sources that ask for one
    users: tuple[LoggedOnUser, ...] = ()
    on_battery: bool | None = None
    free_bytes: int | None = None
    restart_scheduled_at: datetime | None = None  # a restart that Nightshift scheduled
    foreign_restart: bool = False  # somebody else scheduled one
    system: str = ""  # which Windows, as advisories tell them apart: 26100/client
    model: str = ""  # of the hardware, as the device tells it
    pending_since: datetime | None = None
    postponed: int = 0
    postponed_in: datetime | None = None
    vain_restarts: int = 0


@dataclass(frozen=True, slots=True)
class Scan:
    """The last finished WUA search of the device."""

    id: str
    finished_at: datetime
    trust: ScanTrust = ScanTrust.TRUSTED
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """A job that the ledger intended or the device reports."""

    id: str
    kind: JobKind
    state: JobState
    updates: tuple[str, ...] = ()
    started_at: datetime | None = None
    deadline: datetime | None = None

    @property
    def active(self) -> bool:
        """Whether the job still owns the device."""
        return self.state in (JobState.INTENDED, JobState.RUNNING)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to install one update on one device, as the ledger remembers it.

    ``restart_required``: whether the update asked for a restart when it was installed.
    """

    update_id: str
    job_id: str
    at: datetime
    outcome: Outcome
    hresult: int | None = None
    error_class: ErrorClass | None = None
    restart_required: bool = True


@dataclass(frozen=True, slots=True)
class UpdateState:
    """What is remembered of one update on one device. ``attempts`` are oldest first."""

    attempts: tuple[Attempt, ...] = ()
    ticket_open: bool = False
    ticketed_at: datetime | None = None
    ticket_closed_at: datetime | None = None
    first_missing: datetime | None = None


@dataclass(frozen=True, slots=True)
class DeviceState:
    """What is remembered of one device: the ledger's rows, as one value.

    ``known_since``: a window that closed before it cannot have been missed.
    ``served_until``: instant up to which the device's windows have been served
    (the planner's ``Plan.serves`` is recorded here, and only there).
    ``failed_scans`` in a row since the last trusted one; ``failed_scan_at``: when the last of them ended
    that was not cut off.
    ``awaiting_restart``: updates that asked for a restart when they were installed; it has not started since.
    ``fleet``: what people decided, vendors say and other devices taught that concerns this device.
    """

    known_since: datetime
    served_until: datetime | None = None
    scan: Scan | None = None
    missing: tuple[Update, ...] = ()
    updates: Mapping[str, UpdateState] = field(default_factory=dict)
    jobs: tuple[Job, ...] = ()
    observation: Observation | None = None
    last_reminded: datetime | None = None
    last_restart_asked: datetime | None = None
    failed_scans: int = 0
    scan_ticket_open: bool = False
    restart_ticket_open: bool = False
    failed_scan_at: datetime | None = None
    awaiting_restart: tuple[Update, ...] = ()
    fleet: FleetFacts = NOTHING_KNOWN
