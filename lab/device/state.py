# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a simulated PC is and remembers. Instants are the lab's; the device's own clock may differ (``skew``)."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from enum import Enum

from ..catalogue.release import Release


class JobKind(str, Enum):
    """What a device job does."""

    SCAN = "scan"
    INSTALL = "install"
    DOWNLOAD = "download"
    UNINSTALL = "uninstall"


class JobState(str, Enum):
    """How a device job stands."""

    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


class Outcome(str, Enum):
    """How one update of a job ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    NOT_STARTED = "not_started"
    NOT_APPLICABLE = "not_applicable"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class Result:
    """One update of a job that has ended. ``error_class`` and ``error_text`` override the error table's."""

    id: str
    title: str
    outcome: Outcome
    result_code: int = 0
    hresult: int = 0
    restart_required: bool = False
    started_at: datetime | None = None
    finished_at: datetime | None = None
    error_class: str | None = None
    error_text: str | None = None
    exit_code: int | None = None  # of a package manager's program


@dataclass(slots=True)
class Job:
    """A job on the device. ``done``: how many had ended when it was interrupted (None: as many as have results)."""

    id: str
    kind: JobKind
    state: JobState
    started_at: datetime
    updates: tuple[str, ...] = ()
    deadline: datetime | None = None
    expected: timedelta = timedelta(0)
    accept_eula: bool = True
    finished_at: datetime | None = None
    current: str = ""
    current_since: datetime | None = None
    results: list[Result] = field(default_factory=list)
    error: str = ""
    done: int | None = None
    providers: tuple[str, ...] = ()  # asked besides WUA by a search


@dataclass(frozen=True, slots=True)
class Source:
    """Where updates come from."""

    kind: str = "windows_update"
    name: str = "Windows Update"
    server: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """An update in a scan: what it is, and whether it was downloaded then."""

    release: Release
    downloaded: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """What a search saw."""

    missing: tuple[Offer, ...] = ()
    installed: tuple[Release, ...] = ()


@dataclass(frozen=True, slots=True)
class ProviderPart:
    """How a package manager's part of a search went. ``held``: packages that a pin keeps back."""

    provider: str
    version: str = ""
    error: str = ""
    held: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LastScan:
    """The last search that ended. ``found`` is that of the last one that did not throw."""

    id: str
    finished_at: datetime
    found: Found
    result_code: int = 2
    trust: str = "trusted"
    warnings: tuple[str, ...] = ()
    error: str = ""
    source: Source = Source()
    providers: tuple[ProviderPart, ...] = ()


@dataclass(frozen=True, slots=True)
class Session:
    """A logged-on user. ``idle_seconds`` None: the device cannot tell."""

    name: str
    idle_seconds: int | None = None
    active: bool = True


@dataclass(frozen=True, slots=True)
class Program:
    """An entry of the uninstall keys. ``scope``: machine, machine32, or user: and a SID."""

    name: str
    version: str = ""
    publisher: str = ""
    scope: str = "machine"


@dataclass(slots=True)
class PendingRestart:
    """Every source that asks for a restart, by the protocol's names."""

    wua: bool = False
    cbs: bool = False
    windows_update: bool = False
    file_rename: bool = False
    computer_rename: bool = False
    servicing: bool = False

    @property
    def required(self) -> bool:
        """Whether a source that counts asks for one (protocol, pending_restart)."""
        return self.wua or self.cbs or self.windows_update

    def sources(self) -> dict[str, bool]:
        """Return all of them by name."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class ScheduledRestart:
    """A restart with a countdown: ours, or somebody else's."""

    at: datetime
    ours: bool
    message: str = ""


@dataclass(slots=True)
class Computer:
    """The PC as a thing, in the words of the protocol's ``device``."""

    computer_name: str
    boot_time: datetime
    domain: str = "help.example"
    edition: str = "Professional"
    version: str = "24H2"
    build: int = 26100
    ubr: int = 7171
    chassis: str = "desktop"
    manufacturer: str = "Contoso"
    model: str = "Desk 5"
    power: str = "ac"
    battery_percent: int | None = None
    free_bytes: int = 120_000_000_000
