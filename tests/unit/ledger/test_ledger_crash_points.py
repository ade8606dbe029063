# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The controller may die between any two steps of a job; docs/ledger.md has these as a table.

Each test dies at one point (the patrol below stops there and is forgotten), lets the device
go on as it would, and sends one more patrol. Nothing may be installed twice, nothing lost.
"""

from __future__ import annotations

from enum import IntEnum

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.device import parse_scan
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import (
    JobActive,
    Ledger,
    Transaction,
    UnknownJob,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import (
    Device,
    Job,
    JobKind,
    JobState,
    Outcome,
)
from ledger_scenes import HOUR, MINUTE, NOW, PC, TinyDevice, answer, job, report, result


class Step(IntEnum):
    """What a patrol does for a device, in order; a patrol that dies ``at`` a step has not done it."""

    INTEND = 0
    START = 1
    NOTE_START = 2
    COLLECT = 3
    RECORD = 4
    ACKNOWLEDGE = 5
    NOTHING_LEFT = 6


class Killed(Exception):
    """The controller died here."""


class Patrol:
    """A patrol as small as can be: what is missing is installed."""

    def __init__(self, ledger: Ledger, device: TinyDevice, name: str, dies_at: Step = Step.NOTHING_LEFT) -> None:
        self.ledger = ledger
        self.device = device
        self.name = name
        self.dies_at = dies_at

    def reach(self, step: Step) -> None:
        if step is self.dies_at:
            raise Killed

    def run(self, minute: int, device_works: bool = True) -> None:
        """Collect, start what is due, let the device work, collect, acknowledge."""
        now = NOW + minute * MINUTE
        with self.ledger.begin() as tx:
            tx.record_report(PC, self.device.scan(tx.acknowledgeable([PC]).get(PC, ())), now)
        with self.ledger.begin() as tx:
            state = tx.device_state(PC)
            assert state is not None
            done = {a.update_id for one in state.updates.values() for a in one.attempts}
            due = [one.id for one in state.missing if one.id not in done]
            if due and not any(one.active for one in state.jobs):
                self.reach(Step.INTEND)
                job = tx.intend_job(PC, f"{self.name}-job", JobKind.INSTALL, due, None, now)
            else:
                job = None
        if job is not None:
            self.reach(Step.START)
            self.device.apply(job.id, job.updates, now)
            self.reach(Step.NOTE_START)
            with self.ledger.begin() as tx:
                tx.job_started(PC, job.id, now)
        if device_works:
            self.device.work(now + MINUTE)
        self.reach(Step.COLLECT)
        answered = self.device.scan()
        self.reach(Step.RECORD)
        with self.ledger.begin() as tx:
            recorded = tx.record_report(PC, answered, now + 2 * MINUTE)
        self.reach(Step.ACKNOWLEDGE)
        self.device.scan(recorded.acknowledge)


def settled(ledger: Ledger, device: TinyDevice) -> None:
    """Nothing twice, nothing lost, nothing left on the device."""
    assert sorted(device.installed) == ["one", "two"]
    assert device.jobs == {}
    with ledger.read() as tx:
        attempts = tx.history(PC).attempts
        state = tx.device_state(PC)
    assert sorted(one.attempt.update_id for one in attempts) == ["one", "two"]
    assert {one.attempt.outcome for one in attempts} == {Outcome.SUCCEEDED}
    assert state is not None
    assert not any(one.active for one in state.jobs)


@pytest.mark.parametrize("step", list(Step), ids=lambda step: step.name.lower())
@pytest.mark.parametrize("works_meanwhile", [True, False], ids=["device_works_on", "device_stands_still"])
def test_a_patrol_killed_at_any_step_is_completed_by_the_next(
    ledger: Ledger, step: Step, works_meanwhile: bool
) -> None:
    device = TinyDevice()
    try:
        Patrol(ledger, device, "first", step).run(0, device_works=step > Step.COLLECT)
        assert step is Step.NOTHING_LEFT
    except Killed:
        pass
    if works_meanwhile:
        device.work(NOW + 5 * MINUTE)
    Patrol(ledger, device, "second").run(10)
    Patrol(ledger, device, "third").run(20)
    settled(ledger, device)


def test_a_start_that_arrives_after_its_patrol_died_is_not_started_a_second_time(ledger: Ledger) -> None:
    device = TinyDevice()
    with pytest.raises(Killed):
        Patrol(ledger, device, "first", Step.START).run(0)
    with ledger.begin() as tx:
        recorded = tx.record_report(PC, device.scan(), NOW + 5 * MINUTE)
        job = tx.intend_job(PC, "second-job", JobKind.INSTALL, ["one", "two"], None, NOW + 5 * MINUTE)
    assert [one.id for one in recorded.unstarted] == ["first-job"]
    device.apply("first-job", ["one", "two"], NOW + 5 * MINUTE)  # the old command arrives now, late
    device.apply(job.id, job.updates, NOW + 5 * MINUTE)
    device.work(NOW + 6 * MINUTE)
    Patrol(ledger, device, "third").run(10)
    settled(ledger, device)


def active(tx: Transaction) -> list[Job]:
    state = tx.device_state(PC)
    assert state is not None
    return [one for one in state.jobs if one.active]


def intend(tx: Transaction, name: str = "j1", kind: JobKind = JobKind.INSTALL, minute: int = 0) -> Job:
    return tx.intend_job(PC, name, kind, ["one"], NOW + HOUR, NOW + minute * MINUTE)


def test_an_intended_job_owns_the_device_until_the_device_denies_it(tx: Transaction) -> None:
    assert intend(tx) == Job("j1", JobKind.INSTALL, JobState.INTENDED, ("one",), None, NOW + HOUR)
    assert active(tx) == [intend(tx)]
    recorded = tx.record_report(PC, report(), NOW + MINUTE)
    assert [one.id for one in recorded.unstarted] == ["j1"]
    assert active(tx) == []


def test_the_id_of_an_unconfirmed_job_is_used_again_with_what_is_wanted_now(tx: Transaction) -> None:
    intend(tx, "j1")
    again = tx.intend_job(PC, "j2", JobKind.INSTALL, ["two"], NOW + 2 * HOUR, NOW + MINUTE)
    assert again == Job("j1", JobKind.INSTALL, JobState.INTENDED, ("two",), None, NOW + 2 * HOUR)
    assert active(tx) == [again]


def test_a_denied_job_gives_way_to_one_of_another_kind(tx: Transaction) -> None:
    intend(tx, "j1")
    tx.record_report(PC, report(), NOW + MINUTE)
    assert intend(tx, "j2", JobKind.UNINSTALL, 2).id == "j2"
    assert [(one.job.id, one.ended_as and one.ended_as.value) for one in tx.history(PC).jobs] == [
        ("j1", "lost"),
        ("j2", None),
    ]


def test_a_device_with_a_running_job_takes_no_other(tx: Transaction) -> None:
    intend(tx, "j1")
    tx.job_started(PC, "j1", NOW)
    with pytest.raises(JobActive, match="install job j1 is running"):
        intend(tx, "j2")
    assert intend(tx, "s1", JobKind.SCAN).id == "s1"


def test_a_refused_job_is_over_and_a_late_start_of_it_is_believed_all_the_same(tx: Transaction) -> None:
    intend(tx, "j1")
    tx.job_refused(PC, "j1", "another job is running", NOW)
    assert active(tx) == []
    tx.record_report(PC, report(jobs=[job("j1", "running", updates=["one"])]), NOW + MINUTE)
    assert [one.id for one in active(tx)] == ["j1"]


def test_a_running_job_that_the_device_forgot_is_lost_and_its_late_result_is_kept(tx: Transaction) -> None:
    intend(tx, "j1")
    tx.job_started(PC, "j1", NOW)
    assert tx.record_report(PC, report(), NOW + MINUTE).lost == ("j1",)
    assert active(tx) == []
    late = tx.record_report(PC, report(jobs=[job("j1", results=[result("one")])]), NOW + 2 * MINUTE)
    assert [one.update_id for one in late.new_attempts] == ["one"]


def test_a_search_whose_files_are_gone_ended_well_when_its_result_is_the_devices_last_scan(tx: Transaction) -> None:
    tx.intend_job(PC, "s1", JobKind.SCAN, [], None, NOW)
    tx.job_started(PC, "s1", NOW)
    recorded = tx.record_report(PC, report("s1", NOW + MINUTE, missing=[]), NOW + 2 * MINUTE)
    assert (recorded.lost, recorded.ended_jobs) == ((), ("s1",))


def test_an_interrupted_job_counts_what_it_began_and_says_nothing_of_the_rest(tx: Transaction) -> None:
    intend(tx, "j1")
    cut = job("j1", "interrupted", updates=["one", "two"], results=[result("one", "interrupted")])
    recorded = tx.record_report(PC, report("s1", NOW, missing=["one", "two"], jobs=[cut]), NOW + MINUTE)
    assert [(one.update_id, one.outcome) for one in recorded.new_attempts] == [("one", Outcome.INTERRUPTED)]


def test_a_job_is_acknowledged_until_the_device_was_seen_without_it(tx: Transaction) -> None:
    done = answer(jobs=[job("j1", results=[result("one")])])
    tx.record_report(PC, parse_scan(done), NOW)
    assert tx.acknowledgeable([PC]) == {PC: ("j1",)}
    assert tx.record_report(PC, parse_scan(done), NOW + MINUTE).acknowledge == ("j1",)
    tx.record_report(PC, report(), NOW + 2 * MINUTE)
    assert tx.acknowledgeable([PC]) == {}


def test_a_job_that_was_never_intended_cannot_be_started(tx: Transaction) -> None:
    with pytest.raises(UnknownJob, match=f"{PC}: the ledger has no job j9"):
        tx.job_started(PC, "j9", NOW)


def test_the_same_job_id_on_a_clone_of_the_device_is_another_job(tx: Transaction) -> None:
    tx.enrol([Device("pc-clone")], NOW)
    done = report("s1", NOW, missing=["one"], jobs=[job("j1", results=[result("one", "failed")])])
    for name in (PC, "pc-clone"):
        assert len(tx.record_report(name, done, NOW).new_attempts) == 1
