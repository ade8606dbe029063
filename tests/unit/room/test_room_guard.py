# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The guard of a job, as the process that it is: it acts when its controller is dead and the time is over, or never."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.guard import program
from ansible_collections.nightshift.fleet.plugins.plugin_utils.guard.program import Order
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import Holder

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
PROGRAM = [sys.executable, "-I", program.__file__, "room S12, job job-1"]
PATIENCE = 30.0  # real seconds, on a machine that is busy with other things


@dataclass
class Scene:
    """A controller that lives, and what its guard looks at."""

    folder: Path
    controller: subprocess.Popen[bytes] = field(
        default_factory=lambda: subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
    )

    def __post_init__(self) -> None:
        self.mark.touch()
        self.ledger.touch()

    @property
    def mark(self) -> Path:
        """Stands until nothing is armed."""
        return self.folder / "job-1.mark"

    @property
    def ledger(self) -> Path:
        """The ledger's file."""
        return self.folder / "ledger.sqlite"

    @property
    def log(self) -> Path:
        """What the guard says."""
        return self.folder / "S12.log"

    def order(self, code: str = "", **changes: object) -> Order:
        """Return an order whose command notes that it ran, then does ``code`` in Python."""
        noted = f"import os, pathlib, sys; print('RAN', os.environ['MINE'], os.getcwd()); {code}"
        usual = Order(
            controller=str(Holder.here("room S12", self.controller.pid)),
            mark=str(self.mark), needs=[str(self.ledger)], log=str(self.log), folder=str(self.folder),
            command=[sys.executable, "-c", noted], environment={"MINE": "yes"},
            wait=0.5, pause=0.3, patience=60, poll=0.05,
        )  # fmt: skip
        return replace(usual, **changes)

    def disarms(self) -> str:
        """Return the code of a command that removes the mark, as a run that was abandoned does."""
        return f"pathlib.Path({str(self.mark)!r}).unlink()"

    def stand(self, order: Order) -> int:
        """Start the guard; return its process id."""
        subprocess.run(PROGRAM, input=order.as_json(), text=True, check=True, timeout=PATIENCE)
        until(lambda: "stands guard" in self.said())
        return int(self.said().partition("process ")[2].split()[0])

    def die(self) -> None:
        """Kill the controller."""
        self.controller.kill()
        self.controller.wait()

    def said(self) -> str:
        """Return what the guard and its command said."""
        return self.log.read_text("utf-8") if self.log.exists() else ""

    def ran(self) -> int:
        """Return how often the command was run."""
        return self.said().count("RAN yes")


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    found = Scene(tmp_path)
    yield found
    found.mark.unlink(missing_ok=True)  # whatever a test did, its guard ends
    found.die()


def until(true: Callable[[], bool]) -> None:
    """Wait for something that a process does. Raises AssertionError when it does not come."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def lives(pid: int) -> bool:
    return bool(Holder.here("guard", pid).start)


def ended(pid: int) -> None:
    """Wait for the end of a guard."""
    until(lambda: not lives(pid))


def test_the_room_is_disarmed_when_the_controller_is_dead_and_the_guard_ends(scene: Scene) -> None:
    pid = scene.stand(scene.order(scene.disarms()))
    time.sleep(1)
    assert scene.ran() == 0 and lives(pid), "the controller lives"
    died = time.monotonic()
    scene.die()
    ended(pid)
    assert scene.ran() == 1, scene.said()
    assert time.monotonic() - died >= 0.5
    assert f"RAN yes {scene.folder}" in scene.said() and "exit code 0" in scene.said()


def test_nothing_is_done_when_the_mark_is_gone_while_the_controller_lives(scene: Scene) -> None:
    pid = scene.stand(scene.order())
    scene.mark.unlink()
    ended(pid)
    assert scene.ran() == 0 and scene.controller.poll() is None


def test_nothing_is_done_when_somebody_carries_on_in_time(scene: Scene) -> None:
    pid = scene.stand(scene.order(wait=120))
    scene.die()
    until(lambda: "its controller is gone" in scene.said())
    scene.mark.unlink()
    ended(pid)
    assert scene.ran() == 0


def test_another_process_with_the_number_of_the_controller_is_not_the_controller(scene: Scene) -> None:
    real = Holder.here("room S12", scene.controller.pid)
    earlier = replace(real, start=str(int(real.start) - 1))
    ended(scene.stand(scene.order(scene.disarms(), controller=str(earlier))))
    assert scene.ran() == 1 and scene.controller.poll() is None


@pytest.mark.parametrize("dies", [False, True])
def test_a_guard_whose_ledger_has_vanished_ends(scene: Scene, dies: bool) -> None:
    pid = scene.stand(scene.order(wait=120))
    if dies:
        scene.die()
        until(lambda: "its controller is gone" in scene.said())
    scene.ledger.unlink()
    ended(pid)
    assert scene.ran() == 0


def test_what_did_not_disarm_the_room_is_tried_again(scene: Scene) -> None:
    tries = scene.folder / "tries"
    code = f"p = pathlib.Path({str(tries)!r}); p.open('a').write('x'); p.stat().st_size > 2 and {scene.disarms()}"
    pid = scene.stand(scene.order(f"{code}; sys.exit(2)"))
    scene.die()
    ended(pid)
    assert scene.ran() == 3 and scene.said().count("ended with exit code 2") == 3


def test_a_guard_gives_up_in_the_end_and_says_what_may_be_armed(scene: Scene) -> None:
    pid = scene.stand(scene.order(patience=1.0))
    scene.die()
    ended(pid)
    assert scene.ran() >= 1 and "it may still be armed" in scene.said()


def test_a_command_that_hangs_is_ended_with_the_patience(scene: Scene) -> None:
    pid = scene.stand(scene.order(patience=0.2, command=[sys.executable, "-c", "import time; time.sleep(300)"]))
    scene.die()
    ended(pid)
    assert "that was ended after" in scene.said()


def test_a_command_that_cannot_be_started_is_told(scene: Scene) -> None:
    pid = scene.stand(scene.order(patience=0.2, command=["/nothing/here"]))
    scene.die()
    ended(pid)
    assert "could not be started" in scene.said()


def test_a_guard_outlives_the_process_group_that_started_it(scene: Scene) -> None:
    starts = f"import subprocess, sys, time; subprocess.run({PROGRAM!r}, stdin=sys.stdin, check=True); time.sleep(300)"
    order = replace(scene.order(scene.disarms(), wait=1), folder="/")
    with subprocess.Popen([sys.executable, "-c", starts], stdin=subprocess.PIPE, start_new_session=True) as group:
        assert group.stdin is not None
        named = replace(order, controller=str(Holder.here("room S12", group.pid)))
        group.stdin.write(named.as_json().encode())
        group.stdin.close()
        until(lambda: "stands guard" in scene.said())
        os.killpg(group.pid, signal.SIGKILL)
        group.wait()
    until(lambda: not scene.mark.exists())
    assert scene.ran() == 1


def test_no_guard_stands_where_a_process_cannot_be_told_from_another(scene: Scene) -> None:
    nobody = replace(Holder.here("room S12", scene.controller.pid), start="")
    done = subprocess.run(
        PROGRAM, input=scene.order(controller=str(nobody)).as_json(), text=True, capture_output=True, check=False
    )
    assert done.returncode == 1 and "does not tell when a process started" in done.stderr
    assert not scene.log.exists()
