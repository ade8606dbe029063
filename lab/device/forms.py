# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The JSON of docs/device-protocol.md, from a PC's state. Instants are those of the PC's own clock."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from ..catalogue.release import Release
from . import hresults
from .pc import SimulatedPC
from .state import Job, Offer, Program, ProviderPart, Result

Form = dict[str, Any]


def instant(pc: SimulatedPC, at: datetime | None) -> str | None:
    """Return ``2026-11-23T16:05:00Z`` as the PC's clock has it."""
    return None if at is None else plain_instant(pc.device_time(at))


def plain_instant(at: datetime | None) -> str | None:
    """Return an instant that no clock of the PC made."""
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def update(offer: Offer) -> Form:
    """Return an update record."""
    release = offer.release
    form: Form = {
        "id": release.id,
        "revision": release.revision,
        "provider": release.provider,
        "title": release.title,
        "kbs": list(release.kbs),
        "severity": release.severity,
        "categories": list(release.categories),
        "cves": list(release.cves),
        "size": release.size,
        "downloaded": offer.downloaded,
        "restart": release.restart,
        "can_request_user_input": release.can_request_user_input,
        "supersedes": list(release.supersedes),
        "released": plain_instant(release.released),
        "uninstallable": release.uninstallable,
    }
    if release.provider != "windows_update":
        form |= {
            "vendor": release.vendor,
            "product": release.product,
            "installed_version": release.installed_version,
            "available_version": release.available_version,
        }
    return form


def installed(release: Release) -> Form:
    """Return an update record of something installed."""
    return update(Offer(release, downloaded=release.provider == "windows_update"))


def result(pc: SimulatedPC, one: Result) -> Form:
    """Return how one update of a job ended."""
    form: Form = {
        "id": one.id,
        "title": one.title,
        "result_code": one.result_code,
        "hresult": one.hresult,
        "hresult_hex": hresults.hexadecimal(one.hresult),
        "error_name": hresults.name(one.hresult),
        "error_text": one.error_text if one.error_text is not None else hresults.text(one.hresult),
        "error_class": one.error_class if one.error_class is not None else hresults.error_class(one.hresult),
        "outcome": one.outcome.value,
        "restart_required": one.restart_required,
        "started_at": instant(pc, one.started_at),
        "finished_at": instant(pc, one.finished_at),
    }
    return form if one.exit_code is None else {**form, "exit_code": one.exit_code}


def job(pc: SimulatedPC, one: Job) -> Form:
    """Return a job record."""
    return {
        "id": one.id,
        "kind": one.kind.value,
        "state": one.state.value,
        "updates": list(one.updates),
        "started_at": instant(pc, one.started_at),
        "finished_at": instant(pc, one.finished_at),
        "deadline": instant(pc, one.deadline),
        "progress": {
            "done": len(one.results) if one.done is None else one.done,
            "total": len(one.updates),
            "current": one.current,
        },
        "results": [result(pc, r) for r in one.results],
        "error": one.error,
    }


def device(pc: SimulatedPC) -> Form:
    """Return what the device is."""
    computer = pc.computer
    return {
        "computer_name": computer.computer_name,
        "domain": computer.domain,
        "os": {"edition": computer.edition, "version": computer.version, "build": computer.build, "ubr": computer.ubr},
        "chassis": computer.chassis,
        "manufacturer": computer.manufacturer,
        "model": computer.model,
        "boot_time": instant(pc, computer.boot_time),
        "power": computer.power,
        "battery_percent": computer.battery_percent,
        "free_bytes": computer.free_bytes,
        "users": [{"name": s.name, "idle_seconds": s.idle_seconds, "active": s.active} for s in pc.sessions],
    }


def pending_restart(pc: SimulatedPC) -> Form:
    """Return every source that asks for a restart."""
    sources = pc.pending.sources()
    if not pc.readable:
        sources["wua"] = sources["windows_update"]
    required = sources["wua"] or sources["cbs"] or sources["windows_update"]
    return {"required": required, "sources": sources}


def restart(pc: SimulatedPC) -> Form:
    """Return the restart that is scheduled. When somebody else's is due, Windows does not tell."""
    scheduled = pc.restart
    return {
        "scheduled_at": instant(pc, scheduled.at) if scheduled is not None and scheduled.ours else None,
        "ours": scheduled is not None and scheduled.ours,
        "foreign": scheduled is not None and not scheduled.ours,
    }


def provider(part: ProviderPart) -> Form:
    """Return how a package manager's part of a search went."""
    return {"provider": part.provider, "version": part.version, "error": part.error, "held": list(part.held)}


def software(pc: SimulatedPC, known_digest: str | None) -> Form:
    """Return what the uninstall keys list; a package installs itself for the machine."""
    items = list(pc.programs)
    for manager in pc.managers.values():
        items += [
            Program(one.name or one.id, one.installed, one.vendor, "machine")
            for one in manager.packages
            if one.installed
        ]
    entries = sorted({(one.name, one.version, one.publisher, one.scope) for one in items})
    digest = sha256(json.dumps(entries).encode()).hexdigest()
    if digest == known_digest:
        return {"digest": digest}
    return {
        "digest": digest,
        "items": [dict(zip(("name", "version", "publisher", "scope"), one, strict=True)) for one in entries],
    }
