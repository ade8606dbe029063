# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Saving the disk of one PC as an image with Clonezilla SE on a DRBL server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from ..engine import (
    CaptureSpec,
    EngineError,
    JobProgress,
    JobSpec,
    Mode,
    Problem,
    Request,
    SeatProgress,
    SeatState,
    Started,
)
from .boot import armed
from .layout import Settings
from .orders import Orders, to_save
from .pace import write_marks
from .room import Server, problems_of
from .saved import read_saved, wrong_sums
from .saving import Look, seat_of
from .target import disk_of, like_of, problems_of_name, problems_of_target
from .verbs import Verbs

CHECKER = "ocs-chkimg"


class ClonezillaCapture:
    """The engine ``clonezilla`` that reads a disk into an image. ``now`` returns an aware time."""

    def __init__(self, server: Server, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._server = server
        self._now = now

    def preflight(self, spec: CaptureSpec) -> tuple[Problem, ...]:
        """Return everything that forbids the job; only questions are asked."""
        return self._verbs(spec).preflight(_job(spec))

    def start(self, spec: CaptureSpec, *, check: bool = False) -> Started:
        """Arm exactly the one PC for saving, and prove it. The PC makes the image's folder. It is neither woken nor
        restarted by this. Raises EngineError; whatever was armed is disarmed before."""
        return self._verbs(spec).start(_job(spec), check=check)

    def progress(self, spec: CaptureSpec) -> JobProgress:
        """Say how far the job is, as the folder of the image tells. It is closed when nothing more will come of it."""
        look = Look.at(self._server, _job(spec), self._now())
        if look.job is not None and look.saved is not None:
            write_marks(self._server.jobs.marks(_job(spec)), look.now)
        said = seat_of(look, spec.seat.name)
        over = said.state not in (SeatState.ARMED, SeatState.STARTED)
        return JobProgress((said,), over, joined=int(said.state is not SeatState.ARMED), expected=1, detail=said.detail)

    def cancel(self, spec: CaptureSpec, *, check: bool = False) -> Started:
        """Stop this job and no other, and prove that the PC does not stay armed."""
        return self._verbs(spec).cancel(_job(spec), check=check)

    def verify(self, spec: CaptureSpec) -> SeatProgress:
        """Return done only of an image that is whole, has the checksums that were made of it, and can be restored as
        Clonezilla's own checker finds, which reads all of it."""
        job = _job(spec)
        said = seat_of(Look.at(self._server, job, self._now()), spec.seat.name)
        if said.state is not SeatState.DONE:
            return said
        wrong = wrong_sums(self._server.settings, job)
        if not wrong:
            ran = self._server.commands.run([CHECKER, "-b", "--nogui", spec.image], self._server.jobs.log(job))
            if ran.code == 0:
                return said
            if ran.code is None:
                detail = f"{CHECKER} {ran}; raise the engine's timeout"
                return replace(said, state=SeatState.UNKNOWN, detail=detail)
            wrong = [f"{CHECKER} {ran}"]
        return self._found_broken(spec, f"image {spec.image} is not whole: {'; '.join(wrong)}")

    def _found_broken(self, spec: CaptureSpec, why: str) -> SeatProgress:
        """Note it, so that it is told from now on, and that the image does not keep its name."""
        jobs = self._server.jobs
        with jobs.locked():
            job = jobs.read_id(spec.id)
            if job is not None:
                jobs.write(replace(job, broken=why))
        return SeatProgress(spec.seat.name, SeatState.FAILED, detail=why)

    def finish(self, spec: CaptureSpec, *, check: bool = False) -> Started:
        """Disarm what is left, give the server free, and move away what the job has of an image that is not whole.

        Raises EngineError while the disk is being read.
        """
        return self._verbs(spec).finish(_job(spec), check=check)

    def armed(self) -> frozenset[str]:
        """Return the MACs that would be written to, or read from, at their next boot, by this job or any other."""
        return frozenset(armed(self._server.layout, self._server.clients))

    def _verbs(self, spec: CaptureSpec) -> _Capture:
        return _Capture(self._server, self._now, spec)


class _Capture(Verbs):
    """One capture, as the jobs of this server are."""

    doing = "is being read"

    def __init__(self, server: Server, now: Callable[[], datetime], wanted: CaptureSpec) -> None:
        super().__init__(server, now)
        self._wanted = wanted

    def preflight(self, spec: JobSpec) -> tuple[Problem, ...]:
        def about_image(settings: Settings) -> list[Problem]:
            problems = problems_of_target(self._server, settings, self._wanted)
            if self._server.commands.found(CHECKER) is None:
                problems.append(Problem(f"{CHECKER}: not on this machine; install the package clonezilla"))
            return problems

        return problems_of(self._server, spec, about_image)

    def _orders(self, spec: JobSpec) -> Orders:
        return to_save(spec, disk_of(self._server, self._wanted))

    def _seats(self, spec: JobSpec) -> tuple[SeatProgress, ...]:
        return (seat_of(Look.at(self._server, spec, self._now()), self._wanted.seat.name),)

    def _fresh(self, spec: JobSpec) -> tuple[Problem, ...]:
        """Whatever has the name by now, also from a start that died, is not lost by this one."""
        return (*super()._fresh(spec), *problems_of_name(self._server.settings, spec.image))

    def _total(self) -> int:
        like = like_of(self._server, self._wanted)
        return like.size if like else 0

    def _clear(self, spec: JobSpec, *, check: bool) -> tuple[Request, ...]:
        """Move an image that is not whole out of the way: its PC may still write there, and its name is free then."""
        job = self._server.jobs.read(spec)
        saved = read_saved(self._server.settings, spec, job.words[-1]) if job is not None and job.words else None
        if job is None or saved is None or (saved.whole and not job.broken):
            return ()
        folder = self._server.settings.images / spec.image
        aside = folder.with_name(f"{spec.image}-broken-{spec.id.rsplit('-', 1)[-1]}")
        if not check:
            try:
                folder.rename(aside)
            except OSError as error:
                raise EngineError(f"{folder}: cannot become {aside} ({error.strerror}); move it away") from error
        return (Request(f"mv {folder} {aside}"),)


def _job(spec: CaptureSpec) -> JobSpec:
    """Return the job as the server's lock, arming and disarming know it: of one seat, and without a sender."""
    return JobSpec(spec.id, spec.seat.name, spec.image, (spec.seat,), Mode.UNICAST, spec.after)
