# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""nightshift.fleet.win_patch_scan, as docs/device-protocol.md has it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import uuid4

from .. import forms
from ..arguments import Option
from ..pc import SimulatedPC
from ..state import Job, JobKind, JobState, Source
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
    "known_software": Option(),
    "providers": Option("list", ["windows_update"], choices=("windows_update", "winget", "chocolatey"), elements="str"),
    "software": Option("bool", False),
    "installed": Option("bool", True),
    "acknowledge": Option("list", elements="str"),
    "job_id": Option(),
}
_JOB_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_CLOCK_LEEWAY = timedelta(seconds=60)


async def run(pc: SimulatedPC, params: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    """Acknowledge, search when due, wait when asked, and tell all."""
    check_source(params)
    job_id = checked_job_id(params["job_id"])
    due = _due(pc, params)
    changed = settle(pc, params, check_mode)
    started = ""
    if check_mode:
        changed = changed or due
    else:
        if due and pc.jobs.get(job_id) is None:
            others = tuple(one for one in params["providers"] if one != "windows_update")
            started = pc.jobs.start(Job(job_id, JobKind.SCAN, JobState.RUNNING, pc.at, providers=others)).id
            changed = True
    if params["wait"]:
        await _wait(pc, params["wait_timeout"])
    return told(pc, params, changed, started)


def settle(pc: SimulatedPC, params: Mapping[str, Any], check_mode: bool) -> bool:
    """Forget the acknowledged jobs that have ended; return whether there was one."""
    settled = [j for j in pc.jobs if j.id in (params["acknowledge"] or ()) and j.state is not JobState.RUNNING]
    for job in () if check_mode else settled:
        pc.jobs.forget(job)
    return bool(settled)


def checked_job_id(given: str | None) -> str:
    """Return the id of a job to start; a new one where none is given. Raises ModuleFailure."""
    job_id = given or str(uuid4())
    if not _JOB_ID.fullmatch(job_id):
        raise ModuleFailure(
            f"job_id: '{job_id}' cannot name a job; use up to 64 letters, digits, '-' and '_', "
            "beginning with a letter or digit"
        )
    return job_id


def check_source(params: Mapping[str, Any]) -> None:
    """Refuse an offline source without its file."""
    if params["source"] == "offline" and not params["offline_cab"]:
        raise ModuleFailure("source is offline but all of the following are missing: offline_cab")


def warn(pc: SimulatedPC, told: dict[str, Any]) -> None:
    """Add the warning of a logon in which WUA does not tell whether a restart is pending."""
    if not pc.readable:
        told["warnings"] = [
            "The update agent does not say in this logon whether a restart is pending, so the registry was read: denied"
        ]


def _due(pc: SimulatedPC, params: Mapping[str, Any]) -> bool:
    if params["search"] == "never" or pc.jobs.running(*JobKind) is not None:
        return False
    scan = pc.last_scan
    if scan is None or params["max_age"] <= 0:
        return True
    if set(params["providers"]) - {"windows_update", *(part.provider for part in scan.providers)}:
        return True
    age = pc.at - scan.finished_at
    return age > timedelta(seconds=params["max_age"]) or age < -_CLOCK_LEEWAY


async def _wait(pc: SimulatedPC, timeout: int) -> None:
    ends = pc.at + timedelta(seconds=timeout)
    while (job := pc.jobs.running(JobKind.SCAN)) is not None and pc.at < ends:
        await pc.wait(min(ends, pc.jobs.ends(job) or ends))


def told(pc: SimulatedPC, params: Mapping[str, Any], changed: bool, started: str) -> dict[str, Any]:
    """Tell what the device is, its last search, its jobs and its restarts."""
    scan = pc.last_scan
    answer: dict[str, Any] = {
        "changed": changed,
        "device": forms.device(pc),
        "scan": _scan(pc),
        "pending_restart": forms.pending_restart(pc),
        "restart": forms.restart(pc),
        "jobs": [forms.job(pc, job) for job in sorted(pc.jobs, key=lambda j: (j.started_at, j.id))],
        "started_job": started,
        "time": forms.instant(pc, pc.at),
    }
    warn(pc, answer)
    if params.get("software"):
        answer["software"] = forms.software(pc, params["known_software"])
    answer["unchanged"] = scan is not None and scan.id == params["known_scan"]
    if answer["unchanged"]:
        return answer
    answer["missing"] = [forms.update(offer) for offer in scan.found.missing] if scan else []
    if params["installed"]:
        answer["installed"] = [forms.installed(release) for release in scan.found.installed] if scan else []
    return answer


def _scan(pc: SimulatedPC) -> dict[str, Any]:
    scan = pc.last_scan
    source = scan.source if scan is not None else Source("", "", "")
    disabled = scan is not None and pc.service.disabled()
    warnings = [*(scan.warnings if scan else ()), *(["The Windows Update service is disabled"] if disabled else ())]
    return {
        "id": scan.id if scan else "",
        "finished_at": forms.instant(pc, scan.finished_at) if scan else None,
        "age_seconds": max(0, int((pc.at - scan.finished_at).total_seconds())) if scan else None,
        "result_code": scan.result_code if scan else 0,
        "trust": scan.trust if scan and not disabled else "unknown",
        "warnings": warnings,
        "source": {"kind": source.kind, "name": source.name, "server": source.server},
        "providers": [forms.provider(part) for part in scan.providers] if scan else [],
        "running": pc.jobs.running(JobKind.SCAN) is not None,
        "error": scan.error if scan else "",
    }
