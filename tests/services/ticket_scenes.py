# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A ledger with devices on which an update fails, and runs that deliver what it says."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ansible_collections.nightshift.fleet.plugins.plugin_utils.device.report import (
    DeviceFacts,
    JobReport,
    PendingRestart,
    RestartStatus,
    Result,
    ScanReport,
    ScanStatus,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import (
    Holder,
    Ledger,
    Signal,
    Ticket,
    open_ledger,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import (
    Device,
    Job,
    JobKind,
    JobState,
    Outcome,
    ScanTrust,
    Update,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.tickets.reading import read_destination
from ansible_collections.nightshift.fleet.plugins.plugin_utils.tickets.routes import Routes
from ansible_collections.nightshift.fleet.plugins.plugin_utils.tickets.run import Delivery, deliver

NOW = datetime(2026, 11, 23, 16, 5, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
KB = Update("kb-1", title="2026-11 Cumulative Update (KB5068861)", kbs=("KB5068861",))
DEVICES = [f"pc-{number:03}" for number in range(12)]
_patrols = itertools.count(1)


@dataclass
class Scene:
    """A ledger, and the instant that its next run goes by."""

    url: str
    ledger: Ledger
    now: datetime = NOW
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def later(self, minutes: float) -> None:
        """Let time pass."""
        self.now += timedelta(minutes=minutes)

    def fails(self, device: str, hresult: int = 0x80240022) -> Ticket:
        """An install fails on the device; its ticket is raised, or stands."""
        number = next(self.numbers)
        job = Job(f"install-{number}", JobKind.INSTALL, JobState.FINISHED, (KB.id,), self.now)
        result = Result(
            KB.id,
            Outcome.FAILED,
            title=KB.title,
            hresult=hresult,
            error_name="WU_E_ALL_UPDATES_FAILED",
            error_text="Operation failed for all the updates.",
            finished_at=self.now,
        )
        with self.ledger.begin() as tx:
            tx.record_report(device, self.report(number, (KB,)), self.now)
            tx.record_job(device, JobReport(job, self.now, results=(result,)), self.now)
            return tx.raise_ticket(
                device,
                Signal.UPDATE_FAILED,
                f"{device}: KB5068861: failed twice",
                KB.id,
                {"device": device, "where": ["Physics", "R 2.17"], "reason": "failed twice"},
                self.now,
            )

    def report(self, number: int, missing: tuple[Update, ...]) -> ScanReport:
        """A report of a search that ended now."""
        return ScanReport(
            facts=DeviceFacts("pc", self.now, None, 12_300_000_000, (), {}),
            scan=replace(
                ScanStatus(f"scan-{number}", self.now, ScanTrust.TRUSTED), source={"server": "Windows Update"}
            ),
            pending_restart=PendingRestart(required=False),
            restart=RestartStatus(),
            missing=missing,
            installed=(),
            jobs=(),
        )

    def closes(self, ticket: Ticket, why: str = "a later search no longer finds it missing") -> None:
        """The trouble is gone."""
        with self.ledger.begin() as tx:
            tx.close_ticket(ticket.id, self.now, why)

    def open_tickets(self) -> list[str | None]:
        """The devices whose tickets are open."""
        with self.ledger.read() as reader:
            return [ticket.device for ticket in reader.open_tickets()]

    def routes(self, variable: Mapping[str, Any]) -> Routes:
        """All devices, and the fleet, to one destination."""
        destination = read_destination(variable, "group_vars/all.yml")
        return Routes(dict.fromkeys(DEVICES, destination), destination)

    def deliver(self, variable: Mapping[str, Any], **options: Any) -> Delivery:
        """The delivery at the end of a run."""
        holder = Holder.here(f"patrol-{next(_patrols)}")
        return deliver(self.ledger, self.routes(variable), holder, self.now, **options)


def new_scene(folder: Path) -> Scene:
    """A ledger that knows the devices."""
    url = f"sqlite:///{folder / 'ledger.sqlite'}"
    ledger = open_ledger(url)
    with ledger.begin() as tx:
        tx.enrol([Device(name) for name in DEVICES], NOW)
    return Scene(url, ledger)
