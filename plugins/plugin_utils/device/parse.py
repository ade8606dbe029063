# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Turn the JSON answers of the device modules into values.

Missing optional keys get their defaults; what decides something must be there
and be right, or :class:`ProtocolError` says which key, which value, and what was expected.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from ..planner.model import (
    ErrorClass,
    Job,
    JobKind,
    JobState,
    LoggedOnUser,
    Outcome,
    RestartBehaviour,
    ScanTrust,
    Severity,
    Update,
)
from .fields import Fields
from .report import (
    ApplyReport,
    DeviceFacts,
    JobReport,
    PendingRestart,
    Program,
    Progress,
    RestartReport,
    RestartStatus,
    Result,
    ScanReport,
    ScanStatus,
    SoftwareList,
    UpdateAction,
)


def parse_scan(result: Mapping[str, Any]) -> ScanReport:
    """Read an answer of ``win_patch_scan``; raises ProtocolError."""
    answer = Fields(result, "win_patch_scan: ")
    scan = _scan(answer.object("scan"))
    return ScanReport(
        facts=_facts(answer.object("device")),
        scan=scan,
        pending_restart=_pending(answer.object("pending_restart")),
        restart=_restart(answer.object("restart")),
        time=answer.instant("time"),
        missing=_updates(answer, "missing"),
        installed=_updates(answer, "installed"),
        unchanged=answer.flag("unchanged", False),
        jobs=_jobs(answer),
        started_job=answer.text("started_job", ""),
        changed=answer.flag("changed", False),
        software=_software(answer.object("software")) if "software" in answer else None,
    )


def parse_apply(result: Mapping[str, Any]) -> ApplyReport:
    """Read an answer of ``win_patch_apply``; raises ProtocolError."""
    answer = Fields(result, "win_patch_apply: ")
    return ApplyReport(
        changed=answer.flag("changed"),
        busy=answer.flag("busy", False),
        job=_job(answer.object("job")) if "job" in answer else None,
        updates=tuple((item.name("id"), item.word("action", UpdateAction)) for item in answer.objects("updates")),
        message=answer.text("msg", ""),
    )


def parse_restart(result: Mapping[str, Any]) -> RestartReport:
    """Read an answer of ``win_patch_restart``; raises ProtocolError."""
    answer = Fields(result, "win_patch_restart: ")
    return RestartReport(
        changed=answer.flag("changed"),
        restart=_restart(answer.object("restart")),
        pending_restart=_pending(answer.object("pending_restart")),
        told=answer.number("told", 0),
        boot_time=answer.instant("boot_time"),
        message=answer.text("msg", ""),
    )


def _facts(device: Fields) -> DeviceFacts:
    facts: dict[str, str | int | None] = {
        key: device.text(key, "") for key in ("computer_name", "domain", "chassis", "manufacturer", "model")
    }
    if "os" in device:
        system = device.object("os")
        facts |= {"edition": system.text("edition", ""), "version": system.text("version", "")}
        facts |= {"build": system.number_or_none("build"), "ubr": system.number_or_none("ubr")}
    facts["battery_percent"] = device.number_or_none("battery_percent")
    power = device.text("power", "unknown")
    if power not in ("ac", "battery", "unknown"):
        raise device.error("power", "one of ac, battery, unknown")
    return DeviceFacts(
        computer_name=device.text("computer_name", ""),
        boot_time=device.instant("boot_time"),
        on_battery=None if power == "unknown" else power == "battery",
        free_bytes=device.number_or_none("free_bytes"),
        users=tuple(_user(user) for user in device.objects("users")),
        facts=facts,
    )


def _user(user: Fields) -> LoggedOnUser:
    idle = user.number_or_none("idle_seconds")
    return LoggedOnUser(
        name=user.text("name"),
        idle=None if idle is None else timedelta(seconds=idle),
        active=user.flag("active", True),
    )


