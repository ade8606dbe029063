# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The verbs of imaging with Clonezilla SE on a DRBL server. All of them run on that server, as root."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from ..engine import EngineError, JobProgress, JobSpec, Problem, Request, SeatProgress, SeatState, Started
from . import jobs_log
from .arming import faults, faults_after_start, image_of, start_command
from .boot import armed
from .disarming import LOST, disarm, lost, plan, taken_over
from .image import Image
from .jobs import Job, Phase
from .pace import write_marks
from .room import Server, problems_of, problems_of_others
from .seats import Look, seat_of


class ClonezillaEngine:
    """The engine ``clonezilla``. ``now`` returns an aware time.

    A job holds the server from its start to its finish: Clonezilla SE serves one room at a time, and a second start
    would kill the sender of the first and leave its PCs armed, for the second one's image.
    """

    def __init__(self, server: Server, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._server = server
        self._now = now

    def preflight(self, spec: JobSpec) -> tuple[Problem, ...]:
        """Return everything that forbids the job; only questions are asked."""
        return problems_of(self._server, spec)

    def start(self, spec: JobSpec, *, check: bool = False) -> Started:
        """Arm exactly the seats, prove it, and start the transfer. No PC is woken or restarted by this.

        Raises EngineError; whatever was armed is disarmed before.
        """
        _forbid(self.preflight(spec))
        image = image_of(self._server, spec)
        request = Request(shlex.join(start_command(self._server, spec, image)))
        job = self._server.jobs.read(spec)
        if check:
            begun = job is not None and job.phase is not Phase.STARTING
            return Started(changed=False) if begun else Started(changed=True, requests=(request,))
        with self._server.jobs.locked():
            _forbid(tuple(problems_of_others(self._server, spec)))
            job = self._server.jobs.read(spec)
            ran = job is None and jobs_log.after(self._server.layout, spec).exists()
            if ran or (job is not None and job.phase is Phase.FINISHED):
                raise EngineError(f"job {spec.id}: it is finished and does not start twice; start a new one")
            if job is not None and job.phase is not Phase.STARTING:
                if job.phase is Phase.STARTED and lost(self._server, spec, job):
                    raise EngineError(f"job {spec.id}: {LOST}; take state finished, or cancelled, then start a new one")
                return Started(changed=False)
            if job is not None and self._adopted(spec, job, image):
                return Started(changed=False)
            self._start(spec, image)
            return Started(changed=True, requests=(request,))

    def progress(self, spec: JobSpec) -> JobProgress:
        """Say how far the job is, as the server's files and the PCs' own words tell."""
        look = Look.at(self._server, spec, self._now())
        if look.now.done:
            write_marks(self._server.jobs.marks(spec), look.now)
        seats = tuple(seat_of(look, seat.name) for seat in spec.seats)
        waiting = [seat for seat in seats if seat.state in (SeatState.ARMED, SeatState.STARTED)]
        joined = [seat for seat in seats if seat.state not in (SeatState.ARMED, SeatState.CANCELLED, SeatState.UNKNOWN)]
        return JobProgress(
            seats=seats,
            closed=not look.sending and not waiting and not look.armed,
            joined=len(joined) if look.job is not None else None,
            expected=len(spec.seats) if look.job is not None else None,
            detail=look.detail,
        )

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

    def verify(self, spec: JobSpec) -> tuple[SeatProgress, ...]:
        """Return what the PCs' own words say of each seat: done only where all partitions of the image are told of.

        It is still a claim: any machine of the network can send these words.
        """
        return self._seats(spec)

    def finish(self, spec: JobSpec, *, check: bool = False) -> Started:
        """Disarm what is left, keep the log, and give the server free. Raises EngineError while a seat is written."""
        job = self._server.jobs.read(spec)
        if job is None or job.phase is Phase.FINISHED:
            if not check and not self._server.layout.log.exists():
                jobs_log.bring_back(self._server.layout, spec)  # a start that died at its first step had moved it
            return Started(changed=False)
        if job.phase is not Phase.CANCELLED:
            writing = [seat.seat for seat in self._seats(spec) if seat.state is SeatState.STARTED]
            if writing:
                raise EngineError(
                    f"job {spec.id}: {', '.join(writing)} are being written; cancel the job first if they hang"
                )
        if check:
            return Started(changed=True, requests=self._planned(spec, job))
        with self._server.jobs.locked():
            if job.phase is Phase.STARTED:
                job = replace(self._stopped(spec, job), phase=Phase.STARTED)
                self._server.jobs.write(job)
            theirs = taken_over(self._server, spec, job)
            done = disarm(self._server, spec, job)
            if not theirs:
                jobs_log.keep(self._server.layout, spec)
            self._server.jobs.marks(spec).unlink(missing_ok=True)
            self._server.jobs.write(replace(job, phase=Phase.FINISHED))
            return Started(changed=True, requests=done)

    def armed(self) -> frozenset[str]:
        """Return the MACs that would be given an image at their next boot, of this job or any other."""
        return frozenset(armed(self._server.layout, self._server.clients))

    def _start(self, spec: JobSpec, image: Image) -> None:
        server = self._server
        jobs_log.put_aside(server.layout, spec)
        job = Job(spec.id, spec.room, Phase.STARTING)
        server.jobs.write(job)
        ran = server.commands.run(start_command(server, spec, image), server.jobs.log(spec))
        wrong = faults_after_start(server, spec, image) if ran.code == 0 else [f"drbl-ocs {ran}"]
        if wrong:
            more = self.armed() - {client.mac for client in server.seats(spec).values()}
            disarm(server, spec, replace(job, phase=Phase.STARTED, session=server.session()), more)
            jobs_log.bring_back(server.layout, spec)
            server.jobs.remove(spec)
            raise EngineError(f"job {spec.id}: not what was wanted, and disarmed: {'; '.join(wrong)}")
        server.jobs.write(replace(job, phase=Phase.STARTED, session=server.session()))

    def _adopted(self, spec: JobSpec, job: Job, image: Image) -> bool:
        """Take over what a run that died has armed, where it is all as wanted; otherwise clear it away."""
        if not faults(self._server, spec, image):
            self._server.jobs.write(replace(job, phase=Phase.STARTED, session=self._server.session()))
            return True
        disarm(self._server, spec, job)
        self._server.jobs.remove(spec)
        _forbid(tuple(problems_of_others(self._server, spec)))  # someone may have started Clonezilla in between
        return False

    def _stopped(self, spec: JobSpec, job: Job) -> Job:
        """Return the job as cancelled. Who was being written is only known before it is stopped."""
        seats = self._seats(spec)
        writing = tuple(one.seat for one in seats if one.state in (SeatState.STARTED, SeatState.INTERRUPTED))
        waiting = tuple(one.seat for one in seats if one.state in (SeatState.ARMED, SeatState.CANCELLED))
        return replace(job, phase=Phase.CANCELLED, interrupted=writing, cancelled=waiting)

    def _seats(self, spec: JobSpec) -> tuple[SeatProgress, ...]:
        look = Look.at(self._server, spec, self._now())
        return tuple(seat_of(look, seat.name) for seat in spec.seats)

    def _planned(self, spec: JobSpec, job: Job) -> tuple[Request, ...]:
        return tuple(Request(shlex.join(words)) for words in plan(self._server, spec, job))


def _forbid(problems: tuple[Problem, ...]) -> None:
    if problems:
        raise EngineError("; ".join(f"{p.seat}: {p.what}" if p.seat else p.what for p in problems))
