# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What all jobs on a DRBL server have in common, whether disks are written or read: one start, one end, one lock.

A job holds the server from its start to its finish: Clonezilla SE serves one room at a time, and a second start would
kill the sender of the first and leave its PCs armed, for the second one's orders. All of it runs on that server, as
root.
"""

from __future__ import annotations

import shlex
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from ..engine import EngineError, JobSpec, Problem, Request, SeatProgress, SeatState, Started
from . import jobs_log
from .arming import faults, faults_after_start
from .boot import armed
from .disarming import LOST, disarm, lost, plan, taken_over
from .jobs import Job, Phase
from .orders import Orders, start_command
from .room import Server, problems_of_others


class Verbs(ABC):
    """The verbs of a job. ``now`` returns an aware time. What the job is for, a kind of job adds."""

    doing = "are being written"

    def __init__(self, server: Server, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._server = server
        self._now = now

    @abstractmethod
    def preflight(self, spec: JobSpec) -> tuple[Problem, ...]:
        """Return everything that forbids the job; only questions are asked."""

    @abstractmethod
    def _orders(self, spec: JobSpec) -> Orders:
        """Return what the seats are to do. Raises EngineError."""

    @abstractmethod
    def _seats(self, spec: JobSpec) -> tuple[SeatProgress, ...]:
        """Return how far each seat is."""

    def _fresh(self, spec: JobSpec) -> tuple[Problem, ...]:
        """Return what forbids to begin right now, asked under the lock."""
        return tuple(problems_of_others(self._server, spec))

    def _total(self) -> int:
        """Return how many bytes the transfer will have, 0 where that is not known before it."""
        return 0

    def _clear(self, spec: JobSpec, *, check: bool) -> tuple[Request, ...]:
        """Clear away what the job has left besides what is armed and runs; in check mode say what."""
        return ()

    def start(self, spec: JobSpec, *, check: bool = False) -> Started:
        """Arm exactly the seats, prove it, and start the transfer. No PC is woken or restarted by this.

        Raises EngineError; whatever was armed is disarmed before.
        """
        forbid(self.preflight(spec))
        orders = self._orders(spec)
        request = Request(shlex.join(start_command(self._server, spec, orders)))
        job = self._server.jobs.read(spec)
        if check:
            begun = job is not None and job.phase is not Phase.STARTING
            return Started(changed=False) if begun else Started(changed=True, requests=(request,))
        with self._server.jobs.locked():
            forbid(tuple(problems_of_others(self._server, spec)))
            job = self._server.jobs.read(spec)
            ran = job is None and jobs_log.after(self._server.layout, spec).exists()
            if ran or (job is not None and job.phase is Phase.FINISHED):
                raise EngineError(f"job {spec.id}: it is finished and does not start twice; start a new one")
            if job is not None and job.phase is not Phase.STARTING:
                if job.phase is Phase.STARTED and lost(self._server, spec, job):
                    raise EngineError(f"job {spec.id}: {LOST}; take state finished, or cancelled, then start a new one")
                return Started(changed=False)
            if job is not None and self._adopted(spec, job, orders):
                return Started(changed=False)
            forbid(self._fresh(spec))  # someone may have started Clonezilla in between
            self._start(spec, orders)
            return Started(changed=True, requests=(request,))

    def cancel(self, spec: JobSpec, *, check: bool = False) -> Started:
        """Stop this job and no other, and prove that none of its seats stays armed."""
        job = self._server.jobs.read(spec)
        if job is None or job.phase is Phase.FINISHED:
            return Started(changed=False)
        if check:
            steps = self._planned(spec, job)
            return Started(changed=bool(steps) or job.phase is not Phase.CANCELLED, requests=steps)
        with self._server.jobs.locked():
            first = job.phase is not Phase.CANCELLED
            stopped = self._stopped(spec, job) if first else job
            if first:
                self._server.jobs.write(stopped)
            done = disarm(self._server, spec, job if job.phase is Phase.STARTING else stopped)
            return Started(changed=first or bool(done), requests=done)

    def finish(self, spec: JobSpec, *, check: bool = False) -> Started:
        """Disarm what is left, keep the log, and give the server free. Raises EngineError while a seat is at work."""
        job = self._server.jobs.read(spec)
        if job is None or job.phase is Phase.FINISHED:
            if not check and not self._server.layout.log.exists():
                jobs_log.bring_back(self._server.layout, spec)  # a start that died at its first step had moved it
            return Started(changed=False)
        if job.phase is not Phase.CANCELLED:
            busy = [seat.seat for seat in self._seats(spec) if seat.state is SeatState.STARTED]
            if busy:
                raise EngineError(f"job {spec.id}: {', '.join(busy)} {self.doing}; cancel the job first if they hang")
        if check:
            return Started(changed=True, requests=self._planned(spec, job) + self._clear(spec, check=True))
        with self._server.jobs.locked():
            if job.phase is Phase.STARTED:
                job = replace(self._stopped(spec, job), phase=Phase.STARTED)
                self._server.jobs.write(job)
            theirs = taken_over(self._server, spec, job)
            done = disarm(self._server, spec, job)
            done += self._clear(spec, check=False)
            if not theirs:
                jobs_log.keep(self._server.layout, spec)
            self._server.jobs.marks(spec).unlink(missing_ok=True)
            self._server.jobs.write(replace(job, phase=Phase.FINISHED))
            return Started(changed=True, requests=done)

    def armed(self) -> frozenset[str]:
        """Return the MACs that would be given orders at their next boot, by this job or any other."""
        return frozenset(armed(self._server.layout, self._server.clients))

    def _start(self, spec: JobSpec, orders: Orders) -> None:
        server = self._server
        jobs_log.put_aside(server.layout, spec)
        words = start_command(server, spec, orders)
        job = Job(spec.id, spec.room, Phase.STARTING, words=tuple(words), total=self._total())
        server.jobs.write(job)
        ran = server.commands.run(words, server.jobs.log(spec))
        wrong = faults_after_start(server, spec, orders) if ran.code == 0 else [f"drbl-ocs {ran}"]
        if wrong:
            more = self.armed() - {client.mac for client in server.seats(spec).values()}
            disarm(server, spec, replace(job, phase=Phase.STARTED, session=server.session()), more)
            jobs_log.bring_back(server.layout, spec)
            server.jobs.remove(spec)
            raise EngineError(f"job {spec.id}: not what was wanted, and disarmed: {'; '.join(wrong)}")
        server.jobs.write(replace(job, phase=Phase.STARTED, session=server.session()))

    def _adopted(self, spec: JobSpec, job: Job, orders: Orders) -> bool:
        """Take over what a run that died has armed, where it is all as wanted; otherwise clear it away."""
        if not faults(self._server, spec, orders):
            self._server.jobs.write(replace(job, phase=Phase.STARTED, session=self._server.session()))
            return True
        disarm(self._server, spec, job)
        self._server.jobs.remove(spec)
        return False

    def _stopped(self, spec: JobSpec, job: Job) -> Job:
        """Return the job as cancelled. Who was at work is only known before it is stopped."""
        seats = self._seats(spec)
        at_work = (SeatState.STARTED, SeatState.INTERRUPTED, SeatState.FAILED)
        busy = tuple(one.seat for one in seats if one.state in at_work)
        waiting = tuple(one.seat for one in seats if one.state in (SeatState.ARMED, SeatState.CANCELLED))
        return replace(job, phase=Phase.CANCELLED, interrupted=busy, cancelled=waiting)

    def _planned(self, spec: JobSpec, job: Job) -> tuple[Request, ...]:
        return tuple(Request(shlex.join(words)) for words in plan(self._server, spec, job))


def forbid(problems: tuple[Problem, ...]) -> None:
    """Raise EngineError with all ``problems``, where there are any."""
    if problems:
        raise EngineError("; ".join(f"{p.seat}: {p.what}" if p.seat else p.what for p in problems))
