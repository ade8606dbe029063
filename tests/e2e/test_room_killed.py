# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A room's run is killed at one point after the other, and carried on with; another room has to wait meanwhile."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.room.model import JobKind, JobState, Verdict
from ansible_collections.nightshift.fleet.plugins.plugin_utils.room.model import Run as RoomRun

from tests.e2e.rooms import OTHER, RoomLab, policy, room_lab, seats_of

PATIENCE = 420.0  # real seconds, on a machine that is busy with other things


def job_is(kind: JobKind, state: JobState) -> Callable[[RoomRun], bool]:
    """Return whether a job of a kind has come so far."""
    return lambda run: any(job.kind is kind and job.state is state for job in run.jobs)


def imaging(run: RoomRun) -> bool:
    """Return whether seats of the wave are being written."""
    return any(one.percent > 0 for job in run.jobs if job.kind is JobKind.WAVE for one in job.attempts.values())


POINTS: list[tuple[str, Callable[[RoomRun], bool]]] = [
    ("looked at", lambda run: run.surveyed is not None),
    ("the sentinel's job recorded", job_is(JobKind.SENTINEL, JobState.INTENDED)),
    ("the sentinel armed", job_is(JobKind.SENTINEL, JobState.ARMED)),
    ("the sentinel closed", job_is(JobKind.SENTINEL, JobState.CLOSED)),
    ("the wave recorded", job_is(JobKind.WAVE, JobState.INTENDED)),
    ("the wave armed", job_is(JobKind.WAVE, JobState.ARMED)),
    ("the wave being written", imaging),
    ("the wave closed", job_is(JobKind.WAVE, JobState.CLOSED)),
]


def killed_at(
    lab: RoomLab,
    log: Path,
    point: Callable[[RoomRun], bool],
    whole_group: bool,
    by: signal.Signals = signal.SIGKILL,
) -> bool:
    """Start the playbook and end it as soon as the ledger has come to a point; tell whether it was met alive."""
    playbook, met = lab.popen(log), False
    end = time.monotonic() + PATIENCE
    try:
        while not met and time.monotonic() < end and playbook.poll() is None:
            time.sleep(0.05)
            run = lab.open_run() if lab.operator.ledger.exists() else None
            met = run is not None and point(run)
        return met and playbook.poll() is None
    finally:
        with contextlib.suppress(ProcessLookupError):
            if whole_group:
                os.killpg(playbook.pid, by)
            else:
                os.kill(playbook.pid, by)
        playbook.wait()


def arming(lab: RoomLab) -> list[str]:
    """Return the orders that armed something."""
    return [order for order in lab.imaging()["orders"] if order.endswith("/task")]


@pytest.mark.slow
def test_a_run_killed_at_every_step_carries_on_with_the_same_jobs_and_arms_none_twice(tmp_path: Path) -> None:
    with room_lab(tmp_path / "lab") as lab:
        met, jobs = [], {}
        for number, (name, point) in enumerate(POINTS):
            if killed_at(lab, tmp_path / f"{number}.log", point, whole_group=number % 2 == 0):
                met.append(name)
            run = lab.open_run()
            if run is None:
                break
            for job in run.jobs:
                assert jobs.setdefault(job.id, job.seats) == job.seats
        assert len(met) >= 6, f"kills that met the run alive: {met}"
        told = lab.clone().ok()
        assert lab.verdicts() == dict.fromkeys(seats_of("S12", 3), "done"), told.said
        assert lab.imaged() == seats_of("S12", 3), "no disk was written twice"
        assert len(arming(lab)) == 2, "the sentinel was armed once, and the wave once"
        assert jobs.keys() <= {job.id for job in lab.run().jobs}
        assert lab.armed() == [] and lab.imaging()["groups"] == []


