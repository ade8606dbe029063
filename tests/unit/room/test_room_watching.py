# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When a transfer is over, and what becomes of seats that never say so themselves."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from ansible_collections.nightshift.fleet.plugins.plugin_utils.room.model import Attempt, Job, JobKind, Verdict
from ansible_collections.nightshift.fleet.plugins.plugin_utils.room.rules import RunRules
from ansible_collections.nightshift.fleet.plugins.plugin_utils.room.watching import Claim, moved, outcome, transfer

sys.path.insert(0, str(Path(__file__).parent))

from room_scenes import HOUR, MINUTE, NOW, job

RULES = RunRules(boot=10 * MINUTE, stall=5 * MINUTE, job=2 * HOUR)
ONE, TWO = "s12-01", "s12-02"


def at(minutes: float, watched: Job, **claims: Claim) -> Job:
    """Return the job after the engine was asked."""
    told = {name.replace("_", "-"): claim for name, claim in claims.items()}
    return replace(watched, attempts={one.seat: one for one in moved(watched, told, NOW + minutes * MINUTE)})


def test_a_seat_that_does_not_come_in_time_is_waited_for_no_more() -> None:
    alone = job(JobKind.STRAGGLERS, ONE)
    assert not transfer(alone, False, RULES, NOW + 9 * MINUTE).over
    late = transfer(alone, False, RULES, NOW + 10 * MINUTE)
    assert late.over and late.overdue == {ONE: "it did not come within 10m"}
    assert outcome(alone.attempts[ONE], late.overdue) == Attempt(
        "job-1", ONE, NOW, outcome=Verdict.ABSENT, why="it did not come within 10m"
    )


def test_the_time_to_come_is_counted_from_when_a_seat_was_told() -> None:
    told = job(JobKind.STRAGGLERS, ONE)
    told = replace(told, attempts={ONE: Attempt("job-1", ONE, told=NOW + 5 * MINUTE)})
    assert not transfer(told, False, RULES, NOW + 14 * MINUTE).over


def test_a_seat_that_gets_on_is_waited_for_and_one_that_stands_is_not() -> None:
    moving = at(4, at(2, job(JobKind.STRAGGLERS, ONE), s12_01=Claim("started", 10)), s12_01=Claim("started", 30))
    assert moving.attempts[ONE].joined == NOW + 2 * MINUTE
    assert not transfer(moving, False, RULES, NOW + 8.9 * MINUTE).over
    stood = transfer(at(9, moving, s12_01=Claim("started", 30)), False, RULES, NOW + 9 * MINUTE)
    assert stood.over and stood.overdue == {ONE: "it made no progress for 5m"}
    assert outcome(moving.attempts[ONE], stood.overdue).outcome is Verdict.TIMEOUT


def test_a_multicast_that_has_not_begun_waits_for_its_last_seat() -> None:
    early = at(1, job(JobKind.WAVE, ONE, TWO), s12_01=Claim("started", 0))
    waiting = transfer(early, False, RULES, NOW + 10 * MINUTE)
    assert not waiting.over and waiting.overdue == {TWO: "it did not come within 10m"}
    assert transfer(early, False, RULES, NOW + 16 * MINUTE).over


def test_a_transfer_is_over_when_each_seat_has_ended_or_is_overdue() -> None:
    both = at(3, job(JobKind.WAVE, ONE, TWO), s12_01=Claim("done", 100))
    assert not transfer(both, False, RULES, NOW + 4 * MINUTE).over
    over = transfer(both, False, RULES, NOW + 10 * MINUTE)
    assert over.over and set(over.overdue) == {TWO}


def test_what_the_engine_closed_is_over_at_once() -> None:
    assert transfer(job(JobKind.WAVE, ONE), True, RULES, NOW).over


def test_no_transfer_takes_longer_than_it_may() -> None:
    slow = at(110, job(JobKind.WAVE, ONE), s12_01=Claim("started", 90))
    over = transfer(at(119.5, slow, s12_01=Claim("started", 91)), False, RULES, NOW + 120 * MINUTE)
    assert over.over and over.overdue == {ONE: "the transfer took longer than 2h"}


def test_the_word_of_the_engine_that_a_seat_is_done_is_no_outcome() -> None:
    said = at(3, job(JobKind.WAVE, ONE, TWO), s12_01=Claim("done", 100), s12_02=Claim("failed", 40))
    assert outcome(said.attempts[ONE], {}).outcome is None
    assert outcome(said.attempts[TWO], {}).outcome is Verdict.FAILED


def test_a_seat_that_was_cut_off_is_interrupted_and_one_that_never_came_is_absent() -> None:
    cut = at(3, job(JobKind.WAVE, ONE, TWO), s12_01=Claim("started", 40))
    cut = at(4, cut, s12_01=Claim("interrupted", 40), s12_02=Claim("cancelled"))
    assert [outcome(cut.attempts[name], {}).outcome for name in (ONE, TWO)] == [Verdict.INTERRUPTED, Verdict.ABSENT]
