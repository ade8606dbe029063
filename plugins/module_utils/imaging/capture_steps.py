# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The steps of the module ``capture_image``: what it is told, which verb that is, and what it tells."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .engine import CaptureEngine, CaptureSpec, EngineError, Seat, SeatProgress, SeatState, Started
from .engines import EngineKind
from .job_file import JobFile, checked_capture_id, new_capture_id

STATES = ("preflight", "started", "progress", "cancelled", "verified", "finished")
_MAC = re.compile(r"^([0-9a-f]{2}:){5}[0-9a-f]{2}$")


def argument_spec(engines: Mapping[str, EngineKind]) -> dict[str, Any]:
    """Return what the module takes. ``engines``: those that can capture."""
    return {
        "state": {"type": "str", "choices": list(STATES), "required": True},
        "name": {"type": "str", "required": True},
        "mac": {"type": "str", "required": True},
        "image": {"type": "str", "required": True},
        "like": {"type": "str", "default": ""},
        "disk": {"type": "str", "default": ""},
        "after": {"type": "str", "choices": ["poweroff", "reboot"], "default": "poweroff"},
        "job": {"type": "str"},
        "job_file": {"type": "path"},
        "engine": {"type": "str", "choices": list(engines), "required": True},
        **{name: {"type": "dict", "options": dict(kind.options)} for name, kind in engines.items()},
    }


def run(engine: CaptureEngine, params: Mapping[str, Any], *, check: bool) -> dict[str, Any]:
    """Take the step that ``params`` ask for; return the module's result. Raises EngineError."""
    state = params["state"]
    kept = JobFile(Path(params["job_file"])) if params["job_file"] else None
    job = params["job"] or (kept.read() if kept else None)
    known = checked_capture_id(job, params["image"]) if job is not None else None
    spec = _spec(params, known or new_capture_id(params["image"], datetime.now(UTC)))
    if kept:
        kept.check(spec)
    told: dict[str, Any] = {"job": spec.id, "image": spec.image, "changed": False, "requests": []}
    if state == "preflight":
        _allowed(engine, spec)
        return told | {"requests": [step.text for step in engine.start(spec, check=True).requests]} | _armed(engine)
    if state == "started":
        _allowed(engine, spec)
        if kept and known is None and not check:
            kept.write(spec)
        return told | _start(engine, spec, check=check) | _armed(engine)
    if known is None:
        if state in ("progress", "verified"):
            raise EngineError(f"image {spec.image}: no capture is open in {params['job_file']}; start one first")
        return told | {"job": ""} | _armed(engine)
    if state == "progress":
        return told | _progress(engine, spec)
    if state == "verified":
        return told | _claim(engine.verify(spec)) | {"closed": engine.progress(spec).closed}
    if state == "cancelled":
        return told | _steps(engine.cancel(spec, check=check)) | _progress(engine, spec) | _armed(engine)
    steps = _steps(engine.finish(spec, check=check))
    if kept and not check:
        kept.remove()
    return told | steps | {"changed": steps["changed"] or kept is not None} | _armed(engine)


def _spec(params: Mapping[str, Any], job: str) -> CaptureSpec:
    mac = str(params["mac"]).lower().replace("-", ":")
    if not _MAC.match(mac):
        raise EngineError(f"mac: {params['mac']} is not a MAC; write it as 52:54:00:12:34:56")
    return CaptureSpec(job, Seat(params["name"], mac), params["image"], params["like"], params["after"], params["disk"])


def _allowed(engine: CaptureEngine, spec: CaptureSpec) -> None:
    problems = engine.preflight(spec)
    if problems:
        raise EngineError("; ".join(f"{p.seat}: {p.what}" if p.seat else p.what for p in problems))


def _start(engine: CaptureEngine, spec: CaptureSpec, *, check: bool) -> dict[str, Any]:
    done = engine.start(spec, check=check)
    now = None if done.changed else engine.progress(spec)
    if now is not None and now.closed and now.seats[0].state in (SeatState.CANCELLED, SeatState.INTERRUPTED):
        raise EngineError(
            f"job {spec.id}: it was cancelled and does not start twice; take state finished, then start a new one"
        )
    return _steps(done)


def _steps(done: Started) -> dict[str, Any]:
    return {"changed": done.changed, "requests": [step.text for step in done.requests]}


def _armed(engine: CaptureEngine) -> dict[str, Any]:
    return {"armed": sorted(engine.armed())}


def _progress(engine: CaptureEngine, spec: CaptureSpec) -> dict[str, Any]:
    progress = engine.progress(spec)
    return _claim(progress.seats[0]) | {"closed": progress.closed}


def _claim(said: SeatProgress) -> dict[str, Any]:
    return {
        "claim": said.state.value,
        "percent": said.percent,
        "rate": said.rate,
        "remaining": said.remaining,
        "detail": said.detail,
    }
