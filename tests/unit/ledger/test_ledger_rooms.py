# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The runs that give computer rooms their images (campus 5), as the ledger keeps them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from ansible_collections.nightshift.fleet.plugins.plugin_utils.cloning.model import Outcome
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import Ledger, Signal, Standing, Transaction
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import Device
from ansible_collections.nightshift.fleet.plugins.plugin_utils.room.model import (
    Attempt,
    Job,
    JobKind,
    JobState,
    Proof,
    Run,
    Seat,
    SeatState,
    Verdict,
)
from ledger_scenes import NOW, instant, job, report, result

HOUR = timedelta(hours=1)
NAMES = ("s12-01", "s12-02", "s12-03")
SEATS = tuple(Seat(name, f"52:54:00:77:12:0{number}", f"A{number}") for number, name in enumerate(NAMES, start=1))
RUN = Run("run-1", "S12", "fog-1", "fog", "lab", "7", "ab" * 32, NOW, NOW + 8 * HOUR, SEATS)
JOB = Job("reimage-s12-20261121T220000Z-0a1b2c", JobKind.SENTINEL, NAMES[:1], NOW + HOUR)


@pytest.fixture
def room(tx: Transaction) -> Transaction:
    """A ledger in which a run of the room has begun."""
    tx.enrol([Device(name, device_class="room", room="S12") for name in NAMES], NOW)
    tx.rooms.begin(RUN)
    return tx


def run_in(tx: Transaction) -> Run:
    found = tx.rooms.open_in("S12")
    assert found is not None
    return found


def test_a_run_comes_back_as_it_was_begun(room: Transaction) -> None:
    assert room.rooms.open_in("S12") == room.rooms.open_on("fog-1") == room.rooms.run("run-1") == RUN
    assert room.rooms.open_in("S13") is None and room.rooms.run("run-2") is None


@pytest.mark.parametrize("changes", [{"id": "run-2", "server": "fog-2"}, {"id": "run-3", "room": "S13"}])
def test_a_room_and_a_server_have_one_open_run_each(ledger: Ledger, changes: dict[str, str]) -> None:
    with ledger.begin() as tx:
        tx.enrol([Device(name, device_class="room", room="S12") for name in NAMES], NOW)
        tx.rooms.begin(RUN)
    with pytest.raises(sa.exc.IntegrityError), ledger.begin() as tx:
        tx.rooms.begin(replace(RUN, **changes))
    with ledger.begin() as tx:
        tx.rooms.end(RUN, Outcome.DONE, "3 of 3 seats", NOW + HOUR)
        tx.rooms.begin(replace(RUN, **changes))


