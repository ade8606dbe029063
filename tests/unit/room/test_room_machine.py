# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What comes next in a room run, case by case and under any misfortune."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.room.machine import Do, Step, next_step
from ansible_collections.nightshift.fleet.plugins.plugin_utils.room.model import (
    Job,
    JobKind,
    JobState,
    Run,
    SeatState,
    Verdict,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.room.rules import RunRules
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

from room_scenes import HOUR, MINUTE, NAMES, NOW, behind, done, job, run, seat

RULES = RunRules()


def test_every_seat_is_looked_at_before_anything_else() -> None:
    assert next_step(run(surveyed=None), RULES, NOW) == Step(Do.SURVEY, NAMES)


def test_the_sentinel_goes_first_and_alone() -> None:
    step = next_step(run(sentinel=NAMES[2]), RULES, NOW)
    assert (step.do, step.kind, step.seats) == (Do.PREPARE, JobKind.SENTINEL, (NAMES[2],))
    assert next_step(run(), RULES, NOW).seats == (NAMES[0],)


def test_no_other_seat_is_touched_when_the_sentinel_is_not_done() -> None:
    failed = seat(NAMES[0], SeatState.ENDED, verdict=Verdict.FAILED, touched=True, why="wrong image", attempts=2)
    step = next_step(run(failed, *(seat(name) for name in NAMES[1:])), RULES, NOW)
    assert step.do is Do.END
    assert step.why == "the sentinel s12-01 is not done (wrong image); no other seat was touched"


def test_a_sentinel_that_is_behind_is_tried_again_before_any_other() -> None:
    step = next_step(run(behind(NAMES[0]), *(seat(name) for name in NAMES[1:])), RULES, NOW)
    assert (step.kind, step.seats) == (JobKind.SENTINEL, NAMES[:1])


def test_another_seat_is_the_sentinel_when_the_first_never_came() -> None:
    absent = seat(NAMES[0], SeatState.ENDED, verdict=Verdict.ABSENT)
    step = next_step(run(absent, *(seat(name) for name in NAMES[1:]), sentinel=NAMES[0]), RULES, NOW)
    assert (step.kind, step.seats) == (JobKind.SENTINEL, NAMES[1:2])


def test_seat_after_seat_that_never_comes_is_no_reason_to_go_through_the_whole_room() -> None:
    gone = [seat(name, SeatState.ENDED, verdict=Verdict.ABSENT) for name in NAMES[:3]]
    jobs = tuple(replace(job(JobKind.SENTINEL, one.name, state=JobState.JUDGED), id=one.name) for one in gone)
    step = next_step(run(*gone, *(seat(name) for name in NAMES[3:]), jobs=jobs), RULES, NOW)
    assert step.do is Do.END and "3 seats in turn did not come" in step.why


def test_the_others_go_by_multicast_in_waves_of_about_the_same_size() -> None:
    rest = run(done(NAMES[0]), *(seat(name) for name in NAMES[1:]))
    assert next_step(rest, RULES, NOW).seats == NAMES[1:]
    step = next_step(rest, replace(RULES, wave=3), NOW)
    assert (step.kind, step.seats) == (JobKind.WAVE, NAMES[1:3])


def test_what_is_behind_goes_by_unicast_a_few_at_a_time_and_after_the_waves() -> None:
    room = run(done(NAMES[0]), behind(NAMES[1]), behind(NAMES[2]), seat(NAMES[3]))
    assert next_step(room, RULES, NOW).seats == NAMES[3:4]
    room = run(done(NAMES[0]), behind(NAMES[1]), behind(NAMES[2]), done(NAMES[3]))
    step = next_step(room, replace(RULES, together=1), NOW)
    assert (step.kind, step.seats) == (JobKind.STRAGGLERS, NAMES[1:2])


@pytest.mark.parametrize("hopeless", [behind(NAMES[1], attempts=2), behind(NAMES[1], final=True)])
def test_a_seat_is_not_tried_for_ever(hopeless: object) -> None:
    assert next_step(run(done(NAMES[0]), hopeless), RULES, NOW) == Step(Do.END)


@pytest.mark.parametrize(
    ("state", "do"), [(JobState.INTENDED, Do.ARM), (JobState.ARMED, Do.WATCH), (JobState.CLOSED, Do.JUDGE)]
)
def test_a_run_that_was_killed_goes_on_with_the_job_that_the_ledger_holds(state: JobState, do: Do) -> None:
    open_job = job(JobKind.WAVE, *NAMES[1:], state=state)
    assert next_step(run(jobs=(open_job,)), RULES, NOW) == Step(do, NAMES[1:], JobKind.WAVE, "job-1")


def test_nothing_new_begins_when_the_night_is_over_and_what_runs_is_watched_to_its_end() -> None:
    late = NOW + 9 * HOUR
    step = next_step(run(), RULES, late)
    assert (step.do, step.why) == (Do.END, "nothing new begins after 2026-11-22 06:00 UTC")
    intended = job(JobKind.WAVE, *NAMES, state=JobState.INTENDED)
    assert next_step(run(jobs=(intended,)), RULES, late).do is Do.CLOSE
    assert next_step(run(jobs=(replace(intended, state=JobState.ARMED),)), RULES, late).do is Do.WATCH


@pytest.mark.parametrize("state", [JobState.INTENDED, JobState.ARMED])
def test_a_run_that_is_to_stop_closes_its_job_first(state: JobState) -> None:
    stopped = run(jobs=(job(JobKind.WAVE, *NAMES, state=state),), stopped="the operator ended it")
    assert next_step(stopped, RULES, NOW).do is Do.CLOSE
    judged = run(jobs=(job(JobKind.WAVE, *NAMES, state=JobState.JUDGED),), stopped="the operator ended it")
    assert next_step(judged, RULES, NOW) == Step(Do.END, why="the operator ended it")


class Night:
    """Takes the steps of a run and lets Hypothesis decide how each seat fares."""

    def __init__(self, size: int, rules: RunRules, fates: st.DataObject) -> None:
        self.rules, self.fates, self.now = rules, fates, NOW
        self.run = run(*(seat(f"s12-{number:02}") for number in range(1, size + 1)), surveyed=None)

    def go(self) -> int:
        """Take steps to the end; return how many there were."""
        for count in range(500):
            step = next_step(self.run, self.rules, self.now)
            if step.do is Do.END:
                return count
            self.take(step)
            self.now += 7 * MINUTE
        raise AssertionError("it never ends")

    def take(self, step: Step) -> None:
        assert len([one for one in self.run.jobs if one.state is not JobState.JUDGED]) <= 1
        if step.do is Do.SURVEY:
            self.run = replace(self.run, surveyed=self.now)
        elif step.do is Do.PREPARE:
            self.prepare(step)
        elif step.do is Do.ARM:
            assert self.run.surveyed is not None
            proved = any(one.verdict is Verdict.DONE for one in self.run.seats)
            assert proved or len(step.seats) == 1
            self.advance(JobState.ARMED)
        elif step.do in (Do.WATCH, Do.CLOSE):
            self.advance(JobState.CLOSED)
        else:
            self.judge(step)

    def prepare(self, step: Step) -> None:
        assert step.kind is not None
        fit = [name for name in step.seats if not self.fates.draw(st.booleans(), "left alone")]
        for name in set(step.seats) - set(fit):
            self.place(name, SeatState.ENDED, Verdict.ABSENT)
        if fit:
            made = replace(job(step.kind, *fit, state=JobState.INTENDED), id=f"job-{len(self.run.jobs)}")
            self.run = replace(self.run, jobs=(*self.run.jobs, made))
            for name in fit:
                self.place(name, SeatState.TAKEN, None, attempts=self.run.seat(name).attempts + 1)

    def judge(self, step: Step) -> None:
        for name in step.seats:
            verdict = self.fates.draw(st.sampled_from(Verdict), "verdict")
            ended = SeatState.ENDED if verdict is Verdict.DONE else SeatState.BEHIND
            touched = verdict is not Verdict.ABSENT or self.run.seat(name).touched
            self.place(name, ended, verdict, touched=touched, final=self.fates.draw(st.booleans(), "final"))
            if verdict is not Verdict.DONE and not _again(self.run, name, self.rules):
                self.place(name, SeatState.ENDED, verdict)
        self.advance(JobState.JUDGED)

    def place(self, name: str, state: SeatState, verdict: Verdict | None, **more: object) -> None:
        changed = replace(self.run.seat(name), state=state, verdict=verdict, **more)
        self.run = replace(self.run, seats=tuple(changed if one.name == name else one for one in self.run.seats))

    def advance(self, state: JobState) -> None:
        jobs = tuple(replace(one, state=state) if one.state is not JobState.JUDGED else one for one in self.run.jobs)
        self.run = replace(self.run, jobs=jobs)


def _again(now: Run, name: str, rules: RunRules) -> bool:
    one = now.seat(name)
    return not one.final and one.attempts <= rules.retries


@settings(max_examples=150, deadline=None)
@given(st.integers(1, 12), st.integers(1, 5), st.integers(0, 3), st.integers(1, 4), st.data())
def test_whatever_happens_a_run_ends_and_keeps_its_promises(
    size: int, wave: int, retries: int, together: int, fates: st.DataObject
) -> None:
    night = Night(size, RunRules(wave=wave, retries=retries, together=together), fates)
    night.go()
    tried = Counter(name for one in night.run.jobs for name in one.seats)
    assert all(count <= retries + 1 for count in tried.values())
    waves = [one for one in night.run.jobs if one.kind is JobKind.WAVE]
    assert all(len(one.seats) <= wave for one in waves)
    assert all(len(one.seats) <= together for one in night.run.jobs if one.kind is JobKind.STRAGGLERS)
    if not any(one.verdict is Verdict.DONE for one in night.run.seats):
        assert not waves
    assert _order_holds(night.run.jobs)


def _order_holds(jobs: tuple[Job, ...]) -> bool:
    """Return whether sentinels came first, and stragglers last."""
    order = [JobKind.SENTINEL, JobKind.WAVE, JobKind.STRAGGLERS]
    ranks = [order.index(one.kind) for one in jobs]
    return ranks == sorted(ranks)
