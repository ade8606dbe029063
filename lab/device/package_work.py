# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the jobs of a device do with package managers: ask them, and let them change one package."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace

from ..catalogue.release import Release
from ..truth import What
from . import hresults
from .faults import Trouble
from .machine import Machine
from .packages import ManagerMissing, ended, provider_of
from .results import ALREADY, LATE, answered, refused, time_left
from .service import Act
from .state import Found, Job, JobKind, LastScan, Outcome, ProviderPart, Result


def with_packages(machine: Machine, job: Job, scan: LastScan) -> Generator[float, None, LastScan]:
    """Ask every provider of the job and return ``scan`` with what each found, or with why it found nothing."""
    before = machine.last_scan
    for provider in job.providers:
        manager = machine.managers.get(provider)
        if manager is None:
            continue
        try:
            if not manager.broken:
                yield manager.seconds
            found, part = manager.look(machine.at)
            warnings: tuple[str, ...] = ()
        except ManagerMissing as missing:
            found = of_provider(before.found if before is not None else Found(), provider)
            part = ProviderPart(provider, "", str(missing))
            warnings = (f"{provider}: {missing}",)
        scan = replace(
            scan,
            finished_at=machine.at,
            found=Found((*scan.found.missing, *found.missing), (*scan.found.installed, *found.installed)),
            warnings=(*scan.warnings, *warnings),
            trust="degraded" if warnings and scan.trust == "trusted" else scan.trust,
            providers=(*scan.providers, part),
        )
    return scan


def of_provider(found: Found, provider: str) -> Found:
    """Return the part of what was found that is one provider's."""
    return Found(
        tuple(one for one in found.missing if one.release.provider == provider),
        tuple(one for one in found.installed if one.provider == provider),
    )


def change_package(
    machine: Machine, job: Job, update: str, listing: dict[str, Found | str]
) -> Generator[float, None, Result]:
    """Update or remove one package. ``listing``: what each provider found in this job, or why it could not be asked."""
    provider = provider_of(update)
    if job.kind is JobKind.DOWNLOAD:
        return refused(update, "", Outcome.NOT_STARTED, f"{provider} does not download ahead of an installation")
    manager = machine.managers[provider]
    if provider not in listing:
        try:
            if not manager.broken:
                yield manager.seconds
            listing[provider] = manager.look(machine.at)[0]
        except ManagerMissing as missing:
            listing[provider] = f"{provider} could not be asked: {missing}"
    found = listing[provider]
    if isinstance(found, str):
        return refused(update, "", Outcome.NOT_STARTED, found, "transient")
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
    act = Act.UNINSTALL if job.kind is JobKind.UNINSTALL else Act.INSTALL
    machine.note(What.UNINSTALL_STARTED if act is Act.UNINSTALL else What.INSTALL_STARTED, release, job)
    fault = machine.faults.strike(machine.at, Trouble.FAIL_UPDATE, release=release, phase=act.value)
    run = manager.plan(act, release)
    yield run.seconds
    exit_code = fault.hresult - 2**32 if fault is not None else run.exit_code
    code, hresult, restart = ended(provider, act, exit_code)
    if code == 2:
        manager.complete(act, release)
        machine.note(What.UNINSTALL_FINISHED if act is Act.UNINSTALL else What.INSTALL_FINISHED, release, job)
    else:
        machine.note(What.INSTALL_FAILED, release, job, act.value, hresult)
    if code == 2 and restart:
        machine.pending.wua = machine.pending.windows_update = True
    result = answered(machine.at, release, hresult, job.current_since, code, restart)
    return replace(result, exit_code=exit_code)
