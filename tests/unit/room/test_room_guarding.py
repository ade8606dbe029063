# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When a guard is posted and lifted, and what abandoning does on its behalf: that job of that run, or nothing."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.guard.called import Called
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import Holder, Ledger, open_ledger
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import Device
from ansible_collections.nightshift.fleet.plugins.plugin_utils.policy.problems import Refused
from ansible_collections.nightshift.fleet.plugins.plugin_utils.room import holding, opening
from ansible_collections.nightshift.fleet.plugins.plugin_utils.room.guarding import Guarding
from ansible_collections.nightshift.fleet.plugins.plugin_utils.room.model import JobKind, JobState
from ansible_collections.nightshift.fleet.plugins.plugin_utils.room.problem import RoomError
from ansible_collections.nightshift.fleet.plugins.plugin_utils.room.reading import run_rules
from ansible_collections.nightshift.fleet.plugins.plugin_utils.room.rules import RunRules
from ansible_collections.nightshift.fleet.plugins.plugin_utils.room.session import RoomSession
from ansible_collections.nightshift.fleet.plugins.plugin_utils.seat.expected import ImageWanted

sys.path.insert(0, str(Path(__file__).parent))

from room_scenes import NAMES, NOW, job, run

PATIENCE = 30.0  # real seconds
NONE = timedelta()


@pytest.mark.parametrize(
    ("said", "read"), [("15m", timedelta(minutes=15)), ("3s", timedelta(seconds=3)), (0, NONE), ("0s", NONE)]
)
def test_the_time_of_a_guard_is_a_duration_and_0_is_none(said: object, read: timedelta) -> None:
    assert run_rules({"guard": said}).guard == read
    assert run_rules({}).guard == timedelta(minutes=15)


@pytest.mark.parametrize(
    ("said", "words"), [(15, "without a unit"), ("never", "is not a duration"), ("2d", "is too long"), (True, "is not")]
)
def test_another_time_of_a_guard_is_refused(said: object, words: str) -> None:
    with pytest.raises(Refused) as wrong:
        run_rules({"guard": said})
    (fault,) = wrong.value.faults
    assert words in fault.fault and fault.at.endswith("guard")


def session(folder: Path, **changes: object) -> RoomSession:
    """Return a session of the room in whose ledger a job is armed."""
    image = ImageWanted("lab", "7", "0" * 64, 26100, 4061)
    url = f"sqlite:///{folder / 'ledger.sqlite'}"
    seats, ports = run().seats, dict.fromkeys(NAMES, 5986)
    made = RoomSession("S12", "fog-1", url, os.getppid(), seats, ports, RunRules(), image, NOW, run="run-1")
    return replace(made, **changes)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """A ledger in which a job of the room's run is armed."""
    found = open_ledger(session(tmp_path).ledger)
    begun, sentinel = run(), job(JobKind.SENTINEL, NAMES[0])
    with found.begin() as tx:
        tx.enrol([Device(name, device_class="room", room="S12") for name in NAMES], NOW)
        tx.rooms.begin(begun)
        tx.rooms.intend(begun, sentinel)
        tx.rooms.advance(begun, sentinel, JobState.ARMED, NOW)
    return found


def left_alone(ledger: Ledger) -> bool:
    """Return whether the run goes on as if nobody had come, and nobody holds the room."""
    with ledger.read() as view:
        now = view.rooms.open_in("S12")
        return now is not None and not now.stopped and not view.audit_trail() and not view.leases(["room S12"])


def test_abandoning_stops_the_run_with_the_reason_and_leaves_a_line_in_the_audit_trail(
    tmp_path: Path, ledger: Ledger
) -> None:
    wanted = session(tmp_path, run="", abandon=True, only_job="job-1", why="its controller is gone")
    for _time in range(2):
        opened = opening.abandon(wanted, "nightshift", NOW)
        assert (opened.already, opened.session.run) == ("", "run-1")
    with ledger.read() as view:
        found, audited = view.rooms.open_in("S12"), view.audit_trail()
    assert found is not None and found.stopped == "its controller is gone"
    (entry,) = audited
    assert (entry.actor, entry.event, entry.detail["why"]) == ("nightshift", "room_abandoned", "its controller is gone")


def test_an_operator_who_gives_no_reason_is_the_reason(tmp_path: Path, ledger: Ledger) -> None:
    opening.abandon(session(tmp_path, run="", abandon=True), "ada", NOW)
    with ledger.read() as view:
        found, (entry,) = view.rooms.open_in("S12"), view.audit_trail()
    assert found is not None and found.stopped == "it was abandoned by an operator" and entry.actor == "ada"


def test_a_run_that_has_gone_on_to_another_job_is_not_abandoned(tmp_path: Path, ledger: Ledger) -> None:
    opened = opening.abandon(session(tmp_path, abandon=True, only_job="job-0"), "nightshift", NOW)
    assert "nothing of job job-0 is armed any more" in opened.already and left_alone(ledger)