@pytest.mark.slow
def test_a_killed_run_keeps_another_room_from_the_server_until_it_is_abandoned(tmp_path: Path) -> None:
    with room_lab(tmp_path / "lab") as lab:
        assert killed_at(lab, tmp_path / "a.log", imaging_sentinel, whole_group=True)
        orders = lab.imaging()["orders"]
        other = lab.clone(room=OTHER)
        assert other.code != 0 and "of room S12 is open there" in " ".join(other.said.split())
        assert lab.imaging()["orders"] == orders, "nothing was asked of the server for it"
        told = lab.clone(nightshift_abandon="true")
        assert lab.armed() == [] and lab.open_run() is None, told.said
        assert told.code != 0
        assert lab.run().seat("s12-01").verdict.value == "interrupted"
        assert [lab.run().seat(name).verdict.value for name in ("s12-02", "s12-03")] == ["absent", "absent"]


def imaging_sentinel(run: RoomRun) -> bool:
    """Return whether the sentinel is being written."""
    return any(one.percent > 0 for job in run.jobs for one in job.attempts.values())


@pytest.mark.slow
def test_a_room_has_to_wait_while_another_one_runs_on_the_server(tmp_path: Path) -> None:
    with room_lab(tmp_path / "lab") as lab:
        first = lab.popen(tmp_path / "a.log")
        try:
            end = time.monotonic() + PATIENCE
            while time.monotonic() < end and not (lab.operator.ledger.exists() and lab.open_run()):
                time.sleep(0.1)
            other = lab.clone(room=OTHER)
            said = " ".join(other.said.split())
            assert other.code != 0 and ("imaging server fog-1" in said), other.said
            assert first.wait(PATIENCE * 2) == 0
        finally:
            with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
                first.kill()
                first.wait(10)
        assert "s13-01" not in lab.imaged() and lab.armed() == []


def test_a_run_that_broke_off_and_that_nobody_carries_on_with_is_abandoned_by_its_guard_and_no_seat_stays_armed(
    tmp_path: Path,
) -> None:
    with room_lab(tmp_path / "lab", policy(guard="10s")) as lab:  # time enough to look on a busy machine
        armed = job_is(JobKind.SENTINEL, JobState.ARMED)
        assert killed_at(lab, tmp_path / "a.log", armed, whole_group=True)
        assert lab.armed() == ["s12-01"]
        begun, (mark,), end = lab.open_run(), lab.marks(), time.monotonic() + PATIENCE
        assert begun is not None
        while time.monotonic() < end and lab.open_run():
            time.sleep(0.5)
        told, run = (mark.parent / "S12.log").read_text(encoding="utf-8"), lab.run_of(begun.id)
        assert run.ended is not None, told
        assert "its controller is gone, and nobody carried on within 10s" in run.detail
        assert lab.armed() == [] and lab.imaging()["groups"] == [] and lab.marks() == [], told
        assert {seat.name: seat.verdict for seat in run.seats} == dict.fromkeys(seats_of("S12", 3), Verdict.ABSENT)
        assert lab.imaged() == [] and lab.run().id == run.id, "nothing was written, and a report was"
        (entry,) = lab.audited("room_abandoned")
        assert (entry.actor, entry.detail["run"]) == ("nightshift", run.id)
        assert "there is nothing to abandon" in " ".join(lab.clone(nightshift_abandon="true").ok().said.split())


@pytest.mark.slow
def test_after_ctrl_c_no_seat_stays_armed(tmp_path: Path) -> None:
    """Ansible ends in order: with its rescue, or without when its main process sees it first: then the guard acts.

    Now and then it loses the signal while it forks, and goes on to the end.
    """
    with room_lab(tmp_path / "lab", policy(guard="3s")) as lab:
        assert killed_at(lab, tmp_path / "a.log", POINTS[2][1], whole_group=True, by=signal.SIGINT)
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and (lab.marks() or lab.armed()):
            time.sleep(0.5)
        assert (lab.marks(), lab.armed()) == ([], [])
