# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A workbench for one simulated PC: a fleet of one, a clock that stands still, and calls by short name."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lab.clock import VirtualClock
from lab.device.assembly import assemble
from lab.device.pc import SimulatedPC
from lab.endpoint import ModuleCall
from lab.fleet import parse
from lab.truth import Truth, What

MONDAY = "2026-11-23 16:00"


@dataclass(slots=True)
class Bench:
    """The PC, its clock and its truth."""

    pc: SimulatedPC
    clock: VirtualClock
    truth: Truth
    scans: int = 0

    def call(self, module: str, check_mode: bool = False, **arguments: Any) -> dict[str, Any]:
        """Run a module and return its JSON."""
        reply = asyncio.run(self.pc.run(ModuleCall(module, arguments, check_mode)))
        return json.loads(reply.stdout)  # type: ignore[no-any-return]

    def scan(self) -> dict[str, Any]:
        """Search, wait for it, and return what came out."""
        self.scans += 1
        return self.call("nightshift.fleet.win_patch_scan", wait=True, max_age=0, job_id=f"scan-{self.scans}")

    def missing(self) -> dict[str, str]:
        """Search and return id by KB."""
        return {u["kbs"][0]: u["id"] for u in self.scan()["missing"] if u["kbs"]}

    def install(self, *ids: str, job: str = "job-1", **arguments: Any) -> dict[str, Any]:
        """Start an installation."""
        return self.call("nightshift.fleet.win_patch_apply", updates=list(ids), job_id=job, **arguments)

    def jobs(self) -> dict[str, dict[str, Any]]:
        """Return the jobs on the device by id."""
        jobs = self.call("nightshift.fleet.win_patch_scan", search="never")["jobs"]
        return {job["id"]: job for job in jobs}

    def happened(self, what: What) -> list[datetime]:
        """Return the instants at which something happened."""
        self.pc.settle()
        return [h.at for h in self.truth.happenings(what=what)]


def bench(catalogue: dict[str, Any] | None = None, device_class: str = "desktop", **device: Any) -> Bench:
    """Set up a PC: Windows 11 24H2, patched in December 2025, with Office 2016, unless ``device`` says otherwise."""
    usual = {"name": "pc-01", "class": device_class, "patched_until": "2025-12-20", "features": ["office2016"]}
    fleet = parse(
        {"start": MONDAY, "zone": "UTC", "catalogue": catalogue or {}, "devices": [{**usual, **device}]}, "bench.yml"
    )
    clock, truth = VirtualClock(fleet.start), Truth()
    return Bench(assemble(fleet.devices[0], fleet, clock, truth, "127.0.0.1", "nightshift", "secret"), clock, truth)
