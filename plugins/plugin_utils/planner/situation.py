# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Everything that the rules look at, gathered once per plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from .attempts import UNTRIED, Standing
from .decisions import Decision
from .local_time import words
from .model import Device, DeviceState, Job, JobKind, LoggedOnUser, Severity, SeveritySource, Update
from .occasions import Occasion
from .policy import Policy


@dataclass(frozen=True, slots=True)
class Situation:
    """A device, its policy and what is known of it, at one instant (``now``, UTC).

    ``severities`` has every missing update, by id; ``standings`` those that were tried.
    """

    device: Device
    policy: Policy
    state: DeviceState
    now: datetime
    occasion: Occasion
    severities: Mapping[str, tuple[Severity, SeveritySource]]
    standings: Mapping[str, Standing]

    @property
    def active_jobs(self) -> tuple[Job, ...]:
        """Our jobs that own the device now."""
        return tuple(job for job in self.state.jobs if job.active)

    @property
    def changing_jobs(self) -> tuple[Job, ...]:
        """The active jobs that change the device and must not be cut off."""
        return tuple(job for job in self.active_jobs if job.kind in (JobKind.INSTALL, JobKind.UNINSTALL))

    @property
    def restart_at(self) -> datetime | None:
        """When the restart that we scheduled comes; None when there is none ahead."""
        seen = self.state.observation
        at = seen.restart_scheduled_at if seen else None
        return at if at is not None and at > self.now else None

    @property
    def people(self) -> tuple[LoggedOnUser, ...]:
        """Who works at the device. A disconnected session is nobody's."""
        seen = self.state.observation
        return tuple(user for user in seen.users if user.active) if seen else ()

    @property
    def awaiting_restart(self) -> tuple[Update, ...]:
        """What asked for a restart when it was installed, whether the last scan lists it or not."""
        waiting = {update.id: update for update in self.state.awaiting_restart}
        done = {one: attempt for one in self.state.missing if (attempt := self.standing(one.id).unfinished) is not None}
        waiting |= {one.id: one for one, attempt in done.items() if attempt.restart_required}
        return tuple(waiting.values())

    def standing(self, update_id: str) -> Standing:
        """Return where an update stands."""
        return self.standings.get(update_id, UNTRIED)

    def local(self, moment: datetime) -> str:
        """Return ``moment`` in words, in the policy's zone."""
        return words(moment, self.policy.zone)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What one room decides, and the instants at which it may decide otherwise (UTC, past ones allowed).

    ``postpones``: see :class:`Plan`.
    """

    decisions: tuple[Decision, ...] = ()
    instants: tuple[datetime, ...] = ()
    postpones: datetime | None = None
