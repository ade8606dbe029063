# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""nightshift.fleet.win_patch_apply, as docs/device-protocol.md has it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from .. import forms
from ..arguments import Option
from ..pc import SimulatedPC
from ..state import Job, JobKind, JobState, Outcome
from .outcome import ModuleFailure
from .scan import SOURCES, check_source, checked_job_id

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
    job_id = checked_job_id(params["job_id"])
    deadline = _deadline(pc, params["deadline"])
    asked = list(dict.fromkeys(params["updates"]))
    if not asked:
        return _told(pc, False, False, None, {}, "No updates were asked for, so nothing changes")
    actions = _actions(pc, asked, params["state"])
    existing = pc.jobs.get(job_id)
    if existing is not None:
        actions |= {update: "started" for update in existing.updates if update in actions}
        return _told(pc, False, False, existing, actions, f"Job {job_id} exists already and is not started again")
    busy = pc.jobs.running(*_CHANGING)
    if busy is not None:
        return _told(pc, False, True, busy, actions, f"Job {busy.id} is running, so nothing was started")
    todo = tuple(update for update, action in actions.items() if action == "would_start")
    if not todo:
        message = "Nothing is to be done: every update is as asked, or unknown to the last search"
        return _told(pc, False, False, None, actions, message)
    share = f"{len(todo)} of {len(asked)} updates"
    if check_mode:
        return _told(pc, True, False, None, actions, f"A job would be started for {share}")
    job = Job(
        job_id,
        _KIND[params["state"]],
        JobState.RUNNING,
        pc.at,
        todo,
        deadline,
        timedelta(minutes=params["expected_minutes"]),
        params["accept_eula"],
    )
    pc.jobs.start(job)
    actions |= dict.fromkeys(todo, "started")
    return _told(pc, True, False, job, actions, f"Job {job_id} was started for {share}")


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


def _actions(pc: SimulatedPC, asked: list[str], state: str) -> dict[str, str]:
    """Return ``already``, ``unknown`` or ``would_start`` for each update, in the order asked.

    Known is what the last search saw, and above it what jobs still on the device have done since.
    """
    known = _known(pc)
    actions = {}
    for update in asked:
        if update not in known:
            actions[update] = "unknown"
            continue
        installed, downloaded = known[update]
        so = {"installed": installed, "downloaded": downloaded, "absent": not installed}[state]
        actions[update] = "already" if so else "would_start"
    return actions


def _known(pc: SimulatedPC) -> dict[str, tuple[bool, bool]]:
    """Return (installed, downloaded) of each update that is known."""
    scan = pc.last_scan
    if scan is None:
        return {}
    known = {offer.release.id: (False, offer.downloaded) for offer in scan.found.missing}
    known |= {release.id: (True, True) for release in scan.found.installed}
    for job in pc.jobs:
        if job.finished_at is None or job.finished_at <= scan.finished_at:
            continue
        for update in [r.id for r in job.results if r.outcome is Outcome.SUCCEEDED and r.id in known]:
            known[update] = {
                JobKind.INSTALL: (True, True),
                JobKind.DOWNLOAD: (known[update][0], True),
                JobKind.UNINSTALL: (False, False),
            }[job.kind]
    return known


def _told(
    pc: SimulatedPC, changed: bool, busy: bool, job: Job | None, actions: Mapping[str, str], message: str
) -> dict[str, Any]:
    return {
        "changed": changed,
        "busy": busy,
        "job": forms.job(pc, job) if job is not None else None,
        "updates": [{"id": update, "action": action} for update, action in actions.items()],
        "msg": message,
    }
