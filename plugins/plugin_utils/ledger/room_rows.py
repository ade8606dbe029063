# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A room run as rows, and rows as a room run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from ..cloning.model import Outcome
from ..room.model import Attempt, Job, JobKind, JobState, Proof, Run, Seat, SeatState, Verdict
from .portable import Row

BEFORE, AFTER = "before", "after"
_SAME = ("id", "room", "server", "engine", "image", "version", "checksum", "not_after", "sentinel", "stopped", "detail")


def run_row(run: Run) -> dict[str, Any]:
    """Return the row of a run that begins."""
    return {
        **{name: getattr(run, name) for name in _SAME},
        "started_at": run.started,
        "surveyed_at": run.surveyed,
        "ended_at": run.ended,
        "outcome": run.outcome.value,
        "open_room": run.room,
        "open_server": run.server,
    }


def seat_row(run: str, seat: Seat) -> dict[str, Any]:
    """Return the row of a seat."""
    return {
        "run": run,
        "device": seat.name,
        "mac": seat.mac,
        "place": seat.place,
        "address": seat.address,
        "state": seat.state.value,
        "attempts": seat.attempts,
        "verdict": seat.verdict.value if seat.verdict else None,
        "why": seat.why,
        "touched": seat.touched,
        "final": seat.final,
        "prepared": seat.prepared,
    }


def job_row(run: str, number: int, job: Job) -> dict[str, Any]:
    """Return the row of a job that is intended."""
    return {
        "id": job.id,
        "run": run,
        "number": number,
        "kind": job.kind.value,
        "state": job.state.value,
        "intended_at": job.intended,
        "open_key": run,
    }


def attempt_row(one: Attempt) -> dict[str, Any]:
    """Return the row of a seat in a job."""
    return {
        "job": one.job,
        "device": one.seat,
        "told_at": one.told,
        "joined_at": one.joined,
        "changed_at": one.changed,
        "claim": one.claim,
        "percent": one.percent,
        "outcome": one.outcome.value if one.outcome else None,
        "why": one.why,
    }


def proof_row(run: str, seat: str, phase: str, proof: Proof) -> dict[str, Any]:
    """Return the row of what a seat said."""
    return {
        "run": run,
        "device": seat,
        "phase": phase,
        "at": proof.at,
        "said": dict(proof.said),
        "silence": proof.silence,
        "off": proof.off,
        "marked": proof.marked,
    }


def run_of(row: Row, seats: Iterable[Row], jobs: Iterable[Row], attempts: Iterable[Row], proofs: Iterable[Row]) -> Run:
    """Return a run, whole."""
    tried: dict[str, dict[str, Attempt]] = defaultdict(dict)
    for one in attempts:
        tried[one["job"]][one["device"]] = _attempt_of(one)
    said = {(one["device"], one["phase"]): _proof_of(one) for one in proofs}
    return Run(
        **{name: row[name] for name in _SAME},
        started=row["started_at"],
        surveyed=row["surveyed_at"],
        ended=row["ended_at"],
        outcome=Outcome(row["outcome"]),
        seats=tuple(
            _seat_of(one, said.get((one["device"], BEFORE)), said.get((one["device"], AFTER))) for one in seats
        ),
        jobs=tuple(_job_of(one, tried[one["id"]]) for one in jobs),
    )


def _seat_of(row: Row, before: Proof | None, after: Proof | None) -> Seat:
    return Seat(
        name=row["device"],
        mac=row["mac"],
        place=row["place"],
        address=row["address"],
        state=SeatState(row["state"]),
        attempts=row["attempts"],
        verdict=Verdict(row["verdict"]) if row["verdict"] else None,
        why=row["why"],
        touched=row["touched"],
        final=row["final"],
        prepared=row["prepared"],
        before=before,
        after=after,
    )


def _job_of(row: Row, attempts: dict[str, Attempt]) -> Job:
    return Job(
        id=row["id"],
        kind=JobKind(row["kind"]),
        seats=tuple(attempts),
        intended=row["intended_at"],
        state=JobState(row["state"]),
        armed=row["armed_at"],
        closed=row["closed_at"],
        judged=row["judged_at"],
        attempts=attempts,
    )


def _attempt_of(row: Row) -> Attempt:
    return Attempt(
        job=row["job"],
        seat=row["device"],
        told=row["told_at"],
        joined=row["joined_at"],
        changed=row["changed_at"],
        claim=row["claim"],
        percent=row["percent"],
        outcome=Verdict(row["outcome"]) if row["outcome"] else None,
        why=row["why"],
    )


def _proof_of(row: Row) -> Proof:
    return Proof(row["at"], row["said"], row["silence"], row["off"], row["marked"])
