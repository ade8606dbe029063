# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Puts a simulated PC into the state that a contract case describes (tests/contract/README.md, "The device")."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from ..catalogue.release import Release
from ..clock import VirtualClock
from ..truth import Truth
from . import classifications, hresults
from .disk import MemoryDisk
from .generalising import Sysprep, Volume
from .identity import Activation, Identity
from .markers import path_of, write_marker
from .packages import Edition, Package, PackageManager, ProgramRun, absent
from .pc import Habits, SimulatedPC
from .scripted import ScriptedService, ScriptedUpdate
from .service import Act, ActRun, SearchRun, Warned
from .state import (
    Computer,
    Found,
    Job,
    JobKind,
    JobState,
    LastScan,
    Offer,
    Outcome,
    PendingRestart,
    Program,
    Result,
    ScheduledRestart,
    Session,
    Source,
)  # fmt: skip
from .work import interrupt

Form = Mapping[str, Any]

_NOW = "2026-11-23T16:05:00Z"
_BOOTED = "2026-11-23T06:30:00Z"
_MANAGERS = {"winget": "1.27.350.0", "chocolatey": "2.4.3"}
_STATES = {
    "running": JobState.RUNNING,
    "finished": JobState.FINISHED,
    "failed": JobState.FAILED,
    "lost": JobState.INTERRUPTED,
}
_RELEASE = (
    "id",
    "revision",
    "provider",
    "title",
    "severity",
    "size",
    "restart",
    "can_request_user_input",
    "uninstallable",
)
_RELEASE_LISTS = ("kbs", "cves", "supersedes")
_ACTS = {Act.DOWNLOAD: 60.0, Act.INSTALL: 600.0, Act.UNINSTALL: 300.0}


def stage(device: Form, truth: Truth) -> SimulatedPC:
    """Return the PC of a case on a clock of its own, which stands still."""
    service = ScriptedService(
        {form["id"]: _update(form) for form in device.get("updates", [])},
        _search(device.get("search", {})),
        device.get("update_service", "manual") == "disabled",
    )
    computer = {"computer_name": "PC-001", "boot_time": _BOOTED, **device.get("computer", {})}
    system = computer.pop("os", {})
    boot_time = instant(computer.pop("boot_time"))
    pc = SimulatedPC(
        "case",
        Computer(boot_time=boot_time, **computer, **system),
        service,
        VirtualClock(instant(device.get("now", _NOW))),
        truth,
        habits=Habits(),
        people=[Session(u["name"], u.get("idle_seconds"), u.get("active", True)) for u in device.get("users", [])],
        source=Source(**device["update_source"]) if "update_source" in device else None,
        managers=_managers(device),
        programs=[Program(**form) for form in device.get("programs", ())],
        disk=_disk(device.get("seat", {})),
        identity=_identity(device.get("seat", {})),
    )
    pc.sysprep = _sysprep(device.get("sysprep", {}))
    pc.pending = PendingRestart(**device.get("pending", {}))
    pc.readable = device.get("system_info_readable", True)
    if device.get("restart"):
        pc.restart = ScheduledRestart(instant(device["restart"]["scheduled_at"]), device["restart"]["ours"])
    pc.last_scan = _last_scan(device.get("last_scan"), pc)
    for form in device.get("jobs", []):
        job = _job(form, service)
        if job.state is JobState.RUNNING:
            pc.jobs.start(job)
        else:
            pc.jobs.keep(job)
    return pc


def instant(text: str) -> datetime:
    """Read ``2026-11-23T16:05:00Z``."""
    return datetime.fromisoformat(text)


def _update(form: Form) -> ScriptedUpdate:
    released = form.get("released")
    plain: dict[str, Any] = {key: form[key] for key in _RELEASE if key in form}
    plain |= {key: tuple(form.get(key, ())) for key in _RELEASE_LISTS}
    plain["categories"] = tuple(
        one if isinstance(one, str) else classifications.name(one["id"], one["name"])
        for one in form.get("categories", ())
    )
    release = Release(**{"title": form["id"], **plain}, released=instant(released) if released else None)
    return ScriptedUpdate(
        release,
        downloaded=form.get("downloaded", False),
        installed=form.get("installed", False),
        hidden=form.get("hidden", False),
        licensed=form.get("eula_accepted", True),
        acts={
            act: ActRun(**{"seconds": usual, **form[act.value]}) for act, usual in _ACTS.items() if act.value in form
        },
    )


