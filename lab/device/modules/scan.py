# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""nightshift.fleet.win_patch_scan, as docs/device-protocol.md has it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import uuid4

from .. import forms
from ..arguments import Option
from ..pc import SimulatedPC
from ..state import JobKind, JobState
from .outcome import ModuleFailure

SOURCES = ("default", "managed_server", "windows_update", "microsoft_update", "offline")
SPEC = {
    "max_age": Option("int", 86400),
    "search": Option(default="if_older", choices=("if_older", "never")),
    "wait": Option("bool", False),
    "wait_timeout": Option("int", 1800),
    "source": Option(default="default", choices=SOURCES),
    "offline_cab": Option("path"),
    "known_scan": Option(),
    "installed": Option("bool", True),
    "acknowledge": Option("list", [], elements="str"),
    "job_id": Option(),
}


async def run(pc: SimulatedPC, params: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    """Acknowledge, search when due, wait when asked, and tell all."""
    check_source(params)
    settled = [j for j in pc.jobs if j.id in params["acknowledge"] and j.state is not JobState.RUNNING]
    due = _due(pc, params)
    started = ""
    if not check_mode:
        pc.jobs = [job for job in pc.jobs if job not in settled]
        if due:
            started = pc.start_search(params["job_id"] or str(uuid4())).id
    if params["wait"] and not check_mode:
        await _wait(pc, params["wait_timeout"])
    return _told(pc, params, bool(settled) or due, started)


def check_source(params: Mapping[str, Any]) -> None:
    """Refuse an offline source without its file."""
    if params["source"] == "offline" and not params["offline_cab"]:
        raise ModuleFailure("source is offline but all of the following are missing: offline_cab")


def _due(pc: SimulatedPC, params: Mapping[str, Any]) -> bool:
    if params["search"] == "never" or pc.running(*JobKind) is not None:
        return False
    if params["job_id"] and pc.job(params["job_id"]) is not None:
        return False
    scan = pc.last_scan
    return scan is None or pc.at - scan.finished_at >= timedelta(seconds=params["max_age"])


async def _wait(pc: SimulatedPC, timeout: int) -> None:
    ends = pc.at + timedelta(seconds=timeout)
    while (job := pc.running(JobKind.SCAN)) is not None and pc.at < ends:
        await pc.wait(min(ends, pc.work_ends(job) or ends))


def _told(pc: SimulatedPC, params: Mapping[str, Any], changed: bool, started: str) -> dict[str, Any]:
    scan = pc.last_scan
    told: dict[str, Any] = {
        "changed": changed,
        "device": forms.device(pc),
        "scan": _scan(pc),
        "pending_restart": forms.pending_restart(pc),
        "restart": forms.restart(pc),
        "jobs": [forms.job(pc, job) for job in pc.jobs],
        "started_job": started,
        "time": forms.instant(pc, pc.at),
    }
    if scan is not None and scan.id == params["known_scan"]:
        told["unchanged"] = True
        return told
    told["missing"] = [forms.update(offer) for offer in scan.found.missing] if scan else []
    if params["installed"]:
        told["installed"] = [forms.installed(release) for release in scan.found.installed] if scan else []
    return told


def _scan(pc: SimulatedPC) -> dict[str, Any]:
    scan = pc.last_scan
    source = scan.source if scan is not None else pc.source
    return {
        "id": scan.id if scan else "",
        "finished_at": forms.instant(pc, scan.finished_at) if scan else None,
        "age_seconds": int((pc.at - scan.finished_at).total_seconds()) if scan else None,
        "result_code": scan.result_code if scan else 0,
        "trust": scan.trust if scan else "unknown",
        "warnings": list(scan.warnings) if scan else [],
        "source": {"kind": source.kind, "name": source.name, "server": source.server},
        "running": pc.running(JobKind.SCAN) is not None,
        "error": scan.error if scan else "",
    }
