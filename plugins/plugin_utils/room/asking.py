# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which seats answer: silent ones are waited for, by our own limits, and what a silence shows is kept."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from ..ledger import Ledger
from ..patrol.clock import Clock
from ..patrol.probe import Target
from . import holding
from .judging import deadline
from .model import Job, Proof, Run, SeatState
from .rules import RunRules
from .session import RoomSession

Probe = Callable[[Iterable[Target]], Mapping[str, str]]
Tell = Callable[[str, bool], None]

# Nobody has the address at this instant: the network itself says so. A silence alone says nothing.
_OFF = tuple(os.strerror(code) for code in (errno.EHOSTUNREACH, errno.EHOSTDOWN))
_ROUNDS = 8  # how often a seat that answers, and is not done yet, is asked before its time is up


def silent(session: RoomSession, names: Sequence[str], probe: Probe) -> dict[str, str]:
    """Return those that do not answer, with the reason."""
    seats = {seat.name: seat for seat in session.seats}
    answers = probe([Target(name, seats[name].address, session.ports[name]) for name in names])
    return {name: why for name, why in answers.items() if why}


def wait_for(
    session: RoomSession, names: Sequence[str], clock: Clock, probe: Probe, tell: Tell
) -> tuple[dict[str, str], Clock]:
    """Wait until all of ``names`` answer, but no longer than a PC may take to boot; return who is silent then."""
    until = clock.now() + session.rules.boot
    while True:
        left = silent(session, names, probe)
        now = clock.now()
        if not left or now >= until:
            return left, clock
        holding.alive(session)
        tell(f"{now:%H:%M} {len(left)} seats are waited for", False)
        clock = clock.wait_until(min(until, now + session.rules.poll))


def keep_silence(ledger: Ledger, run: Run, left: Mapping[str, str], now: datetime) -> None:
    """Record who does not answer before a job. What a seat said before its disk was touched stays as it is."""
    with ledger.begin() as tx:
        for name, why in left.items():
            if not run.seat(name).touched:
                off = any(said in why for said in _OFF)
                tx.rooms.prove(run.id, name, "before", Proof(now, silence=why, off=off))


def settle(
    session: RoomSession, run: Run, job: Job, clock: Clock, probe: Probe, tell: Tell
) -> tuple[tuple[str, ...], Clock]:
    """Wait until it is worth asking seats whether they are done; return those that answer, and the clock.

    Seats that have not been asked are asked when all answer, or some do and the others take long; others again after
    a part of the time that they have. At the deadline it ends anyway.
    """
    until = deadline(job, session.rules)
    pending = [name for name in job.seats if run.seat(name).state is SeatState.WRITTEN]
    pause = max(session.rules.settle / _ROUNDS, session.rules.poll)
    began = clock.now()
    while pending:
        left = silent(session, pending, probe)
        now = clock.now()
        answering = tuple(name for name in pending if name not in left)
        fresh = [name for name in answering if _asked(run, job, name) is None]
        due = [name for name in answering if (last := _asked(run, job, name)) is None or now >= last + pause]
        if now >= until or (fresh and (not left or now >= began + _patience(session.rules))):
            return answering, clock
        if due and len(due) == len(pending):
            return tuple(due), clock
        if due and not fresh and now >= began + pause:
            return tuple(due), clock
        holding.alive(session)
        tell(f"{now:%H:%M} {len(answering)} of {len(pending)} seats answer", False)
        clock = clock.wait_until(min(until, now + session.rules.poll))
    return (), clock


def _asked(run: Run, job: Job, name: str) -> datetime | None:
    """Return when a seat was last asked since its job was closed."""
    after = run.seat(name).after
    if after is None or after.silence or after.at < (job.closed or job.intended):
        return None
    return after.at


def _patience(rules: RunRules) -> timedelta:
    return max(rules.settle / _ROUNDS, 2 * rules.poll)