def _managers(device: Form) -> list[PackageManager]:
    found = {
        provider: PackageManager(provider, version) if version else absent(provider)
        for provider, version in device.get("managers", _MANAGERS).items()
    }
    for form in device.get("packages", ()):
        provider, _colon, name = form["id"].partition(":")
        acts = {
            act: ProgramRun(**{"seconds": usual, **form[act.value]})
            for act, usual in ((Act.INSTALL, 120.0), (Act.UNINSTALL, 60.0))
            if act.value in form
        }
        plain = {key: form[key] for key in ("name", "vendor", "installed", "pinned", "running") if key in form}
        editions = (Edition(form["available"]),) if form.get("available") else ()
        found[provider].packages.append(Package(provider, name, **plain, editions=editions, acts=acts))
    return list(found.values())


def _identity(form: Form) -> Identity:
    activation = form.get("activation", {})
    return Identity(
        form.get("machine_sid", "S-1-5-21-1004336348-1177238915-682003330"),
        form.get("wsus_client_id", "6a4f3d2b-8e17-4c55-9b6d-0f1e2d3c4b5a"),
        form.get("domain_trust", "ok"),
        None if activation is None else Activation(**activation),
        {fact: why for fact, why in form.get("unreadable", {}).items() if not fact.startswith("files:")},
    )


def _sysprep(form: Form) -> Sysprep:
    plain = {key: form[key] for key in ("image_state", "rearm_left", "running") if key in form}
    kept = [one["name"] for one in form.get("packages", ()) if not one.get("framework") and not one.get("system")]
    return Sysprep(
        **plain,
        volumes=[Volume(**one) for one in form.get("bitlocker", [{"drive": "C:"}])],
        packages=tuple(kept),
        provisioned=tuple(form.get("provisioned", ())),
        errors=list(form.get("errors", ())),
    )


def _disk(form: Form) -> MemoryDisk:
    disk = MemoryDisk.of(form.get("files", {}))
    for kind, key in (("image", "image"), ("run", "run_marker")):
        if form.get(key):
            write_marker(disk, kind, form[key])
        if kind in form.get("torn", ()):
            content = disk.read(path_of(kind)) or b""
            disk.write(path_of(kind), content[: len(content) // 2])
    for fact, why in form.get("unreadable", {}).items():
        if fact.startswith("files:"):
            disk.broken[fact.removeprefix("files:").casefold()] = why
    return disk


def _search(form: Form) -> SearchRun:
    warnings = tuple(Warned(**warning) for warning in form.get("warnings", ()))
    return SearchRun(**{**form, "warnings": warnings})


def _last_scan(form: Form | None, pc: SimulatedPC) -> LastScan | None:
    if form is None or form.get("torn"):
        return None
    unseen = form.get("unseen", ())
    found = pc.service.find(pc.at)
    seen = Found(
        tuple(Offer(o.release, o.downloaded) for o in found.missing if o.release.id not in unseen),
        tuple(release for release in found.installed if release.id not in unseen),
    )
    parts = []
    for provider in form.get("providers", ()):
        more, part = pc.managers[provider].look(pc.at)
        seen = Found((*seen.missing, *more.missing), (*seen.installed, *more.installed))
        parts.append(part)
    return LastScan(
        form["id"],
        instant(form["finished_at"]),
        seen,
        form.get("result_code", 2),
        form.get("trust", "trusted"),
        tuple(form.get("warnings", ())),
        form.get("error", ""),
        Source(**form["source"]) if "source" in form else pc.source,
        tuple(parts),
    )


def _job(form: Form, service: ScriptedService) -> Job:
    progress = form.get("progress", {})
    job = Job(
        form["id"],
        JobKind(form["kind"]),
        _STATES[form["state"]],
        instant(form.get("started_at", _NOW)),
        tuple(form.get("updates", ())),
        _optional(form.get("deadline")),
        timedelta(minutes=form.get("expected_minutes", 0)),
        finished_at=_optional(form.get("finished_at")),
        results=[_result(one, service) for one in form.get("results", ())],
        error=form.get("error", ""),
    )
    torn = form.get("torn", ())
    if "spec" in torn:
        job.kind, job.updates = JobKind.INSTALL, ()
    if "result" in torn:
        job.state, job.finished_at = JobState.INTERRUPTED, None
    if job.state is JobState.INTERRUPTED:
        job.current = progress.get("current", "")
        job.current_since = _optional(form.get("current_started_at"))
        interrupt(job, service.updates[job.current].release.title if job.current in service.updates else "")
    if "spec" in torn:
        job.error = "spec.json is missing or cut off"
    return job


def _result(form: Form, service: ScriptedService) -> Result:
    title = service.updates[form["id"]].release.title if form["id"] in service.updates else ""
    hresult = form.get("hresult", 0)
    return Result(
        form["id"],
        form.get("title", title),
        Outcome(form["outcome"]),
        form.get("result_code", 0),
        hresult,
        form.get("restart_required", False),
        _optional(form.get("started_at")),
        _optional(form.get("finished_at")),
        form.get("error_class", hresults.error_class(hresult)),
    )


def _optional(text: str | None) -> datetime | None:
    return instant(text) if text else None
