# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A PC of the help desk, reduced to what the planner can see, with the planner as its controller.

Every ``TICK`` the patrol comes by. A PC that is on ends its job, is planned, and does as the plan says.
``history`` records what really happened, for checks that do not ask the planner.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import (
    Attempt,
    Device,
    DeviceState,
    Job,
    JobKind,
    JobState,
    Observation,
    Outcome,
    Scan,
    Update,
    UpdateState,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.plan import Action, plan
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.policy import Policy

TICK = timedelta(minutes=20)
SCAN_TAKES = timedelta(minutes=5)
INSTALL_TAKES = timedelta(minutes=20)


@dataclass
class History:
    """Ground truth: who did what when."""

    scans: list[datetime] = field(default_factory=list)
    starts: list[tuple[datetime, str]] = field(default_factory=list)
    installed: list[str] = field(default_factory=list)
    tickets: list[str] = field(default_factory=list)
    serves: list[tuple[datetime, datetime]] = field(default_factory=list)
    restarts: list[datetime] = field(default_factory=list)
    power_ons: list[datetime] = field(default_factory=list)


class SimulatedPc:
    """``catalogue``: update and the instant from which it is missing; ``failing``: how often each fails first."""

    def __init__(
        self,
        policy: Policy,
        born: datetime,
        catalogue: Sequence[tuple[datetime, Update]],
        failing: Mapping[str, int],
        is_on: Callable[[datetime], bool],
    ) -> None:
        self.policy, self.catalogue, self.is_on = policy, catalogue, is_on
        self.failing = dict(failing)
        self.device = Device("pc-sim")
        self.state = DeviceState(known_since=born)
        self.history = History()
        self.boot: datetime | None = None
        self.pending = False
        self.job: Job | None = None
        self.progress: list[str] = []

    def run(self, start: datetime, end: datetime) -> None:
        now = start
        while now < end:
            self._tick(now)
            now += TICK

    def _tick(self, now: datetime) -> None:
        if not self.is_on(now):
            self._power_off(now)
            return
        if self.boot is None:
            self.boot = now
            self.history.power_ons.append(now)
        self._work(now)
        pending = ("wua",) if self.pending else ()
        self._remember(
            observation=Observation(at=now, boot_time=self.boot, pending_restart=pending, on_battery=False),
            jobs=(self.job,) if self.job else (),
        )
        result = plan(self.device, self.policy, self.state, now)
        if result.serves is not None:
            self.history.serves.append((now, result.serves))
            self._remember(served_until=result.serves)
        for one in result.decisions:
            self._act(one.action, one.updates, one.deadline, now)

    def _act(self, action: Action, updates: tuple[str, ...], deadline: datetime | None, now: datetime) -> None:
        if action is Action.SCAN:
            self.job = Job("scan", JobKind.SCAN, JobState.RUNNING, started_at=now)
        elif action is Action.INSTALL:
            self.job = Job("install", JobKind.INSTALL, JobState.RUNNING, updates, started_at=now, deadline=deadline)
            self.progress = []
        elif action is Action.TICKET:
            (name,) = updates
            self.history.tickets.append(name)
            self._remember_update(name, ticket_open=True, ticketed_at=now)
        elif action is Action.RESTART:
            self.history.restarts.append(now)
            self._power_off(now)

    def _work(self, now: datetime) -> None:
        """Let the running job get as far as it is at ``now``."""
        job = self.job
        if job is None or job.started_at is None:
            return
        if job.kind is JobKind.SCAN:
            ended = job.started_at + SCAN_TAKES
            if ended <= now:
                self.job = None
                self.history.scans.append(ended)
                missing = tuple(
                    u for since, u in self.catalogue if since <= ended and u.id not in self.history.installed
                )
                self._remember(scan=Scan(f"scan-{ended}", ended), missing=missing)
            return
        for number, name in enumerate(job.updates):
            begins = job.started_at + number * INSTALL_TAKES
            if name in self.progress or begins + INSTALL_TAKES > now:
                continue
            self.progress.append(name)
            if job.deadline is not None and begins >= job.deadline:
                self._attempt(name, begins, Outcome.NOT_STARTED)
                continue
            self.history.starts.append((begins, name))
            if self.failing.get(name, 0) > 0:
                self.failing[name] -= 1
                self._attempt(name, begins + INSTALL_TAKES, Outcome.FAILED)
            else:
                self.history.installed.append(name)
                self.pending = True
                self._attempt(name, begins + INSTALL_TAKES, Outcome.SUCCEEDED)
        if len(self.progress) == len(job.updates):
            self.job = None

    def _power_off(self, now: datetime) -> None:
        job = self.job
        if job is not None and job.kind is JobKind.INSTALL:
            self._work(now)
            if self.job is not None:
                current = job.updates[len(self.progress)]
                self.history.starts.append((now, current))
                self._attempt(current, now, Outcome.INTERRUPTED)
        self.job, self.boot, self.pending = None, None, False

    def _attempt(self, name: str, when: datetime, outcome: Outcome) -> None:
        known = self.state.updates.get(name, UpdateState())
        self._remember_update(name, attempts=(*known.attempts, Attempt(name, "install", when, outcome)))

    def _remember_update(self, name: str, **changes: object) -> None:
        known = self.state.updates.get(name, UpdateState())
        self._remember(updates={**self.state.updates, name: replace(known, **changes)})

    def _remember(self, **changes: object) -> None:
        self.state = replace(self.state, **changes)
