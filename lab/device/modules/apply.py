# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""nightshift.fleet.win_patch_apply, as docs/device-protocol.md has it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from .. import forms
from ..arguments import Option
from ..pc import SimulatedPC
from ..state import Job, JobKind, JobState, Outcome
from .outcome import ModuleFailure
from .scan import SOURCES, check_source

SPEC = {
    "updates": Option("list", required=True, elements="str"),
    "state": Option(default="installed", choices=("installed", "downloaded", "absent")),
    "job_id": Option(),
    "deadline": Option(),
    "expected_minutes": Option("int", 0),
    "source": Option(default="default", choices=SOURCES),
    "offline_cab": Option("path"),
    "accept_eula": Option("bool", True),
}
_KIND = {"installed": JobKind.INSTALL, "downloaded": JobKind.DOWNLOAD, "absent": JobKind.UNINSTALL}
_CHANGING = (JobKind.INSTALL, JobKind.DOWNLOAD, JobKind.UNINSTALL)


async def run(pc: SimulatedPC, params: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    """Start one job for what is not so yet."""
    check_source(params)
    deadline = _deadline(pc, params["deadline"])
    asked = list(dict.fromkeys(params["updates"]))
    known = pc.job(params["job_id"]) if params["job_id"] else None
    if known is not None:
        return _told(
            pc, False, False, known, _standing(pc, asked, params["state"]), f"job {known.id} was started before"
        )
    if not asked:
        return _told(pc, False, False, None, {}, "no updates were asked for; nothing is changed")
    standing = _standing(pc, asked, params["state"])
    busy = pc.running(*_CHANGING)
    if busy is not None:
        return _told(pc, False, True, busy, standing, f"job {busy.id} is running; nothing is started")
    todo = tuple(update for update in asked if update not in standing)
    if not todo:
        return _told(pc, False, False, None, standing, "nothing to do")
    if check_mode:
        would = {**standing, **dict.fromkeys(todo, "would_start")}
        return _told(pc, True, False, None, would, f"would start {len(todo)} of {len(asked)} updates", asked)
    job = Job(
        params["job_id"] or str(uuid4()),
        _KIND[params["state"]],
        JobState.RUNNING,
        pc.at,
        todo,
        deadline,
        timedelta(minutes=params["expected_minutes"]),
        params["accept_eula"],
    )
    pc.start_change(job)
    started = {**standing, **dict.fromkeys(todo, "started")}
    return _told(pc, True, False, job, started, f"started job {job.id} for {len(todo)} of {len(asked)} updates", asked)


def _deadline(pc: SimulatedPC, value: str | None) -> datetime | None:
    if not value:
        return None
    try:
        instant = datetime.fromisoformat(value)
    except ValueError:
        raise ModuleFailure(f"deadline: '{value}' is not an instant; write it like 2026-11-23T18:00:00Z") from None
    if instant.tzinfo is None:
        raise ModuleFailure(f"deadline: '{value}' has no time zone; write it like 2026-11-23T18:00:00Z")
    return pc.lab_time(instant.astimezone(UTC))


def _standing(pc: SimulatedPC, asked: list[str], state: str) -> dict[str, str]:
    """Return ``already`` or ``unknown`` for the updates that no job is needed or possible for.

    Known is what the last search saw, and above it what finished jobs still on the device have done since.
    """
    scan = pc.last_scan
    missing = {offer.release.id: offer.downloaded for offer in scan.found.missing} if scan else {}
    installed = {release.id for release in scan.found.installed} if scan else set()
    for job in pc.jobs:
        if scan is not None and job.kind is not JobKind.SCAN and job.started_at < scan.finished_at:
            continue
        for update in [r.id for r in job.results if r.outcome is Outcome.SUCCEEDED]:
            if job.kind is JobKind.DOWNLOAD:
                missing[update] = True
            elif job.kind is JobKind.INSTALL:
                missing.pop(update, None)
                installed.add(update)
            else:
                installed.discard(update)
                missing.setdefault(update, False)
    already = {
        "installed": installed,
        "absent": set(missing),
        "downloaded": installed | {update for update, downloaded in missing.items() if downloaded},
    }[state]
    standing = dict.fromkeys([update for update in asked if update in already], "already")
    standing.update(dict.fromkeys([u for u in asked if u not in missing and u not in installed], "unknown"))
    return standing


def _told(
    pc: SimulatedPC,
    changed: bool,
    busy: bool,
    job: Job | None,
    actions: Mapping[str, str],
    message: str,
    order: list[str] | None = None,
) -> dict[str, Any]:
    return {
        "changed": changed,
        "busy": busy,
        "job": forms.job(pc, job) if job is not None else None,
        "updates": [{"id": update, "action": actions[update]} for update in order or actions],
        "msg": message,
    }
