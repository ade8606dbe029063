# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A tiny device that keeps the promises of docs/device-protocol.md, and what it answers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from ansible_collections.nightshift.fleet.plugins.plugin_utils.device import ScanReport, parse_scan

NOW = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
PC = "pc-017"


def instant(moment: datetime | None) -> str | None:
    """As the protocol writes it."""
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def update(identity: str, **changes: Any) -> dict[str, Any]:
    """An update record."""
    return {"id": identity, "revision": 1, "title": f"Update {identity}", "severity": "Important", **changes}


def result(identity: str, outcome: str = "succeeded", **changes: Any) -> dict[str, Any]:
    """The result of one update."""
    return {"id": identity, "outcome": outcome, "hresult": 0 if outcome == "succeeded" else 0x80240022, **changes}


def job(identity: str, state: str = "finished", kind: str = "install", **changes: Any) -> dict[str, Any]:
    """A job record."""
    return {"id": identity, "state": state, "kind": kind, "updates": [], "results": [], **changes}


def answer(
    scan: str = "",
    finished: datetime | None = None,
    trust: str = "trusted",
    missing: Iterable[str | dict[str, Any]] | None = None,
    installed: Iterable[str | dict[str, Any]] | None = None,
    jobs: Iterable[dict[str, Any]] = (),
    **changes: Any,
) -> dict[str, Any]:
    """An answer of win_patch_scan."""
    found: dict[str, Any] = {
        "device": {"computer_name": "PC-017", "boot_time": instant(NOW - 8 * HOUR), "power": "ac", "users": []},
        "scan": {"id": scan, "finished_at": instant(finished), "trust": trust if scan else "unknown"},
        "pending_restart": {"required": False, "sources": {}},
        "restart": {},
        "jobs": list(jobs),
        "time": instant(NOW),
    }
    for key, values in (("missing", missing), ("installed", installed)):
        if values is not None:
            found[key] = [update(value) if isinstance(value, str) else value for value in values]
    return {**found, **changes}


def report(*args: Any, **changes: Any) -> ScanReport:
    """The same, parsed."""
    return parse_scan(answer(*args, **changes))


class TinyDevice:
    """Starts a job id once, keeps its result until it is acknowledged, and counts what it installed."""

    def __init__(self) -> None:
        self.jobs: dict[str, dict[str, Any]] = {}
        self.installed: list[str] = []

    def apply(self, job_id: str, updates: Iterable[str], now: datetime) -> None:
        """win_patch_apply."""
        if job_id not in self.jobs:
            self.jobs[job_id] = job(job_id, "running", updates=list(updates), started_at=instant(now))

    def work(self, now: datetime) -> None:
        """Time passes: running jobs end."""
        for running in self.jobs.values():
            if running["state"] == "running":
                self.installed += running["updates"]
                running["state"] = "finished"
                running["finished_at"] = instant(now)
                running["results"] = [result(one, finished_at=instant(now)) for one in running["updates"]]

    def scan(self, acknowledge: Iterable[str] = ()) -> ScanReport:
        """win_patch_scan."""
        for identity in acknowledge:
            if self.jobs.get(identity, {}).get("state") != "running":
                self.jobs.pop(identity, None)
        missing = [one for one in ("one", "two") if one not in self.installed]
        return report(
            f"scan-{len(missing)}", NOW - HOUR + len(self.installed) * MINUTE, missing=missing, jobs=self.jobs.values()
        )
