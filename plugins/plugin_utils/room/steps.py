# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What each step of a run leaves in the ledger. Each is one transaction of the caller, and may be repeated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from ..cloning.model import Outcome
from ..ledger.rooms import Rooms
from ..seat.expected import Judgement
from ..seat.judge import with_patches
from .judging import Judged, twins
from .machine import Step, in_order
from .model import Job, JobState, Run, SeatState, Verdict
from .patches import UNKNOWN, Patches
from .presence import Sorted, just_before, whole_room
from .rules import RunRules
from .watching import Claim, Transfer, moved, outcome, transfer


def take_survey(rooms: Rooms, run: Run, rules: RunRules, now: datetime) -> Sorted:
    """Every seat was looked at: choose the sentinel and set aside who is left alone, or stop the run."""
    found = whole_room(run, rules)
    if found.refused:
        rooms.stop(run, "; ".join(found.refused), now)
        return found
    leave_alone(rooms, run, found.left, now)
    chosen = [name for name in found.fit if name in rules.sentinels] or list(found.fit)
    rooms.surveyed(run, chosen[0] if chosen else "", now)
    return found


def leave_alone(rooms: Rooms, run: Run, left: Mapping[str, str], now: datetime) -> None:
    """Set seats aside for the rest of the run: one whose disk was touched keeps the verdict of that attempt."""
    for name, why in left.items():
        seat = run.seat(name)
        verdict = seat.verdict if seat.touched and seat.verdict else Verdict.ABSENT
        rooms.place(run, [name], SeatState.ENDED, now, f"left alone: {why}", verdict=verdict)


def begin_job(rooms: Rooms, run: Run, step: Step, job_id: str, rules: RunRules, now: datetime) -> Job | None:
    """Record the job that ``step`` prepared, under an id that was never used; None when no seat is fit for it."""
    if step.kind is None:
        raise ValueError(f"the step {step.do.value} begins no job")
    found = just_before(run, step.seats, rules)
    leave_alone(rooms, run, found.left, now)
    if not found.fit:
        return None
    job = Job(job_id, step.kind, found.fit, now)
    rooms.intend(run, job)
    return job


def watch_job(
    rooms: Rooms, run: Run, job: Job, claims: Mapping[str, Claim], closed: bool, rules: RunRules, now: datetime
) -> Transfer:
    """Keep how far a job is; say whether it is over."""
    changed = moved(job, claims, now)
    rooms.attempt(job.id, [one for one in changed if one != job.attempts[one.seat]])
    return transfer(replace(job, attempts={one.seat: one for one in changed}), closed, rules, now)


def close_job(
    rooms: Rooms,
    run: Run,
    job: Job,
    claims: Mapping[str, Claim],
    overdue: Mapping[str, str],
    rules: RunRules,
    now: datetime,
) -> None:
    """A job is proved closed: decide what its attempts came to, and which seats are to be asked."""
    ended = [outcome(one, overdue) for one in moved(job, claims, now)]
    rooms.attempt(job.id, ended)
    rooms.advance(run, job, JobState.CLOSED, now)
    for one in ended:
        touched = run.seat(one.seat).touched or one.outcome is not Verdict.ABSENT
        if one.outcome is None:
            rooms.place(run, [one.seat], SeatState.WRITTEN, now, "the engine says that it is done", touched=touched)
        else:
            fall_behind(rooms, run, one.seat, one.outcome, one.why, rules, now, touched=touched)


def undo_job(rooms: Rooms, run: Run, job: Job, why: str, now: datetime) -> int:
    """A job was not armed, and nothing of it is left: its seats are as before it.

    Returns how many jobs in a row that has happened to by now, this one included.
    """
    for name in job.seats:
        seat = run.seat(name)
        state = SeatState.WAITING if seat.attempts <= 1 and not seat.touched else SeatState.BEHIND
        rooms.place(run, [name], state, now, seat.why, attempts=seat.attempts - 1)
    rooms.attempt(job.id, [replace(one, claim="not armed", why=why) for one in job.attempts.values()])
    rooms.advance(run, job, JobState.JUDGED, now, why)
    undone = 1
    for earlier in reversed(run.jobs[:-1]):
        if any(one.claim != "not armed" for one in earlier.attempts.values()):
            break
        undone += 1
    return undone


def fall_behind(
    rooms: Rooms,
    run: Run,
    name: str,
    verdict: Verdict,
    why: str,
    rules: RunRules,
    now: datetime,
    *,
    touched: bool,
    final: bool = False,
) -> None:
    """A seat is not done. It gets another try where one is left that could help; else its verdict stands."""
    seat = run.seat(name)
    again = not final and not run.stopped and seat.attempts <= rules.retries
    state = SeatState.BEHIND if again else SeatState.ENDED
    rooms.place(run, [name], state, now, why, verdict=verdict, touched=touched, final=final)


def end_run(rooms: Rooms, run: Run, rules: RunRules, why: str, now: datetime) -> Outcome:
    """End a run: seats that were never begun are absent, and what is done decides how the run ended."""
    for seat in in_order(run.seats):
        if seat.state is SeatState.WAITING:
            rooms.place(run, [seat.name], SeatState.ENDED, now, why or "not begun", verdict=Verdict.ABSENT)
        elif seat.state is not SeatState.ENDED:
            rooms.place(run, [seat.name], SeatState.ENDED, now, seat.why, verdict=seat.verdict or Verdict.UNVERIFIED)
    done = sum(seat.verdict is Verdict.DONE for seat in run.seats)
    touched = any(seat.touched for seat in run.seats)
    enough = done >= rules.ratio * len(run.seats) and done > 0
    result = Outcome.DONE if enough else Outcome.FAILED if touched or run.jobs else Outcome.CANCELLED
    told = f"{done} of {len(run.seats)} seats are done" + (f"; {why}" if why else "")
    rooms.end(run, result, told, now)
    return result


def take_verdicts(
    rooms: Rooms, run: Run, job: Job, judged: tuple[Judged, ...], rules: RunRules, now: datetime
) -> tuple[str, ...]:
    """Keep the verdicts that stand; return the seats that are to be asked again. The job ends when there is none."""
    for one in judged:
        if one.verdict is Verdict.DONE:
            rooms.place(run, [one.seat], SeatState.ENDED, now, "", verdict=Verdict.DONE)
        elif one.verdict is not None:
            fall_behind(rooms, run, one.seat, one.verdict, one.why, rules, now, touched=True, final=one.final)
    left = tuple(one.seat for one in judged if one.verdict is None)
    if not left:
        rooms.advance(run, job, JobState.JUDGED, now)
    return left


def take_patches(rooms: Rooms, run: Run, patches: Mapping[str, Patches], now: datetime) -> None:
    """A seat of which nobody knows what it lacks after its patch round is not done."""
    for seat in run.seats:
        if seat.verdict is not Verdict.DONE:
            continue
        found = with_patches(Judgement(seat.verdict), patches.get(seat.name, UNKNOWN).missing)
        if found.verdict is not seat.verdict:
            rooms.place(run, [seat.name], SeatState.ENDED, now, found.why, verdict=found.verdict)


def expose_twins(rooms: Rooms, run: Run, now: datetime) -> None:
    """Take back the verdict of seats that turned out to be twins of another one."""
    for name, why in twins(run).items():
        rooms.place(run, [name], SeatState.ENDED, now, why, verdict=Verdict.FAILED, final=True)
