# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the device modules answer, as frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from ..planner.model import ErrorClass, Job, LoggedOnUser, Observation, Outcome, ScanTrust, Update

# Only these decide whether a restart is pending; the others are shown (field notes, pain 14).
DECIDING_SOURCES = ("wua", "cbs", "windows_update")


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """What the device is. ``facts``: the texts and numbers that decide nothing, for people."""

    computer_name: str
    boot_time: datetime | None
    on_battery: bool | None
    free_bytes: int | None
    users: tuple[LoggedOnUser, ...]
    facts: Mapping[str, str | int | None]


@dataclass(frozen=True, slots=True)
class ScanStatus:
    """The last finished search. ``id`` is "" on a device that was never searched."""

    id: str
    finished_at: datetime | None
    trust: ScanTrust
    result_code: int | None = None
    warnings: tuple[str, ...] = ()
    source: Mapping[str, str] = field(default_factory=dict)
    running: bool = False
    error: str = ""


@dataclass(frozen=True, slots=True)
class PendingRestart:
    """Every source that asks for a restart, by name; ``deciding`` are those that count."""

    required: bool
    sources: tuple[str, ...] = ()

    @property
    def deciding(self) -> tuple[str, ...]:
        """The sources that make a restart pending; empty when none is."""
        return tuple(name for name in self.sources if name in DECIDING_SOURCES) if self.required else ()


@dataclass(frozen=True, slots=True)
class RestartStatus:
    """The restart that is scheduled on the device, if any, and whose it is."""

    scheduled_at: datetime | None = None
    ours: bool = False
    foreign: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """How one update of a job ended."""

    update_id: str
    outcome: Outcome
    title: str = ""
    result_code: int | None = None
    hresult: int = 0
    error_name: str = ""
    error_text: str = ""
    error_class: ErrorClass | None = None
    restart_required: bool = False
    started_at: datetime | None = None
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a running job is. ``current``: the update at work, or ""."""

    done: int = 0
    total: int = 0
    current: str = ""


@dataclass(frozen=True, slots=True)
class JobReport:
    """A job as the device reports it, with one result for each update that has ended."""

    job: Job
    finished_at: datetime | None = None
    progress: Progress = Progress()
    results: tuple[Result, ...] = ()
    error: str = ""


@dataclass(frozen=True, slots=True)
class Program:
    """Software as the device lists it. ``scope``: machine, machine32 (the 32-bit view) or user:<SID>."""

    name: str
    version: str = ""
    publisher: str = ""
    scope: str = "machine"


@dataclass(frozen=True, slots=True)
class SoftwareList:
    """What is installed on the device; ``items`` None: the caller knew the digest."""

    digest: str
    items: tuple[Program, ...] | None = None


@dataclass(frozen=True, slots=True)
class ScanReport:
    """Answer of ``win_patch_scan``.

    ``missing`` and ``installed`` are None when they were not sent: the caller knew
    the scan already (``unchanged``), or did not ask for them.
    """

    facts: DeviceFacts
    scan: ScanStatus
    pending_restart: PendingRestart
    restart: RestartStatus
    time: datetime | None = None
    missing: tuple[Update, ...] | None = None
    installed: tuple[Update, ...] | None = None
    unchanged: bool = False
    jobs: tuple[JobReport, ...] = ()
    started_job: str = ""
    changed: bool = False
    software: SoftwareList | None = None

    def observation(self, at: datetime) -> Observation:
        """What the planner reads of it; ``at``: the controller's instant of the contact."""
        return Observation(
            at=at,
            boot_time=self.facts.boot_time,
            pending_restart=self.pending_restart.deciding,
            users=self.facts.users,
            on_battery=self.facts.on_battery,
            free_bytes=self.facts.free_bytes,
            restart_scheduled_at=self.restart.scheduled_at if self.restart.ours else None,
            foreign_restart=self.restart.foreign,
        )


class UpdateAction(str, Enum):
    """What ``win_patch_apply`` did about one update."""

    STARTED = "started"
    WOULD_START = "would_start"
    ALREADY = "already"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ApplyReport:
    """Answer of ``win_patch_apply``. ``busy``: ``job`` is another job of ours, which is running."""

    changed: bool
    busy: bool
    job: JobReport | None
    updates: tuple[tuple[str, UpdateAction], ...]
    message: str


@dataclass(frozen=True, slots=True)
class RestartReport:
    """Answer of ``win_patch_restart``. ``told``: sessions that got the message."""

    changed: bool
    restart: RestartStatus
    pending_restart: PendingRestart
    told: int
    boot_time: datetime | None
    message: str
