# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The runs that give computer rooms their images. Reached as ``tx.rooms``; every change of a seat leaves a step."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from ..cloning.model import CloneRun, Outcome
from ..room.model import Attempt, Job, JobState, Proof, Run, SeatState, Verdict
from . import standings, tickets
from .portable import upsert
from .room_rows import attempt_row, job_row, proof_row, run_of, run_row, seat_row
from .room_tables import room_attempts, room_jobs, room_proofs, room_runs, room_seats, room_steps
from .values import Signal

_OF_A_DISK = frozenset({Signal.UPDATE_FAILED, Signal.SCAN_FAILED, Signal.RESTART_IN_VAIN, Signal.REMOVAL_FAILED})


@dataclass(frozen=True, slots=True)
class RoomStep:
    """A change of a seat, or of the run itself (``seat`` is "")."""

    at: datetime
    seat: str
    was: str
    became: str
    why: str


class RoomReader:
    """Questions about runs."""

    __slots__ = ("_conn",)

    def __init__(self, conn: sa.Connection) -> None:
        self._conn = conn

    def run(self, run: str) -> Run | None:
        """One run, with its seats and jobs; None when there is none of that id."""
        return self._whole(room_runs.c.id == run)

    def open_in(self, room: str) -> Run | None:
        """The run of a room that has not ended; there is at most one."""
        return self._whole(room_runs.c.open_room == room)

    def open_on(self, server: str) -> Run | None:
        """The run on an imaging server that has not ended; there is at most one."""
        return self._whole(room_runs.c.open_server == server)

    def history(self) -> tuple[CloneRun, ...]:
        """All runs, oldest first, as a campaign reads them."""
        query = sa.select(room_runs).order_by(room_runs.c.started_at, room_runs.c.id)
        return tuple(
            CloneRun(
                row["room"], row["started_at"], Outcome(row["outcome"]), row["ended_at"], row["image"], row["detail"]
            )
            for row in self._conn.execute(query).mappings()
        )

    def steps(self, run: str) -> tuple[RoomStep, ...]:
        """Every change in a run, oldest first."""
        query = sa.select(room_steps).where(room_steps.c.run == run).order_by(room_steps.c.id)
        return tuple(
            RoomStep(row["at"], row["device"] or "", row["was"], row["became"], row["why"])
            for row in self._conn.execute(query).mappings()
        )

    def _whole(self, which: sa.ColumnElement[bool]) -> Run | None:
        row = self._conn.execute(sa.select(room_runs).where(which)).mappings().one_or_none()
        if row is None:
            return None

        def rows(table: sa.Table, where: sa.ColumnElement[bool], *order: sa.Column[str]) -> list[sa.RowMapping]:
            return list(self._conn.execute(sa.select(table).where(where).order_by(*order)).mappings())

        jobs = rows(room_jobs, room_jobs.c.run == row["id"], room_jobs.c.number)
        ids = [job["id"] for job in jobs]
        return run_of(
            row,
            rows(room_seats, room_seats.c.run == row["id"], room_seats.c.device),
            jobs,
            rows(room_attempts, room_attempts.c.job.in_(ids), room_attempts.c.device),
            rows(room_proofs, room_proofs.c.run == row["id"], room_proofs.c.device),
        )


