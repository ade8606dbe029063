# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The steps of the module ``reimage_room``: what it is told, which verb that is, and what it tells."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from .engine import Engine, EngineError, JobProgress, JobSpec, Mode, Problem, Seat, SeatProgress, SeatState, Started
from .engines import EngineKind
from .job_file import JobFile, checked_id, new_id

STATES = ("preflight", "started", "progress", "cancelled", "verified", "finished")
_MAC = re.compile(r"^([0-9a-f]{2}:){5}[0-9a-f]{2}$")
_VERDICTS = {
    SeatState.ARMED: "absent",
    SeatState.STARTED: "timeout",
    SeatState.DONE: "unverified",
    SeatState.FAILED: "failed",
    SeatState.CANCELLED: "absent",
    SeatState.INTERRUPTED: "interrupted",
    SeatState.UNKNOWN: "unverified",
}


class Forbidden(EngineError):
    """What forbids a job, each reason by itself in ``problems``."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("; ".join(f"{p.seat}: {p.what}" if p.seat else p.what for p in problems))
        self.problems = [{"seat": problem.seat, "what": problem.what} for problem in problems]


def argument_spec(engines: Mapping[str, EngineKind]) -> dict[str, Any]:
    """Return what the module takes."""
    seat = {
        "name": {"type": "str", "required": True},
        "mac": {"type": "str", "required": True},
        "address": {"type": "str", "default": ""},
    }
    return {
        "state": {"type": "str", "choices": list(STATES), "required": True},
        "room": {"type": "str", "required": True},
        "confirm_room": {"type": "str"},
        "seats": {"type": "list", "elements": "dict", "options": seat, "required": True},
        "expected_hosts": {"type": "list", "elements": "str"},
        "image": {"type": "str", "required": True},
        "mode": {"type": "str", "choices": [mode.value for mode in Mode], "default": Mode.MULTICAST.value},
        "after": {"type": "str", "choices": ["poweroff", "reboot"], "default": "poweroff"},
        "wait_seconds": {"type": "int", "default": 600},
        "max_bitrate": {"type": "int"},
        "job": {"type": "str"},
        "job_file": {"type": "path"},
        "engine": {"type": "str", "choices": list(engines), "required": True},
        **{name: {"type": "dict", "options": dict(kind.options)} for name, kind in engines.items()},
    }


def hide_decoded(module: AnsibleModule, engines: Mapping[str, EngineKind]) -> None:
    """Hide what a secret option says when it is decoded: base64 of a token is the token."""
    for name, kind in engines.items():
        given = module.params[name] or {}
        for option, spec in kind.options.items():
            if spec.get("no_log") and given.get(option):
                try:
                    module.no_log_values.add(base64.b64decode(given[option], validate=True).decode())
                except (binascii.Error, ValueError):
                    continue


def run(engine: Engine, params: Mapping[str, Any], *, check: bool) -> dict[str, Any]:
    """Take the step that ``params`` ask for; return the module's result. Raises EngineError."""
    state = params["state"]
    kept = JobFile(Path(params["job_file"])) if params["job_file"] else None
    job = params["job"] or (kept.read() if kept else None)
    known = checked_id(job, params["room"]) if job is not None else None
    spec = _spec(params, known or new_id(params["room"], datetime.now(UTC)))
    if kept:
        kept.check(spec)
    told: dict[str, Any] = {"job": spec.id, "hosts": [seat.name for seat in spec.seats], "image": spec.image}
    told |= {"changed": False, "requests": []}
    if state == "preflight":
        return told | _preflight(engine, spec)
    if state == "started":
        _confirmed(params, spec)
        _allowed(engine, spec)
        if kept and known is None and not check:
            kept.write(spec)
        return told | _start(engine, spec, check=check) | _armed(engine)
    if known is None:
        if state in ("progress", "verified"):
            raise EngineError(f"room {spec.room}: no job is open in {params['job_file']}; start one first")
        return told | {"job": ""} | _armed(engine)
    if state == "progress":
        return told | _progress(engine.progress(spec))
    if state == "verified":
        return told | {"seats": [_seat(seat) | {"verdict": _VERDICTS[seat.state]} for seat in engine.verify(spec)]}
    if state == "cancelled":
        steps = _steps(engine.cancel(spec, check=check))
        return told | steps | _progress(engine.progress(spec)) | _armed(engine)
    steps = _steps(engine.finish(spec, check=check))
    if kept and not check:
        kept.remove()
    return told | steps | {"changed": steps["changed"] or kept is not None} | _armed(engine)


