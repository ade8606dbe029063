# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module is killed at any of its steps: the next run carries on, and at the end nothing is armed.

A run is a process of its own that kills itself, with SIGKILL, before or after the n-th thing that it does: a command
on the server, a note about the job, a file that is moved. drbl-ocs itself is not killed with it, as on a real server.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from ansible_collections.nightshift.fleet.plugins.module_utils.imaging.clonezilla import jobs_log
from ansible_collections.nightshift.fleet.plugins.module_utils.imaging.clonezilla.commands import Commands, Ran
from ansible_collections.nightshift.fleet.plugins.module_utils.imaging.clonezilla.engine import ClonezillaEngine
from ansible_collections.nightshift.fleet.plugins.module_utils.imaging.clonezilla.jobs import Job, Jobs
from ansible_collections.nightshift.fleet.plugins.module_utils.imaging.clonezilla.room import Server
from ansible_collections.nightshift.fleet.plugins.module_utils.imaging.engine import EngineError, Mode

sys.path.insert(0, str(Path(__file__).parent))

from clonezilla_scenes import NOW, OTHER, PARTS, ROOM, Building, mac

from tests.tiers import some

START = ("the log is moved", "the job is noted", "drbl-ocs starts", "the start is noted")
CANCEL = ("the job is noted", "drbl-ocs stops", "dcs sets the disks")
FINISH = ("the job is noted", "drbl-ocs stops", "dcs sets the disks", "the log is kept", "the end is noted")


class Countdown:
    """Kills this process at a moment: before or after step ``number``, from 0, of those that change something."""

    def __init__(self, number: int, when: str) -> None:
        self._number = number
        self._when = when

    def step(self) -> None:
        if self._number == 0 and self._when == "before":
            os.kill(os.getpid(), signal.SIGKILL)

    def done(self) -> None:
        if self._number == 0 and self._when == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        self._number -= 1


class DyingCommands(Commands):
    """The commands of a run that dies."""

    countdown: Countdown

    def run(self, words: Sequence[str], log: Path | None = None) -> Ran:
        if words[0] not in ("drbl-ocs", "dcs"):
            return super().run(words, log)
        self.countdown.step()
        ran = super().run(words, log)
        self.countdown.done()
        return ran


class DyingJobs(Jobs):
    """The notes of a run that dies."""

    countdown: Countdown

    def write(self, job: Job) -> None:
        self.countdown.step()
        super().write(job)
        self.countdown.done()


def run_and_die(building: Building, number: int, when: str, verb: Callable[[ClonezillaEngine], object]) -> bool:
    """Do something in a process that dies at a step; return whether it died there."""
    child = os.fork()
    if child == 0:
        countdown = Countdown(number, when)
        commands, jobs = DyingCommands(building.layout, 30), DyingJobs(building.layout)
        commands.countdown = jobs.countdown = countdown
        for name in ("put_aside", "keep"):
            setattr(jobs_log, name, _dying(countdown, getattr(jobs_log, name)))
        try:
            verb(ClonezillaEngine(Server(building.layout, commands, jobs, building.wishes), lambda: NOW))
        finally:
            os._exit(0)
    _pid, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def _dying(countdown: Countdown, change: Callable[..., None]) -> Callable[..., None]:
    def changed(*given: object) -> None:
        countdown.step()
        change(*given)
        countdown.done()

    return changed


def clean(building: Building) -> bool:
    return (building.armed(), building.engine.armed(), building.running()) == (set(), frozenset(), {})


@pytest.mark.slow
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("number", some(range(len(START)), 1, 2), ids=[what.replace(" ", "-") for what in START])
def test_a_start_that_was_killed_is_carried_on_by_the_next(building: Building, number: int, when: str) -> None:
    carries_on(building, number, when, Mode.MULTICAST)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_unicast_that_was_killed_is_carried_on_by_the_next(building: Building, when: str) -> None:
    carries_on(building, 2, when, Mode.UNICAST)


def carries_on(building: Building, number: int, when: str, mode: Mode) -> None:
    spec = building.spec(mode=mode)
    building.layout.log.write_text("what came before\n")
    assert run_and_die(building, number, when, lambda engine: engine.start(spec))
    building.engine.start(spec)
    assert building.engine.armed() == {mac(name) for name in ROOM}
    assert building.running().get("udp-sender", 0) == (1 if mode is Mode.MULTICAST else 0)
    pc = building.pc(ROOM[0])
    pc.image(*PARTS)
    assert [seat.state.value for seat in building.engine.progress(spec).seats] == ["done", "armed", "armed"]
    building.engine.finish(spec)
    assert clean(building)
    assert building.layout.log.read_text() == "what came before\n"


