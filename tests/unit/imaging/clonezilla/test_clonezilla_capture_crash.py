# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module is killed while it starts a capture: the next run carries on, and at the end nothing is armed."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.nightshift.fleet.plugins.module_utils.imaging.clonezilla.capture import ClonezillaCapture
from ansible_collections.nightshift.fleet.plugins.module_utils.imaging.engine import EngineError, SeatState

sys.path.insert(0, str(Path(__file__).parent))

from capture_scenes import REFERENCE, booted, capture_of, clean, said, wanted
from clonezilla_scenes import Building, mac

STEPS = ("the job is noted", "drbl-ocs starts", "the start is noted")


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("number", range(len(STEPS)), ids=[what.replace(" ", "-") for what in STEPS])
def test_a_start_that_was_killed_is_carried_on_by_the_next(building: Building, number: int, when: str) -> None:
    assert killed(building, number, when)
    capture_of(building).start(wanted())
    assert (building.armed(), capture_of(building).armed()) == ({REFERENCE}, {mac(REFERENCE)})
    assert building.running() == {"ocsmgrd": 1}
    booted(building).whole()
    assert said(building).state is SeatState.DONE
    capture_of(building).finish(wanted())
    assert clean(building)


def test_a_start_that_was_killed_can_be_cancelled_and_finished(building: Building) -> None:
    assert killed(building, 1, "after")
    with pytest.raises(EngineError, match="has this server"):
        building.engine.start(building.spec())
    capture_of(building).cancel(wanted())
    assert clean(building)
    capture_of(building).finish(wanted())
    assert building.engine.preflight(building.spec()) == ()


def killed(building: Building, number: int, when: str) -> bool:
    """Start in a process that kills itself before or after its step ``number``; return whether it died there."""
    left = [number]

    def stepped(change: Callable[..., object]) -> Callable[..., object]:
        def changed(*given: object) -> object:
            mine = left[0] == 0
            left[0] -= 1
            if mine and when == "before":
                os.kill(os.getpid(), signal.SIGKILL)
            result = change(*given)
            if mine:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        return changed

    child = os.fork()
    if child == 0:
        server = building.looked_at
        server.jobs.write = stepped(server.jobs.write)  # type: ignore[method-assign]
        run = server.commands.run
        starts = stepped(run)
        server.commands.run = lambda words, log=None: (  # type: ignore[method-assign]
            starts(words, log) if words[0] == "drbl-ocs" else run(words, log)
        )
        try:
            ClonezillaCapture(server, lambda: building.now).start(wanted())
        finally:
            os._exit(0)
    _pid, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)