def _spec(params: Mapping[str, Any], job: str) -> JobSpec:
    seats = tuple(Seat(seat["name"], _mac(seat), seat["address"]) for seat in params["seats"])
    return JobSpec(
        id=job,
        room=params["room"],
        image=params["image"],
        seats=seats,
        mode=Mode(params["mode"]),
        after=params["after"],
        wait_seconds=params["wait_seconds"],
        max_bitrate=params["max_bitrate"],
    )


def _mac(seat: Mapping[str, Any]) -> str:
    mac = str(seat["mac"]).lower().replace("-", ":")
    if not _MAC.match(mac):
        raise EngineError(f"seats: {seat['name']} has MAC {seat['mac']}; write it as 52:54:00:12:34:56")
    return mac


def _confirmed(params: Mapping[str, Any], spec: JobSpec) -> None:
    if params["confirm_room"] != spec.room:
        raise EngineError(f"confirm_room: {params['confirm_room']} is not room {spec.room}; nothing was started")
    names, expected = {seat.name for seat in spec.seats}, set(params["expected_hosts"])
    missing, more = sorted(expected - names), sorted(names - expected)
    if missing or more:
        raise EngineError(
            f"room {spec.room}: seats and expected_hosts differ (missing: {', '.join(missing) or 'none'}; too many: "
            f"{', '.join(more) or 'none'}); run without --limit, or correct the register"
        )


def _allowed(engine: Engine, spec: JobSpec) -> None:
    problems = engine.preflight(spec)
    if problems:
        raise Forbidden(problems)


def _start(engine: Engine, spec: JobSpec, *, check: bool) -> dict[str, Any]:
    done = engine.start(spec, check=check)
    if not done.changed:
        now = engine.progress(spec)
        stopped = [seat.seat for seat in now.seats if seat.state in (SeatState.CANCELLED, SeatState.INTERRUPTED)]
        if now.closed and stopped:
            raise EngineError(
                f"job {spec.id}: it was cancelled ({', '.join(stopped)} have no image) and does not start twice; take "
                "state finished, then start a new one"
            )
    return _steps(done)


def _preflight(engine: Engine, spec: JobSpec) -> dict[str, Any]:
    _allowed(engine, spec)
    return {"problems": [], "requests": [step.text for step in engine.start(spec, check=True).requests]}


def _steps(done: Started) -> dict[str, Any]:
    return {"changed": done.changed, "requests": [step.text for step in done.requests]}


def _armed(engine: Engine) -> dict[str, Any]:
    return {"armed": sorted(engine.armed())}


def _progress(progress: JobProgress) -> dict[str, Any]:
    seats = progress.seats
    percent = sum(seat.percent for seat in seats) / len(seats) if seats else 0.0
    return {
        "seats": [_seat(seat) for seat in seats],
        "percent": round(percent, 2),
        "remaining": max((seat.remaining for seat in seats if seat.state is SeatState.STARTED), default=""),
        "closed": progress.closed,
        "joined": progress.joined,
        "expected": progress.expected,
    }


def _seat(seat: SeatProgress) -> dict[str, Any]:
    return {
        "name": seat.seat,
        "claim": seat.state.value,
        "percent": seat.percent,
        "rate": seat.rate,
        "remaining": seat.remaining,
        "since": seat.since.isoformat() if seat.since else "",
        "detail": seat.detail,
    }
