# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The steps of a run at the engine: arm exactly the seats of a job, watch its transfer, close it and prove that."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from ..ledger import Ledger
from ..patrol.clock import Clock
from . import holding, steps
from .engine_door import EngineDoor, EngineFault, Progress
from .model import Attempt, Job, JobState, Run, Seat
from .problem import RoomError
from .session import RoomSession
from .watching import Transfer, moved, transfer
from .words import transfer_line

Tell = Callable[[str, bool], None]
"""Show a line to the operator; ``True``: it is worth a line in a log too."""

MOST_NOT_ARMED = 2  # jobs in a row that the engine would not arm before a run stops


@dataclass(frozen=True, slots=True)
class Driver:
    """A run, and all that a step of it needs."""

    ledger: Ledger
    session: RoomSession
    door: EngineDoor
    clock: Clock
    tell: Tell


def run_in(ledger: Ledger, session: RoomSession) -> Run:
    """Return the run of a session as the ledger has it now. Raises RoomError when it is gone."""
    with ledger.read() as view:
        run = view.rooms.run(session.run)
    if run is None:
        raise RoomError(f"run {session.run}: the ledger does not know it any more; was it replaced?")
    return run


def arm(driver: Driver) -> tuple[str, ...]:
    """Arm the open job, which the ledger holds already; return the MACs that the server would write to.

    The same job may be armed again by a run that was killed: the engine takes one id once. A job that cannot be armed
    is undone, and its seats may get another one. Raises RoomError when that cannot be proved.
    """
    run, job, seats = _open(driver)
    with holding.at_the_engine(driver.ledger, driver.session):
        try:
            result = driver.door.ask("started", job.id, job.kind, seats)
        except EngineFault as fault:
            _disarmed(driver, job, seats)
            with driver.ledger.begin() as tx:
                failed = steps.undo_job(tx.rooms, run, job, str(fault), driver.clock.now())
                if failed >= MOST_NOT_ARMED:
                    tx.rooms.stop(run, str(fault), driver.clock.now())
            raise
    armed = frozenset(result.get("armed") or ())
    strangers = sorted(armed & {seat.mac for seat in run.seats} - {seat.mac for seat in seats})
    if strangers:
        raise RoomError(f"{', '.join(strangers)} of this room are armed besides job {job.id}; look at the server")
    with driver.ledger.begin() as tx:
        tx.rooms.advance(run, job, JobState.ARMED, driver.clock.now())
    return tuple(sorted(armed))


def watch(driver: Driver) -> Transfer:
    """Wait until the transfer of the open job is over. Raises RoomError when the engine cannot be asked any more."""
    clock, silent_since = driver.clock, None
    while True:
        holding.alive(driver.session)
        holding.take(driver.ledger, driver.session)
        run, job, seats = _open(driver)
        now = clock.now()
        try:
            told = driver.door.progress("progress", job.id, job.kind, seats)
            silent_since = None
        except EngineFault as fault:
            silent_since = silent_since or now
            if now - silent_since >= driver.session.rules.stall:
                raise RoomError(f"{fault}; the seats may still be armed: run this again when it answers") from fault
            driver.tell(f"{fault}; asked again", True)
            clock = clock.wait_until(now + driver.session.rules.poll)
            continue
        with driver.ledger.begin() as tx:
            found = steps.watch_job(tx.rooms, run, job, told.claims, told.closed, driver.session.rules, now)
        driver.tell(transfer_line(job, told, now), _worth_a_line(job, told))
        if found.over:
            driver.tell(f"{job.kind.value} {job.id}: {found.why}", True)
            return found
        clock = clock.wait_until(now + driver.session.rules.poll)


def close(driver: Driver, why: str = "") -> tuple[str, ...]:
    """Close the open job wherever it is, and prove that nothing of it runs and none of its seats is armed.

    Returns the MACs that stay armed, of other jobs. Raises RoomError when the proof fails: the run stays open.
    """
    run, job, seats = _open(driver)
    now = driver.clock.now()
    try:
        with holding.at_the_engine(driver.ledger, driver.session):
            told = driver.door.progress("progress", job.id, job.kind, seats)
            overdue = transfer(_at(job, told, now), told.closed, driver.session.rules, now).overdue
            armed, last = _disarmed(driver, job, seats, told)
    except EngineFault as fault:
        raise RoomError(f"{fault}; nobody can tell whether seats are armed: run this again when it answers") from fault
    with driver.ledger.begin() as tx:
        steps.close_job(tx.rooms, run, job, last.claims, overdue, driver.session.rules, now)
    driver.tell(f"{job.kind.value} {job.id} is closed, none of its seats is armed{f' ({why})' if why else ''}", True)
    return armed


def _disarmed(
    driver: Driver, job: Job, seats: list[Seat], told: Progress | None = None
) -> tuple[tuple[str, ...], Progress]:
    """Stop and remove a job at the engine; return what is armed of others, and what the engine said last of this one.

    Raises RoomError, or EngineFault.
    """
    if told is None or not told.closed:
        told = driver.door.progress("cancelled", job.id, job.kind, seats)
        if not told.closed:
            raise RoomError(f"job {job.id}: the engine does not close it; look at the server, then run this again")
    armed = frozenset(driver.door.ask("finished", job.id, job.kind, seats).get("armed") or ())
    left = sorted(seat.name for seat in seats if seat.mac in armed)
    if left:
        raise RoomError(f"job {job.id}: {', '.join(left)} are still armed; look at the server, then run this again")
    return tuple(sorted(armed)), told


def _open(driver: Driver) -> tuple[Run, Job, list[Seat]]:
    run = run_in(driver.ledger, driver.session)
    job = run.open_job
    if job is None:
        raise RoomError(f"run {run.id}: no job is open")
    return run, job, [run.seat(name) for name in job.seats]


def _at(job: Job, told: Progress, now: datetime) -> Job:
    attempts: Mapping[str, Attempt] = {one.seat: one for one in moved(job, told.claims, now)}
    return replace(job, attempts=attempts)


def _worth_a_line(job: Job, told: Progress) -> bool:
    """Whether a seat changed its state, or the room passed a quarter."""
    before = {name: one.claim for name, one in job.attempts.items()}
    if any(claim.claim != before.get(name) for name, claim in told.claims.items()):
        return True
    was = sum(one.percent for one in job.attempts.values()) / max(1, len(job.attempts))
    return int(was // 25) != int(told.percent // 25)
