# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What comes next in a room run: one pure function of what the ledger holds, so a killed run is carried on with.

Nothing is armed before every seat was looked at; one seat, the sentinel, is imaged and proved before the others; the
others go by multicast, in waves; what is behind goes by unicast, after the job before it is proved closed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from math import ceil

from .model import JobKind, JobState, Run, Seat, SeatState, Verdict
from .rules import RunRules


class Do(str, Enum):
    """What is to be done next."""

    SURVEY = "survey"  # look at every seat, before anything is armed
    PREPARE = "prepare"  # look again, tell people, back up, mark the disks: then a job begins
    ARM = "arm"
    WATCH = "watch"
    CLOSE = "close"  # stop the job where it runs, and disarm
    JUDGE = "judge"
    END = "end"


@dataclass(frozen=True, slots=True)
class Step:
    """One step, about ``seats``. ``kind`` and ``job``: of the engine's job, which has an id from ARM on.

    ``why`` is for people; of END it is the reason why nothing more is done, "" where nothing is left to do.
    """

    do: Do
    seats: tuple[str, ...] = ()
    kind: JobKind | None = None
    job: str = ""
    why: str = ""


_OF_JOB = {JobState.INTENDED: Do.ARM, JobState.ARMED: Do.WATCH, JobState.CLOSED: Do.JUDGE}


def next_step(run: Run, rules: RunRules, now: datetime) -> Step:
    """Return what comes next at ``now`` (aware)."""
    if run.ended is not None:
        return Step(Do.END, why=run.detail)
    job = run.open_job
    if job is not None:
        do = _OF_JOB[job.state]
        if do in (Do.ARM, Do.WATCH) and run.stopped:
            return Step(Do.CLOSE, job.seats, job.kind, job.id, run.stopped)
        if do is Do.ARM and now >= run.not_after:
            return Step(Do.CLOSE, job.seats, job.kind, job.id, too_late(run))
        return Step(do, job.seats, job.kind, job.id)
    if run.stopped:
        return Step(Do.END, why=run.stopped)
    if run.surveyed is None:
        return Step(Do.SURVEY, tuple(seat.name for seat in run.seats))
    step = _sentinel(run, rules) or _others(run, rules)
    if step.do is Do.PREPARE and now >= run.not_after:
        return Step(Do.END, why=too_late(run))
    return step


def too_late(run: Run) -> str:
    """Say that nothing new begins any more."""
    return f"nothing new begins after {run.not_after:%Y-%m-%d %H:%M} UTC"


def may_retry(seat: Seat, rules: RunRules) -> bool:
    """Whether a seat that is behind gets another job of its own."""
    return seat.state is SeatState.BEHIND and not seat.final and seat.attempts <= rules.retries


def _sentinel(run: Run, rules: RunRules) -> Step | None:
    """Return the step that proves the image on one seat; None when it is proved."""
    if any(seat.verdict is Verdict.DONE for seat in run.seats):
        return None
    tried = [job for job in run.jobs if job.kind is JobKind.SENTINEL]
    failed = [seat for seat in run.seats if seat.touched and not may_retry(seat, rules)]
    if failed:
        seat = failed[0]
        return Step(Do.END, why=f"the sentinel {seat.name} is not done ({seat.why}); no other seat was touched")
    behind = [seat for seat in run.seats if may_retry(seat, rules)]
    if behind:
        return _prepare(JobKind.SENTINEL, behind[:1], "it is tried again before any other seat")
    waiting = [seat for seat in in_order(run.seats) if seat.state is SeatState.WAITING]
    if not waiting:
        return Step(Do.END, why="no seat of the room could be imaged")
    if len(tried) > rules.retries + 1:
        return Step(Do.END, why=f"{len(tried)} seats in turn did not come to the imaging server; no other was tried")
    chosen = [seat for seat in waiting if seat.name == run.sentinel] or waiting[:1]
    return _prepare(JobKind.SENTINEL, chosen, "the image is proved on one seat before the others get it")


def _others(run: Run, rules: RunRules) -> Step:
    waiting = [seat for seat in in_order(run.seats) if seat.state is SeatState.WAITING]
    if waiting:
        count = ceil(len(waiting) / ceil(len(waiting) / rules.wave))
        return _prepare(JobKind.WAVE, waiting[:count], f"waiting for it: {len(waiting)}")
    behind = [seat for seat in in_order(run.seats) if may_retry(seat, rules)]
    if behind:
        return _prepare(JobKind.STRAGGLERS, behind[: rules.together], f"behind: {len(behind)}")
    return Step(Do.END)


def _prepare(kind: JobKind, seats: Sequence[Seat], why: str) -> Step:
    return Step(Do.PREPARE, tuple(seat.name for seat in seats), kind, why=why)


def in_order(seats: Sequence[Seat]) -> list[Seat]:
    """Return seats by name."""
    return sorted(seats, key=lambda seat: seat.name)
