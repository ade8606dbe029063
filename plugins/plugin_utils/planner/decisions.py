# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The values that the planner returns: verdicts on updates, decisions about the device, the plan of both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum

from .model import Severity, SeveritySource, Update
from .reasons import Reason


class Action(str, Enum):
    """What a patrol does to a device."""

    SCAN = "scan"
    INSTALL = "install"
    UNINSTALL = "uninstall"
    REMIND = "remind"
    RESTART = "restart"
    CANCEL_RESTART = "cancel_restart"
    TICKET = "ticket"
    NOTHING = "nothing"


class Disposition(str, Enum):
    """The verdict on one update."""

    INSTALL = "install"
    WAIT = "wait"
    IGNORE = "ignore"
    PARKED = "parked"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What happens to one update on one device, and why.

    ``until``: when the answer can change by time alone (UTC). ``None``: it changes when something
    happens instead, such as a scan, a restart, the end of a job, or a person's decision.
    ``owed``: the device is not served for its window while this stands.
    ``priority`` (1 is the most urgent), ``due`` (UTC) and ``urgency`` (both in words): where the policy has priorities.
    """

    update: Update
    disposition: Disposition
    reason: Reason
    severity: Severity
    severity_source: SeveritySource
    detail: Mapping[str, str] = field(default_factory=dict)
    until: datetime | None = None
    owed: bool = False
    priority: int | None = None
    due: datetime | None = None
    urgency: str = ""

    @property
    def text(self) -> str:
        """The reason in words, filled in."""
        return self.reason.words(self.detail)


@dataclass(frozen=True, slots=True)
class Decision:
    """One thing to do.

    ``updates``: what to INSTALL or UNINSTALL, in this order, or the subject of a TICKET (none: the device's scans).
    ``deadline``: for INSTALL, no update starts at or after it (UTC; ``None``: no limit).
    ``needs``: for INSTALL, no update starts when less than this is left before the deadline.
    ``countdown``: for RESTART, the warning that people get before it.
    ``only_unused``: for RESTART, the device looks once more, and does not restart when somebody has logged on.
    ``notice``: for RESTART and REMIND, what people are told beside the policy's message.
    A NOTHING does nothing: it says why.
    """

    action: Action
    reason: Reason
    detail: Mapping[str, str] = field(default_factory=dict)
    updates: tuple[str, ...] = ()
    deadline: datetime | None = None
    countdown: timedelta | None = None
    only_unused: bool = False
    needs: timedelta = timedelta(0)
    notice: str = ""

    @property
    def text(self) -> str:
        """The reason in words, filled in."""
        return self.reason.words(self.detail)


@dataclass(frozen=True, slots=True)
class Plan:
    """All that is decided about a device at ``now``. All instants are in UTC.

    ``next_at``: the first instant at which the answer can change by itself.
    ``serves``: record as ``DeviceState.served_until`` - the device is served for every
    window that opened at or before it. ``None``: leave as it is.
    ``postpones``: record it - in the window that opened then a restart was put off because someone worked.
    ``settled``: nothing to do now and no job of ours running.
    """

    device: str
    now: datetime
    decisions: tuple[Decision, ...]
    verdicts: tuple[Verdict, ...]
    next_at: datetime | None
    serves: datetime | None
    settled: bool
    postpones: datetime | None = None
