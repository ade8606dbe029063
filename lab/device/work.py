# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the jobs of a device do, one step after the other.

Each job is a generator: it yields the seconds that its present step takes and is
resumed when they have passed. A job that is closed in between was interrupted.
"""

from __future__ import annotations

from collections.abc import Generator

from ..catalogue.release import Release
from ..truth import What
from . import hresults
from .machine import Machine, Work
from .package_work import change_package, of_provider, with_packages
from .packages import provider_of
from .results import ALREADY, LATE, answered, refused, time_left
from .service import Act, SearchRun
from .state import Found, Job, JobKind, JobState, LastScan, Outcome, Result

_ACT = {JobKind.INSTALL: Act.INSTALL, JobKind.DOWNLOAD: Act.DOWNLOAD, JobKind.UNINSTALL: Act.UNINSTALL}
_STARTED = {Act.INSTALL: What.INSTALL_STARTED, Act.UNINSTALL: What.UNINSTALL_STARTED}
_FINISHED = {
    Act.DOWNLOAD: What.DOWNLOAD_FINISHED,
    Act.INSTALL: What.INSTALL_FINISHED,
    Act.UNINSTALL: What.UNINSTALL_FINISHED,
}
_DOWNLOADED = "Downloaded; the deadline came before the installation"


def search(machine: Machine, job: Job) -> Work:
    """Search, and keep what was found."""
    machine.note(What.SEARCH_STARTED, job=job)
    run = machine.service.plan_search(machine.at)
    yield run.seconds
    machine.last_scan = yield from with_packages(machine, job, _keep(machine, job, run))
    if run.raises:
        job.state = JobState.FAILED
        job.error = f"The search failed: {machine.last_scan.error}"
    else:
        job.state = JobState.FINISHED
    machine.note(What.SEARCH_FINISHED, job=job, detail=machine.last_scan.trust, hresult=run.raises)


def change(machine: Machine, job: Job) -> Work:
    """Install, download or uninstall one update after the other, so that one failure never costs the others."""
    todo = [update for update in job.updates if not any(result.id == update for result in job.results)]
    if not time_left(machine.at, job):
        job.results += [refused(update, "", Outcome.NOT_STARTED, LATE) for update in todo]
        job.state = JobState.FINISHED
        return
    asked = [update for update in todo if not provider_of(update)]
    found, why = Found(), None
    if asked:
        run = machine.service.plan_search(machine.at)
        yield run.seconds
        found = machine.service.find(machine.at)
        why = _unbelievable(run, found)
    listing: dict[str, Found | str] = {}
    for update in todo:
        if update not in asked:
            result = yield from change_package(machine, job, update, listing)
        elif why is not None:
            result = refused(update, "", Outcome.NOT_STARTED, *why)
        else:
            result = yield from _one(machine, job, update, found)
        job.results.append(result)
        job.current, job.current_since = "", None
    if why is not None:
        job.error = why[0]
        job.state = JobState.FAILED
        return
    job.state = JobState.FINISHED


def interrupt(job: Job, title: str = "") -> None:
    """End a job whose task is gone: what had begun is interrupted, the rest was not started."""
    job.state = JobState.INTERRUPTED
    job.done = len(job.results)
    job.error = "The job is gone without a result: a power loss, a restart, or its time limit"
    ended = {result.id: result for result in job.results}
    job.results = [ended.get(update) or _unended(job, update, title) for update in job.updates]


def _unended(job: Job, update: str, title: str) -> Result:
    if update != job.current:
        return refused(update, "", Outcome.NOT_STARTED, "The job ended before it")
    reason = "The job ended in the middle of it"
    return refused(update, title, Outcome.INTERRUPTED, reason, since=job.current_since)


def _one(machine: Machine, job: Job, update: str, found: Found) -> Generator[float, None, Result]:
    ready = {offer.release.id: offer.release for offer in found.missing}
    done = {release.id: release for release in found.installed}
    if job.kind is JobKind.UNINSTALL:
        ready, done = done, ready
    if update in done:
        return answered(machine.at, done[update], ALREADY[job.kind], None, 0)
    if update not in ready:
        return answered(machine.at, Release(update), hresults.NOT_APPLICABLE, None, 0)
    release = ready[update]
    if not time_left(machine.at, job):
        return refused(update, release.title, Outcome.NOT_STARTED, LATE)
    job.current, job.current_since = update, machine.at
    refusal = _refusal(machine, job, release)
    if refusal is not None:
        return refusal
    downloaded = any(offer.release.id == update and offer.downloaded for offer in found.missing)
    if job.kind is JobKind.DOWNLOAD and downloaded:
        return answered(machine.at, release, hresults.ALREADY_DOWNLOADED, machine.at, 2)
    if job.kind is not JobKind.UNINSTALL and not downloaded:
        result = yield from _act(machine, job, Act.DOWNLOAD, release)
        if job.kind is JobKind.DOWNLOAD or result.outcome is not Outcome.SUCCEEDED:
            return result
        if not time_left(machine.at, job):
            return refused(update, release.title, Outcome.NOT_STARTED, _DOWNLOADED)
    return (yield from _act(machine, job, _ACT[job.kind], release))


def _act(machine: Machine, job: Job, act: Act, release: Release) -> Generator[float, None, Result]:
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
    else:
        machine.note(What.INSTALL_FAILED, release, job, act.value, hresult)
    restart = act is not Act.DOWNLOAD and not run.raises and run.restart_required
    if code == 2 and restart:
        machine.pending.wua = machine.pending.windows_update = True
        machine.pending.cbs = machine.pending.cbs or release.ubr is not None
    return answered(machine.at, release, hresult, job.current_since, code, restart)


def _refusal(machine: Machine, job: Job, release: Release) -> Result | None:
    """Return why WUA is not even asked, or None when it is."""
    reason, hresult = "", 0
    if job.kind is JobKind.UNINSTALL:
        if not release.uninstallable:
            reason = "The update agent cannot uninstall this update; remove it with the tool of its vendor"
            hresult = hresults.UNINSTALL_NOT_ALLOWED
    elif release.can_request_user_input:
        reason = "The update can ask for user input, so it was not run"
    elif not machine.service.licensed(release) and not job.accept_eula:
        reason = "The licence terms of the update are not accepted"
    return refused(release.id, release.title, Outcome.FAILED, reason, "needs_person", hresult) if reason else None


def _unbelievable(run: SearchRun, found: Found) -> tuple[str, str, int] | None:
    """Return why a search before the work cannot be used (reason, class, HRESULT), or None when it can."""
    if run.raises:
        why, error_class = hresults.described(run.raises), hresults.error_class(run.raises)
    elif run.result_code not in (2, 3):
        why, error_class = f"it ended with result code {run.result_code}", "transient"
    elif run.doubt(found):
        why, error_class = run.doubt(found), "repair_first"
    else:
        return None
    return f"The search before the work failed: {why}", error_class, run.raises


def _keep(machine: Machine, job: Job, run: SearchRun) -> LastScan:
    before = machine.last_scan
    found = machine.service.find(machine.at)
    if run.raises:
        kept = of_provider(before.found if before is not None else Found(), "windows_update")
        error = hresults.described(run.raises)
        return LastScan(job.id, machine.at, kept, 4, "unknown", (), error, machine.source)
    warnings = [" ".join(filter(None, (_brief(w.hresult), w.message))) for w in run.warnings]
    trust = "degraded" if warnings or run.result_code == 3 else "trusted"
    doubt = run.doubt(found)
    if doubt or run.result_code not in (2, 3):
        trust = "unknown"
    if doubt:
        warnings.append(doubt)
    if run.bare:
        found = Found()
    return LastScan(job.id, machine.at, found, run.result_code, trust, tuple(warnings), "", machine.source)


def _brief(hresult: int) -> str:
    return " ".join(filter(None, (hresults.hexadecimal(hresult), hresults.name(hresult))))