@pytest.mark.slow
@pytest.mark.parametrize("number", some(range(len(START)), 2), ids=[what.replace(" ", "-") for what in START])
def test_a_start_that_was_killed_can_be_cancelled_and_finished(building: Building, number: int) -> None:
    building.layout.log.write_text("what came before\n")
    assert run_and_die(building, number, "after", lambda engine: engine.start(building.spec()))
    building.engine.cancel(building.spec())
    assert clean(building)
    building.engine.finish(building.spec())
    assert clean(building)
    assert building.layout.log.read_text() == "what came before\n"
    assert building.engine.preflight(building.next_door()) == ()


def test_while_a_killed_start_is_not_cleared_no_other_room_starts(building: Building) -> None:
    assert run_and_die(building, 2, "after", lambda engine: engine.start(building.spec()))
    assert "has this server (starting)" in building.engine.preflight(building.next_door())[0].what


@pytest.mark.parametrize("verb", ["start", "cancel", "finish"])
def test_what_someone_started_after_a_killed_start_goes_on(building: Building, verb: str) -> None:
    assert run_and_die(building, 2, "after", lambda engine: engine.start(building.spec()))
    building.by_hand_next_door()
    theirs = building.server.tree.pids("udp-sender")
    if verb == "start":
        with pytest.raises(EngineError, match="Clonezilla serves someone"):
            building.engine.start(building.spec())
    else:
        getattr(building.engine, verb)(building.spec())
    assert building.server.tree.pids("udp-sender") == theirs
    assert building.armed() == set(OTHER)


@pytest.mark.parametrize("verb", ["start", "cancel", "finish"])
def test_a_drbl_ocs_that_outlives_its_module_does_not_arm_after_the_next_run(building: Building, verb: str) -> None:
    """The module is killed while drbl-ocs is at work, which goes on without it."""
    building.server.fault("slow", 600)
    child = os.fork()
    if child == 0:
        try:
            building.engine.start(building.spec())
        finally:
            os._exit(0)
    while building.engine.armed() != {mac(name) for name in ROOM}:
        building.looked_at.commands.pause(0.05)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert building.running() == {"drbl-ocs": 1}
    building.server.fault("slow", None)
    done = getattr(building.engine, verb)(building.spec())
    if verb != "start":
        assert [step.text.split()[0] for step in done.requests][:3] == ["kill", "drbl-ocs", "dcs"]  # first of all
    else:
        assert building.running() == {"drbl-ocs": 1, "ocsmgrd": 1, "udp-sender": 1}
        building.engine.cancel(building.spec())
    assert clean(building)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("number", some(range(len(CANCEL)), 1), ids=[what.replace(" ", "-") for what in CANCEL])
def test_a_cancel_that_was_killed_is_carried_on_by_the_next(building: Building, number: int, when: str) -> None:
    building.engine.start(building.spec())
    building.pc(ROOM[1]).boot()
    assert run_and_die(building, number, when, lambda engine: engine.cancel(building.spec()))
    building.engine.cancel(building.spec())
    assert clean(building)
    assert [seat.state.value for seat in building.engine.progress(building.spec()).seats] == [
        "cancelled", "interrupted", "cancelled",
    ]  # fmt: skip
    building.engine.finish(building.spec())
    assert {building.pc(name).boot() for name in ROOM} == {"local"}


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("number", some(range(len(FINISH)), 1), ids=[what.replace(" ", "-") for what in FINISH])
def test_a_finish_that_was_killed_is_carried_on_by_the_next(building: Building, number: int, when: str) -> None:
    building.layout.log.write_text("what came before\n")
    building.engine.start(building.spec())
    building.pc(ROOM[0]).image(*PARTS)
    building.transfer()
    assert run_and_die(building, number, when, lambda engine: engine.finish(building.spec()))
    building.engine.finish(building.spec())
    assert clean(building)
    assert building.layout.log.read_text() == "what came before\n"
    assert [seat.state.value for seat in building.engine.verify(building.spec())] == ["done", "cancelled", "cancelled"]
    assert building.engine.preflight(building.next_door()) == ()
