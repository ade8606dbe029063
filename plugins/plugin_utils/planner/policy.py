# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A policy as the planner reads it: already validated, merged and typed.

The loader (``plugin_utils/policy``) turns the YAML of ``nightshift_policy`` into
these values and refuses what is wrong; nothing here can be half right.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from zoneinfo import ZoneInfo

from .approval import NO_VETTING, ApprovalPolicy
from .calendar import Window
from .model import Severity
from .priority import PriorityPolicy
from .rings import Ring
from .vendors import NO_VENDORS, VendorPolicy


class RestartAfterInstall(str, Enum):
    """Which pending installs may cause an automatic restart (campus 3 and 4, helpdesk 5, msp 3)."""

    NEVER = "never"
    CRITICAL = "critical"
    ALWAYS = "always"


class InstallOrder(str, Enum):
    """Which of the updates that fit into a window comes first."""

    SEVERITY = "severity"  # the most severe, then the oldest: what matters most is done if the night ends early
    SHORTEST = "shortest"  # the shortest: as many as possible are done if the night ends early


class WithUsers(str, Enum):
    """What a permitted restart does when someone is logged on."""

    DEFER = "defer"
    WARN = "warn"
    PROCEED = "proceed"


@dataclass(frozen=True, slots=True)
class SeverityPolicy:
    """Which severities are installed, and how an effective severity is found.

    ``infer`` maps a WUA category name to a rating for updates without one;
    ``overrides`` maps a KB (``KB5068861``) or an update id to a rating.
    """

    install: frozenset[Severity]
    infer: Mapping[str, Severity]
    overrides: Mapping[str, Severity] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ScanPolicy:
    """How often a device is searched; ``retry`` is the wait after a search that failed."""

    every: timedelta
    retry: timedelta


@dataclass(frozen=True, slots=True)
class InstallPolicy:
    """When updates are installed.

    An empty ``windows`` means never, unless ``any_time`` says so explicitly
    (ConfigMgr's silent "no window = any time" is a known trap).
    ``catch_up``: a device that was off in its window is served later on the day
    it is seen again, ``catch_up_delay`` after that day's scan (helpdesk 4).
    ``default_minutes``: what one update is expected to take, ``restart_minutes`` what a restart is.
    ``fit``: an update that cannot be expected to end in the window, with its restart, does not start (msp 3).
    ``scan_max_age``: a search older than this is repeated before anything is installed.
    """

    windows: tuple[Window, ...]
    any_time: bool
    catch_up: bool
    catch_up_delay: timedelta
    default_minutes: int
    fit: bool
    scan_max_age: timedelta
    min_free_bytes: int
    on_battery: bool
    restart_minutes: int = 0
    order: InstallOrder = InstallOrder.SEVERITY


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """``attempts`` failures park an update and raise one ticket (helpdesk 6).

    ``delay`` is the least time between a failure and the next try.
    ``interruptions``: as many interrupted attempts as this count as one failure.
    """

    attempts: int
    delay: timedelta
    interruptions: int


@dataclass(frozen=True, slots=True)
class AlwaysOnPolicy:
    """A computer that is kept on is restarted at least every ``every``, inside ``windows`` (helpdesk 5)."""

    every: timedelta
    windows: tuple[Window, ...]


@dataclass(frozen=True, slots=True)
class RemindPolicy:
    """Inside ``windows``, once a day, users of a device with a pending restart are told (helpdesk 5)."""

    windows: tuple[Window, ...]
    message: str


@dataclass(frozen=True, slots=True)
class RestartPolicy:
    """When a device may be restarted, and how its users are treated.

    ``deadline`` and ``grace``: people put a restart off until both are over (None: without end), counted from when
    its updates were first theirs to install, and from when the restart was first pending. ``deadline_message`` tells
    them so; it may hold ``{deadline}`` and ``{postponed}``. ``overrides_windows``: after that, at any time of day.
    ``attempts``: so many restarts in a row that leave a restart pending need a person.
    """

    after_install: RestartAfterInstall
    windows: tuple[Window, ...]
    users: WithUsers
    countdown: timedelta
    message: str
    always_on: AlwaysOnPolicy | None = None
    remind: RemindPolicy | None = None
    deadline: timedelta | None = None
    grace: timedelta = timedelta(days=2)
    deadline_message: str = ""
    overrides_windows: bool = False
    attempts: int = 2


@dataclass(frozen=True, slots=True)
class Policy:
    """One device's policy. ``managed`` false: never contacted at all (campus 1)."""

    zone: ZoneInfo
    managed: bool
    severity: SeverityPolicy
    scan: ScanPolicy
    install: InstallPolicy
    retry: RetryPolicy
    restart: RestartPolicy
    declined: frozenset[str] = frozenset()  # KBs or update ids nobody wants
    approval: ApprovalPolicy = NO_VETTING
    priority: PriorityPolicy | None = None
    rings: tuple[Ring, ...] = ()  # in the order in which they open; none: every device at once
    manual: bool = False  # a person installs what is missing (enterprise 6)
    tasks: bool = False  # what cannot be automated becomes a manual task
    vendors: VendorPolicy = NO_VENDORS
