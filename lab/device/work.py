# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the jobs of a device do, one step after the other.

Each job is a generator: it yields the seconds that its present step takes and is
resumed when they have passed. A job that is closed in between was interrupted.
"""

from __future__ import annotations

from collections.abc import Generator
from datetime import datetime
from typing import Protocol

from ..catalogue.release import Release
from ..truth import What
from . import hresults
from .service import Act, SearchRun, UpdateService
from .state import Found, Job, JobKind, JobState, LastScan, Outcome, PendingRestart, Result, Source

Work = Generator[float, None, None]

_ACT = {JobKind.INSTALL: Act.INSTALL, JobKind.DOWNLOAD: Act.DOWNLOAD, JobKind.UNINSTALL: Act.UNINSTALL}
_STARTED = {Act.INSTALL: What.INSTALL_STARTED, Act.UNINSTALL: What.UNINSTALL_STARTED}
_FINISHED = {
    Act.DOWNLOAD: What.DOWNLOAD_FINISHED,
    Act.INSTALL: What.INSTALL_FINISHED,
    Act.UNINSTALL: What.UNINSTALL_FINISHED,
}
_ALREADY = {
    JobKind.INSTALL: hresults.ALREADY_INSTALLED,
    JobKind.DOWNLOAD: hresults.ALREADY_INSTALLED,
    JobKind.UNINSTALL: hresults.NOT_INSTALLED,
}


class Machine(Protocol):
    """The device as its jobs see it."""

    at: datetime
    service: UpdateService
    pending: PendingRestart
    last_scan: LastScan | None
    source: Source

    def note(
        self, what: What, release: Release | None = None, job: Job | None = None, detail: str = "", hresult: int = 0
    ) -> None:
        """Write the ground truth."""

    def power_fails(self, dark: float) -> None:
        """Lose the mains now, for ``dark`` seconds."""


def search(machine: Machine, job: Job) -> Work:
    """Search, and keep what was found."""
    machine.note(What.SEARCH_STARTED, job=job)
    run = machine.service.plan_search(machine.at)
    yield run.seconds
    machine.last_scan = _keep(machine, job, run)
    job.error = machine.last_scan.error
    job.state = JobState.FAILED if run.raises else JobState.FINISHED
    machine.note(What.SEARCH_FINISHED, job=job, detail=machine.last_scan.trust, hresult=run.raises)


def change(machine: Machine, job: Job) -> Work:
    """Install, download or uninstall one update after the other, so that one failure never costs the others."""
    if not _too_late(machine, job):
        run = machine.service.plan_search(machine.at)
        yield run.seconds
        if run.raises or run.result_code not in (2, 3):
            _give_up(machine, job, run)
            return
    found = machine.service.find(machine.at)
    for update in job.updates:
        if any(result.id == update for result in job.results):
            continue
        if _too_late(machine, job):
            job.results.append(_unrun(update, found, Outcome.NOT_STARTED))
            continue
        job.current, job.current_since = update, machine.at
        result = yield from _one(machine, job, update, found)
        job.current, job.current_since = "", None
        job.results.append(result)
    job.state = JobState.FINISHED


def _one(machine: Machine, job: Job, update: str, found: Found) -> Generator[float, None, Result]:
    refusal = _refusal(machine, job, update, found)
    if refusal is not None:
        return refusal
    release = _release(update, found)
    assert release is not None  # _refusal answers for the unknown
    started = machine.at
    offers = {offer.release.id: offer for offer in found.missing}
    if job.kind is not JobKind.UNINSTALL and not offers[update].downloaded:
        result = yield from _act(machine, job, Act.DOWNLOAD, release, started)
        if job.kind is JobKind.DOWNLOAD or result.outcome is not Outcome.SUCCEEDED:
            return result
    return (yield from _act(machine, job, _ACT[job.kind], release, started))


def _act(machine: Machine, job: Job, act: Act, release: Release, started: datetime) -> Generator[float, None, Result]:
    if act in _STARTED:
        machine.note(_STARTED[act], release, job)
    run = machine.service.plan(act, release, machine.at, machine.pending.wua)
    if run.power_fails_after is not None:
        yield run.power_fails_after
        machine.power_fails(run.dark)  # closes this job; what follows never runs
    yield run.seconds
    hresult = run.raises or run.hresult
    code = 4 if run.raises else run.result_code
    if code == 2:
        machine.service.complete(act, release, run)
        machine.note(_FINISHED[act], release, job)
        if run.restart_required:
            machine.pending.wua = machine.pending.windows_update = True
            machine.pending.cbs = machine.pending.cbs or release.ubr is not None
        outcome = Outcome.SUCCEEDED
    else:
        outcome = hresults.outcome(hresult)
        machine.note(What.INSTALL_FAILED, release, job, act.value, hresult)
    return Result(release.id, release.title, outcome, code, hresult, run.restart_required, started, machine.at)


def _refusal(machine: Machine, job: Job, update: str, found: Found) -> Result | None:
    """Return why WUA is not even asked, or None when it is."""
    release = _release(update, found)
    installed = any(one.id == update for one in found.installed)
    offered = any(offer.release.id == update for offer in found.missing)
    at = machine.at
    title = release.title if release is not None else ""
    if installed != (job.kind is JobKind.UNINSTALL) and (installed or offered):
        return Result(update, title, Outcome.NOT_APPLICABLE, 0, _ALREADY[job.kind], False, at, at)
    if release is None:
        return Result(update, title, Outcome.NOT_APPLICABLE, 0, hresults.NOT_APPLICABLE, False, at, at)
    if job.kind is JobKind.UNINSTALL:
        if not release.uninstallable:
            return Result(
                update, title, Outcome.FAILED, 0, hresults.UNINSTALL_NOT_ALLOWED, False, at, at, "needs_person"
            )
        return None
    if release.can_request_user_input and job.kind is JobKind.INSTALL:
        return Result(update, title, Outcome.FAILED, 0, 0, False, at, at, "needs_person")
    if not machine.service.licensed(release) and not job.accept_eula:
        return Result(update, title, Outcome.FAILED, 0, 0, False, at, at, "needs_person")
    return None


def _release(update: str, found: Found) -> Release | None:
    known = (*(offer.release for offer in found.missing), *found.installed)
    return next((release for release in known if release.id == update), None)


def _unrun(update: str, found: Found, outcome: Outcome, hresult: int = 0) -> Result:
    release = _release(update, found)
    return Result(update, release.title if release else "", outcome, 0, hresult)


def _too_late(machine: Machine, job: Job) -> bool:
    return job.deadline is not None and (machine.at >= job.deadline or machine.at + job.expected > job.deadline)


def _give_up(machine: Machine, job: Job, run: SearchRun) -> None:
    found = machine.service.find(machine.at)
    done = {result.id for result in job.results}
    job.results += [_unrun(u, found, Outcome.NOT_STARTED, run.raises) for u in job.updates if u not in done]
    job.error = _failure(run)
    job.state = JobState.FAILED


def _keep(machine: Machine, job: Job, run: SearchRun) -> LastScan:
    before = machine.last_scan
    warnings = tuple(
        f"{hresults.hexadecimal(w.hresult)} {hresults.name(w.hresult)} {w.message}".strip() for w in run.warnings
    )
    trust = "trusted" if run.result_code == 2 and not warnings else "degraded"
    if run.raises or run.bare or run.result_code not in (2, 3) or machine.service.disabled():
        trust = "unknown"
    if run.bare:
        warnings += ("the update objects lack their properties; the Windows Update Agent needs repair",)
    if machine.service.disabled():
        warnings += ("the Windows Update service is disabled",)
    if run.raises:
        found = before.found if before is not None else Found()
    else:
        found = Found() if run.bare else machine.service.find(machine.at)
    return LastScan(
        job.id,
        machine.at,
        found,
        4 if run.raises else run.result_code,
        trust,
        warnings,
        _failure(run) if run.raises else "",
        machine.source,
    )


def _failure(run: SearchRun) -> str:
    if not run.raises:
        return f"the search ended with result code {run.result_code}"
    named = hresults.name(run.raises)
    return f"the search failed with {hresults.hexadecimal(run.raises)}" + (f" ({named})" if named else "")