def test_a_run_whose_job_is_closed_is_not_abandoned(tmp_path: Path, ledger: Ledger) -> None:
    with ledger.begin() as tx:
        tx.rooms.advance(run(), job(JobKind.SENTINEL, NAMES[0]), JobState.CLOSED, NOW)
    opened = opening.abandon(session(tmp_path, abandon=True, only_job="job-1"), "nightshift", NOW)
    assert "nothing of job job-1 is armed any more" in opened.already and left_alone(ledger)


def test_where_no_run_is_open_nothing_is_abandoned(tmp_path: Path) -> None:
    open_ledger(session(tmp_path).ledger)
    opened = opening.abandon(session(tmp_path, run="", abandon=True), "ada", NOW)
    assert opened.already == "room S12: no run of it is open; there is nothing to abandon"


def test_check_mode_abandons_nothing(tmp_path: Path, ledger: Ledger) -> None:
    opened = opening.abandon(session(tmp_path, abandon=True, rehearsal=True), "ada", NOW)
    assert not opened.already and left_alone(ledger)


@pytest.fixture
def controller() -> Iterator[subprocess.Popen[bytes]]:
    """A process that lives."""
    found = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
    yield found
    found.kill()
    found.wait()


needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")


@needs_proc
def test_a_run_that_somebody_carries_on_with_is_not_abandoned(
    tmp_path: Path, ledger: Ledger, controller: subprocess.Popen[bytes]
) -> None:
    holding.take(ledger, session(tmp_path, controller=controller.pid))
    with pytest.raises(RoomError, match=f"process {controller.pid} on .* holds it"):
        opening.abandon(session(tmp_path, abandon=True, only_job="job-1"), "nightshift", NOW)
    with ledger.read() as view:
        found = view.rooms.open_in("S12")
    assert found is not None and not found.stopped


def until(true: Callable[[], bool]) -> None:
    """Wait for something that a process does. Raises AssertionError when it does not come."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


@needs_proc
def test_a_guard_stands_from_its_posting_until_it_is_lifted(
    tmp_path: Path, ledger: Ledger, controller: subprocess.Popen[bytes]
) -> None:
    guarding = Guarding(tmp_path / "guards", Called({"inventory": ["room.yml"]}))
    named = session(tmp_path, controller=controller.pid, room="S 12/A", rules=RunRules(guard=timedelta(seconds=1)))
    assert guarding.post(named, "job-1") == ""
    mark, log = tmp_path / "guards" / "job-1.mark", tmp_path / "guards" / "S_12_A.log"
    assert "room S 12/A may be armed by job job-1 of run run-1 on fog-1" in mark.read_text("utf-8")
    until(lambda: log.exists() and "stands guard" in log.read_text("utf-8"))
    pid = int(log.read_text("utf-8").partition("process ")[2].split()[0])
    assert Holder.here("guard", pid).start
    guarding.lift(["job-0", "job-1"])
    until(lambda: not Holder.here("guard", pid).start)
    assert log.read_text("utf-8").count("\n") == 1, "it did nothing"


@pytest.mark.parametrize(("rules", "options"), [(RunRules(guard=NONE), {}), (RunRules(), {"ask_vault_pass": True})])
def test_no_guard_is_posted_where_the_policy_wants_none_or_none_could_act(
    tmp_path: Path, ledger: Ledger, rules: RunRules, options: dict[str, object]
) -> None:
    assert Guarding(tmp_path / "guards", Called(options)).post(session(tmp_path, rules=rules), "job-1") == ""
    assert not (tmp_path / "guards").exists()


def test_a_run_says_what_its_guard_cannot_do() -> None:
    def notes(options: dict[str, object], rules: RunRules | None = None) -> str:
        return " ".join(Guarding(Path(), Called(options)).notes(rules or RunRules()))

    assert notes({}) == "" and notes({"args": ["nightshift.fleet.reimage"]}) == ""
    assert "no guard stands by this run (a vault password was asked for" in notes({"ask_vault_pass": True})
    assert "has not the password that was asked for" in notes({"ask_pass": True})
    assert "plays nightshift.fleet.reimage" in notes({"args": ["mine.yml"]})
    assert notes({"ask_vault_pass": True}, RunRules(guard=NONE)) == ""


@needs_proc
def test_a_guard_that_cannot_be_posted_is_told_and_leaves_no_mark(
    tmp_path: Path, ledger: Ledger, controller: subprocess.Popen[bytes]
) -> None:
    guarding = Guarding(tmp_path / "guards", Called({}))
    (tmp_path / "guards").write_text("a file", encoding="utf-8")
    assert "no guard stands by room S12, job job-1 (" in guarding.post(
        session(tmp_path, controller=controller.pid), "job-1"
    )
    (tmp_path / "guards").unlink()
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    told = guarding.post(session(tmp_path, controller=dead.pid), "job-1")
    assert "(this system does not tell when a process started)" in told
    assert list((tmp_path / "guards").iterdir()) == []