def _scan(scan: Fields) -> ScanStatus:
    source = scan.object("source") if "source" in scan else None
    identity = scan.text("id")
    return ScanStatus(
        id=identity,
        finished_at=scan.needed_instant("finished_at") if identity else None,
        trust=scan.word("trust", ScanTrust),
        result_code=scan.number_or_none("result_code"),
        warnings=scan.texts("warnings"),
        source={key: source.text(key, "") for key in ("kind", "name", "server")} if source else {},
        running=scan.flag("running", False),
        error=scan.text("error", ""),
    )


def _pending(pending: Fields) -> PendingRestart:
    sources = pending.object("sources").true_keys() if "sources" in pending else ()
    return PendingRestart(required=pending.flag("required"), sources=sources)


def _restart(restart: Fields) -> RestartStatus:
    return RestartStatus(
        scheduled_at=restart.instant("scheduled_at"),
        ours=restart.flag("ours", False),
        foreign=restart.flag("foreign", False),
    )


def _updates(answer: Fields, key: str) -> tuple[Update, ...] | None:
    return tuple(_update(update) for update in answer.objects(key)) if key in answer else None


def _update(update: Fields) -> Update:
    return Update(
        id=update.name("id"),
        revision=update.number("revision", 0),
        provider=update.text("provider", "windows_update"),
        title=update.text("title", ""),
        kbs=update.texts("kbs"),
        severity=update.word_or_none("severity", Severity),
        categories=update.texts("categories"),
        cves=update.texts("cves"),
        size=update.number("size", 0),
        downloaded=update.flag("downloaded", False),
        restart=update.word("restart", RestartBehaviour, RestartBehaviour.CAN_REQUEST),
        can_request_user_input=update.flag("can_request_user_input", False),
        supersedes=update.texts("supersedes"),
        released=update.instant("released"),
        uninstallable=update.flag("uninstallable", False),
        vendor=update.text("vendor", ""),
        product=update.text("product", ""),
        installed_version=update.text("installed_version", ""),
        available_version=update.text("available_version", ""),
    )


def _software(software: Fields) -> SoftwareList:
    items = tuple(
        Program(
            name=one.name("name"),
            version=one.text("version", ""),
            publisher=one.text("publisher", ""),
            scope=one.text("scope", "machine"),
        )
        for one in software.objects("items")
    )
    return SoftwareList(software.name("digest"), items if "items" in software else None)


def _jobs(answer: Fields) -> tuple[JobReport, ...]:
    if "jobs" not in answer:
        raise answer.error("jobs", "a list")  # a device that seems to know no job would have its jobs taken for lost
    return tuple(_job(job) for job in answer.objects("jobs"))


def _job(job: Fields) -> JobReport:
    state = job.word("state", JobState)
    if state is JobState.INTENDED:
        raise job.error("state", "one of running, finished, failed, interrupted")
    progress = job.object("progress") if "progress" in job else None
    return JobReport(
        job=Job(
            id=job.name("id"),
            kind=job.word("kind", JobKind),
            state=state,
            updates=job.texts("updates"),
            started_at=job.instant("started_at"),
            deadline=job.instant("deadline"),
        ),
        finished_at=job.instant("finished_at"),
        progress=Progress(progress.number("done", 0), progress.number("total", 0), progress.text("current", ""))
        if progress
        else Progress(),
        results=tuple(_result(result) for result in job.objects("results")),
        error=job.text("error", ""),
    )


def _result(result: Fields) -> Result:
    hresult = result.number("hresult", 0)
    if not 0 <= hresult <= 0xFFFFFFFF:
        raise result.error("hresult", "an unsigned 32-bit number")
    return Result(
        update_id=result.name("id"),
        outcome=result.word("outcome", Outcome),
        title=result.text("title", ""),
        result_code=result.number_or_none("result_code"),
        hresult=hresult,
        error_name=result.text("error_name", ""),
        error_text=result.text("error_text", ""),
        error_class=result.word_or_none("error_class", ErrorClass),
        restart_required=result.flag("restart_required", False),
        started_at=result.instant("started_at"),
        finished_at=result.instant("finished_at"),
    )