def test_a_job_is_recorded_with_its_id_before_it_is_armed_and_one_is_open_at_a_time(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        tx.enrol([Device(name, device_class="room", room="S12") for name in NAMES], NOW)
        tx.rooms.begin(RUN)
        tx.rooms.intend(RUN, JOB)
    with ledger.read() as view:
        run = view.rooms.open_in("S12")
    assert run is not None and run.open_job is not None
    assert (run.open_job.id, run.open_job.state, run.open_job.seats) == (JOB.id, JobState.INTENDED, NAMES[:1])
    assert [seat.state for seat in run.seats] == [SeatState.TAKEN, SeatState.WAITING, SeatState.WAITING]
    assert run.seat(NAMES[0]).attempts == 1
    with pytest.raises(sa.exc.IntegrityError), ledger.begin() as tx:
        tx.rooms.intend(run, replace(JOB, id="another", seats=NAMES[1:2]))


def test_a_job_goes_on_state_by_state_and_makes_room_for_the_next(room: Transaction) -> None:
    room.rooms.intend(RUN, JOB)
    for hours, state in enumerate((JobState.ARMED, JobState.CLOSED, JobState.JUDGED), start=2):
        job = run_in(room).open_job
        assert job is not None
        room.rooms.advance(run_in(room), job, state, NOW + hours * HOUR)
    run = run_in(room)
    assert run.open_job is None
    assert (run.jobs[0].armed, run.jobs[0].closed, run.jobs[0].judged) == tuple(NOW + n * HOUR for n in (2, 3, 4))
    room.rooms.intend(run, replace(JOB, id="another", kind=JobKind.WAVE, seats=NAMES[1:]))
    assert run_in(room).open_job == replace(
        JOB,
        id="another",
        kind=JobKind.WAVE,
        seats=NAMES[1:],
        attempts={name: Attempt("another", name) for name in NAMES[1:]},
    )


def test_how_far_a_seat_is_and_what_it_said_are_kept(room: Transaction) -> None:
    room.rooms.intend(RUN, JOB)
    tried = Attempt(JOB.id, NAMES[0], NOW, NOW + HOUR, NOW + HOUR, "started", 42.5, Verdict.TIMEOUT, "no progress")
    room.rooms.attempt(JOB.id, [tried])
    before = Proof(NOW, {"seat": {"computer_name": "S12-01", "users": []}}, marked=JOB.id)
    room.rooms.prove(RUN.id, NAMES[0], "before", before)
    room.rooms.prove(RUN.id, NAMES[0], "after", Proof(NOW, silence="no answer", off=True))
    room.rooms.prove(RUN.id, NAMES[0], "after", Proof(NOW + HOUR, {"computer_name": "S12-01"}))
    seat = run_in(room).seat(NAMES[0])
    assert run_in(room).jobs[0].attempts == {NAMES[0]: tried}
    assert seat.before == before and seat.after == Proof(NOW + HOUR, {"computer_name": "S12-01"})


def test_every_change_of_a_seat_leaves_a_step(room: Transaction) -> None:
    room.rooms.intend(RUN, JOB)
    room.rooms.place(
        run_in(room), NAMES[:1], SeatState.ENDED, NOW + HOUR, "it says so", verdict=Verdict.DONE, final=True
    )
    room.rooms.prepared(RUN.id, NAMES[1], NOW)
    seat = run_in(room).seat(NAMES[0])
    assert (seat.state, seat.verdict, seat.why, seat.final) == (SeatState.ENDED, Verdict.DONE, "it says so", True)
    assert run_in(room).seat(NAMES[1]).prepared
    told = [(step.seat, step.was, step.became) for step in room.rooms.steps(RUN.id) if step.seat]
    assert told == [(NAMES[0], "waiting", "taken"), (NAMES[0], "taken", "done"), (NAMES[1], "", "prepared")]


def test_what_runs_did_is_the_history_of_a_campaign(room: Transaction) -> None:
    room.rooms.stop(RUN, "a person ended it", NOW)
    room.rooms.stop(run_in(room), "a second reason", NOW)
    assert run_in(room).stopped == "a person ended it"
    room.rooms.end(RUN, Outcome.FAILED, "2 of 3 seats", NOW + HOUR)
    room.rooms.begin(replace(RUN, id="run-2", started=NOW + 24 * HOUR))
    assert [(one.room, one.outcome, one.ended, one.image, one.detail) for one in room.rooms.history()] == [
        ("S12", Outcome.FAILED, NOW + HOUR, "lab", "2 of 3 seats"),
        ("S12", Outcome.RUNNING, None, "lab", ""),
    ]


@pytest.mark.parametrize(("outcome", "overdue"), [(Outcome.DONE, False), (Outcome.FAILED, True)])
def test_a_room_whose_last_clone_did_not_succeed_is_overdue(room: Transaction, outcome: Outcome, overdue: bool) -> None:
    room.rooms.end(RUN, Outcome.FAILED, "an earlier night", NOW + HOUR)
    later = replace(RUN, id="run-2", started=NOW + 24 * HOUR)
    room.rooms.begin(later)
    room.rooms.end(later, outcome, "", NOW + 25 * HOUR)
    debts = {debt.device: debt.groups for debt in room.debts(NOW + 26 * HOUR, 168 * HOUR)}
    assert [("room_overdue" in debts[name]) for name in NAMES] == [overdue] * 3


def tried(tx: Transaction, at: datetime, identity: str) -> int:
    """Let an installation of u1 end on the first seat; return how many tries of it count there."""
    ended = job(identity, results=[result("u1", finished_at=instant(at))], finished_at=instant(at))
    tx.record_report(NAMES[0], report(f"s-{identity}", at + HOUR, missing=["u1"], jobs=[ended]), at + HOUR)
    return len(tx.device_states(NAMES)[NAMES[0]].updates["u1"].attempts)


def test_what_was_tried_on_a_disk_that_was_written_over_since_does_not_count(room: Transaction) -> None:
    assert tried(room, NOW, "j-1") == 1
    room.rooms.intend(RUN, JOB)
    room.rooms.advance(RUN, JOB, JobState.CLOSED, NOW + 2 * HOUR)
    assert tried(room, NOW + HOUR, "j-2") == 2, "nothing was written"
    room.rooms.attempt(JOB.id, [Attempt(JOB.id, NAMES[0], claim="done", percent=100)])
    assert tried(room, NOW + 3 * HOUR, "j-3") == 1


def test_a_seat_with_a_new_disk_has_its_turn_and_no_ticket_about_the_old_one(room: Transaction) -> None:
    for name in NAMES:
        room.record_standing(name, Standing(NOW, NOW + 99 * HOUR, "p", "settled", "nothing to do", {}))
        room.raise_ticket(name, Signal.UPDATE_FAILED, "u1 failed", "u1", {}, NOW)
    room.rooms.renewed(NAMES[:2], NAMES[:1], NOW + HOUR)
    found = room.standings(NAMES)
    assert [found[name].next_at for name in NAMES] == [NOW + HOUR, NOW + HOUR, NOW + 99 * HOUR]
    assert [len(room.open_tickets(name)) for name in NAMES] == [0, 1, 1]