class Rooms(RoomReader):
    """Questions, and runs to remember. The caller is the run's only controller: it holds the room's lease."""

    __slots__ = ()

    def begin(self, run: Run) -> None:
        """Begin a run, with its seats. Raises sqlalchemy.exc.IntegrityError when its room or its server has another."""
        self._conn.execute(sa.insert(room_runs), [run_row(run)])
        self._conn.execute(sa.insert(room_seats), [seat_row(run.id, seat) for seat in run.seats])
        self._step(run.id, None, run.started, "", "running", f"image {run.image} {run.version} on {run.server}")

    def surveyed(self, run: Run, sentinel: str, now: datetime) -> None:
        """Every seat was looked at; ``sentinel`` goes first."""
        self._change(run.id, {"surveyed_at": now, "sentinel": sentinel})

    def stop(self, run: Run, why: str, now: datetime) -> None:
        """Nothing new begins in this run any more; the first reason stands."""
        if not run.stopped:
            self._change(run.id, {"stopped": why})
            self._step(run.id, None, now, "running", "stopping", why)

    def end(self, run: Run, outcome: Outcome, detail: str, now: datetime) -> None:
        """End a run: its room and its server are free for another one."""
        closed = {"ended_at": now, "outcome": outcome.value, "detail": detail, "open_room": None, "open_server": None}
        self._change(run.id, closed)
        self._step(run.id, None, now, "running", outcome.value, detail)

    def place(
        self,
        run: Run,
        names: Collection[str],
        state: SeatState,
        now: datetime,
        why: str = "",
        **more: bool | int | Verdict | None,
    ) -> None:
        """Put seats into a state. ``more``: other fields of the seats; ``why`` is told with the step."""
        told = {key: value.value if isinstance(value, Verdict) else value for key, value in more.items()}
        for name in names:
            was = run.seat(name)
            values = {"state": state.value, "why": why, **told}
            self._conn.execute(sa.update(room_seats).where(_seat(run.id, name)).values(values))
            became = str(told.get("verdict") or state.value)
            self._step(run.id, name, now, was.state.value, became, why)

    def renewed(self, names: Collection[str], proved: Collection[str], now: datetime) -> None:
        """The disks of ``names`` were written over: what was planned for the old ones is no longer so.

        Of seats that are ``proved`` to have the image, tickets about the old disk are closed.
        """
        standings.wake(self._conn, names, now)
        for name in sorted(proved):
            for ticket in tickets.open_tickets(self._conn, name):
                if ticket.signal in _OF_A_DISK:
                    tickets.close_ticket(self._conn, ticket.id, now, "the computer got a new image")

    def prepared(self, run: str, seat: str, now: datetime) -> None:
        """A seat's own tasks before the clone have succeeded; they are not repeated in this run."""
        self._conn.execute(sa.update(room_seats).where(_seat(run, seat)).values(prepared=True))
        self._step(run, seat, now, "", "prepared", "")

    def prove(self, run: str, seat: str, phase: str, proof: Proof) -> None:
        """Keep what a seat said of itself ``before`` or ``after``, in place of what it said earlier."""
        upsert(self._conn, room_proofs, [proof_row(run, seat, phase, proof)])

    def intend(self, run: Run, job: Job) -> None:
        """Record a job before it is armed, and take its seats. Raises IntegrityError while another one is open."""
        self._conn.execute(sa.insert(room_jobs), [job_row(run.id, len(run.jobs) + 1, job)])
        rows = [attempt_row(Attempt(job.id, name)) for name in job.seats]
        self._conn.execute(sa.insert(room_attempts), rows)
        for name in job.seats:
            count = run.seat(name).attempts + 1
            self.place(run, [name], SeatState.TAKEN, job.intended, f"{job.kind.value} {job.id}", attempts=count)

    def advance(self, run: Run, job: Job, state: JobState, now: datetime, why: str = "") -> None:
        """Move a job on."""
        values: dict[str, object] = {"state": state.value, f"{state.value}_at": now}
        if state is JobState.JUDGED:
            values["open_key"] = None
        self._conn.execute(sa.update(room_jobs).where(room_jobs.c.id == job.id).values(values))
        self._step(run.id, None, now, f"{job.kind.value} {job.state.value}", state.value, why or job.id)

    def attempt(self, job: str, changed: Iterable[Attempt]) -> None:
        """Keep how far seats are in a job."""
        upsert(self._conn, room_attempts, [attempt_row(one) for one in changed])

    def _change(self, run: str, values: Mapping[str, object]) -> None:
        self._conn.execute(sa.update(room_runs).where(room_runs.c.id == run).values(dict(values)))

    def _step(self, run: str, seat: str | None, at: datetime, was: str, became: str, why: str) -> None:
        row = {"run": run, "device": seat, "at": at, "was": was, "became": became, "why": why}
        self._conn.execute(sa.insert(room_steps), [row])


def _seat(run: str, name: str) -> sa.ColumnElement[bool]:
    return sa.and_(room_seats.c.run == run, room_seats.c.device == name)
