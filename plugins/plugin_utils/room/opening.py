# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a run is opened: everything is checked before anything is armed, and a run that was killed is found again."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from ..cloning.model import CloneRun, Outcome
from ..ledger import open_ledger
from ..planner.model import Device
from . import holding
from .engine_door import EngineDoor, EngineFault
from .model import JobKind, Run, Seat
from .problem import RoomError
from .session import RoomSession

_AGAIN = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Opened:
    """A run that may go on. ``carried_on``: it was begun by an earlier process. ``requests``: what arming would ask.

    ``already``: why nothing is to be done, "" where something is.
    """

    session: RoomSession
    carried_on: bool
    requests: tuple[str, ...] = ()
    already: str = ""


def open_run(
    session: RoomSession, door: EngineDoor, job_id: str, devices: Mapping[str, Device], now: datetime
) -> Opened:
    """Begin a run, or carry on with the one that the room has open. Raises RoomError with every reason against it.

    ``job_id``: an id in the engine's form, for the question whether a job would be allowed.
    """
    ledger = open_ledger(session.ledger, read_only=session.rehearsal)
    if not session.rehearsal:
        with ledger.begin() as tx:
            tx.enrol(devices.values(), now)
        holding.take(ledger, session)
    with ledger.read() as view:
        mine, there = view.rooms.open_in(session.room), view.rooms.open_on(session.server)
        history = [one for one in view.rooms.history() if one.room == session.room]
    if there is not None and there.room != session.room:
        raise RoomError(
            f"imaging server {session.server}: run {there.id} of room {there.room} is open there; carry on with it, or "
            f"abandon it (-e nightshift_room={there.room} -e nightshift_abandon=true)"
        )
    if mine is not None:
        _same(mine, session)
        return Opened(replace(session, run=mine.id), carried_on=True)
    last = history[-1] if history else None
    if last is not None and not session.anyway and _just_done(last, session, now):
        ended = f"{last.ended:%Y-%m-%d %H:%M} UTC"
        return Opened(
            session,
            carried_on=False,
            already=f"room {session.room} got image {last.image} at {ended} ({last.detail}); nothing is done again "
            "within a day, unless nightshift_anyway says why",
        )
    requests = _allowed(door, session, job_id)
    if session.rehearsal:
        return Opened(session, carried_on=False, requests=requests)
    run = _new(session, door.name, now)
    with ledger.begin() as tx:
        tx.rooms.begin(run)
    return Opened(replace(session, run=run.id), carried_on=False, requests=requests)


def open_run_of(ledger: str, room: str) -> Run | None:
    """Return the run that the room has open, None when there is none."""
    with open_ledger(ledger, read_only=True).read() as view:
        return view.rooms.open_in(room)


def abandon(session: RoomSession, by: str, now: datetime) -> Opened:
    """Begin nothing new in the room's open run; its job is closed by the next step. ``by``: who wants it so.

    Raises RoomError when somebody else drives it.
    """
    ledger = open_ledger(session.ledger, read_only=session.rehearsal)
    nothing = Opened(
        session, carried_on=False, already=_nothing_to_abandon(open_run_of(session.ledger, session.room), session)
    )
    if nothing.already or session.rehearsal:
        return nothing
    holding.take(ledger, session)
    with ledger.begin() as tx:
        run = tx.rooms.open_in(session.room)  # as it is now that nobody else may change it
        already = _nothing_to_abandon(run, session)
        if run is not None and not already and not run.stopped:
            why = session.why or "it was abandoned by an operator"
            tx.rooms.stop(run, why, now)
            tx.audit(by, "room_abandoned", None, {"room": run.room, "run": run.id, "why": why}, now)
    if run is None or already:
        holding.give_back(ledger, session)
        return replace(nothing, already=already)
    return Opened(replace(session, run=run.id, server=run.server, seats=run.seats), carried_on=True)


def _nothing_to_abandon(run: Run | None, session: RoomSession) -> str:
    """Return why there is nothing to abandon, "" where there is something."""
    if run is None:
        return f"room {session.room}: no run of it is open; there is nothing to abandon"
    job = run.open_job
    if session.only_job and (job is None or job.id != session.only_job or job.closed is not None):
        return f"room {session.room}: nothing of job {session.only_job} is armed any more; run {run.id} goes on"
    return ""


def _allowed(door: EngineDoor, session: RoomSession, job_id: str) -> tuple[str, ...]:
    """Ask the engine whether the whole room may be imaged at once: it must know exactly these PCs."""
    kind = JobKind.WAVE if len(session.seats) > 1 else JobKind.SENTINEL
    try:
        told: Mapping[str, Any] = door.ask("preflight", job_id, kind, session.seats)
    except EngineFault as fault:
        raise RoomError([f"{door.name}: {why}" for why in fault.problems]) from fault
    return tuple(told.get("requests") or ())


def _just_done(last: CloneRun, session: RoomSession, now: datetime) -> bool:
    """Whether the room got this image already: the same command once more is no wish to lose a night."""
    fresh = last.ended is not None and now - last.ended < _AGAIN
    return fresh and last.outcome is Outcome.DONE and last.image == session.image.name


def _same(run: Run, session: RoomSession) -> None:
    """Raise RoomError when a run that is open was about something else: it must be ended first."""
    reasons = []
    image = session.image
    if (run.image, run.version, run.checksum) != (image.name, image.version, image.checksum):
        reasons.append(f"it gives image {run.image} {run.version}, not {image.name} {image.version}")
    if run.server != session.server:
        reasons.append(f"it is on server {run.server}, not {session.server}")
    if _who(run.seats) != _who(session.seats):
        reasons.append("the seats of the room, or their MACs, are other ones in the register now")
    if reasons:
        raise RoomError([f"run {run.id} of room {run.room} is open: {why}; abandon it first" for why in reasons])


def _who(seats: tuple[Seat, ...]) -> set[tuple[str, str]]:
    return {(seat.name, seat.mac) for seat in seats}


def _new(session: RoomSession, engine: str, now: datetime) -> Run:
    return Run(
        id=f"{session.room}-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}",
        room=session.room,
        server=session.server,
        engine=engine,
        image=session.image.name,
        version=session.image.version,
        checksum=session.image.checksum,
        started=now,
        not_after=session.not_after,
        seats=session.seats,
    )
