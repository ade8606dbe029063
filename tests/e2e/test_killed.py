# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The controller dies at any point, over and over; nothing is lost and nothing is done twice."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import open_ledger

from lab.operator import Operator
from tests.e2e.fleets import catalogue, pc

LONDON = ZoneInfo("Europe/London")
WANTED = [f"KB91000{number:02}" for number in range(1, 7)]
BROKEN = WANTED[2]


def killed_patrol(lab: Operator, after: float, whole_group: bool) -> bool:
    """Start a patrol, let it begin its first round and kill -9 it ``after`` seconds later.

    With or without the workers that it forked. Tell whether the kill met it alive.
    """
    log = lab.folder / "killed.log"
    command = lab.command("patrol", nightshift_poll="2m", nightshift_time_budget="3h")
    with log.open("wb") as output:
        patrol = subprocess.Popen(
            command,
            stdout=output,
            stderr=output,
            stdin=subprocess.DEVNULL,
            cwd=lab.folder,
            env=lab.variables(),
            start_new_session=True,
        )
    patience = time.monotonic() + 60
    while b"round 1" not in log.read_bytes() and patrol.poll() is None and time.monotonic() < patience:
        time.sleep(0.02)
    time.sleep(after)
    alive = patrol.poll() is None
    with contextlib.suppress(ProcessLookupError):
        if whole_group:
            os.killpg(patrol.pid, signal.SIGKILL)
        else:
            os.kill(patrol.pid, signal.SIGKILL)
    patrol.wait()
    return alive


@pytest.mark.parametrize("kills", [4, pytest.param(30, marks=pytest.mark.slow)])
def test_a_patrol_killed_at_random_points_loses_no_attempt_and_repeats_none(
    lab_of: Callable[..., Operator], kills: int
) -> None:
    chance = random.Random(2026)
    updates = [{"kb": kb, "title": f"2026-11 Update ({kb})", "severity": "Important", "minutes": 6} for kb in WANTED]
    faulty = pc("pc-001", faults=[{"kind": "fail_update", "update": BROKEN, "hresult": "0x80070643"}])
    names = [f"pc-{number:03}" for number in range(1, 6)]
    lab = lab_of(
        [faulty, *(pc(name) for name in names[1:])], start="2026-11-23T16:00:00+00:00", catalogue=catalogue(*updates)
    )
    hit, reached = 0, set()
    for _ in range(kills):
        hit += killed_patrol(lab, chance.uniform(0.0, 1.5), chance.random() < 0.5)
        reached.add(len(lab.events("install_started")))
        lab.remote.post("/clock/advance", {"seconds": chance.choice([0, 0, 60, 240])})  # nobody patrols for a while
    assert hit >= kills * 2 // 3, "most of the kills met a patrol that was alive"
    assert len(reached) > kills // 10, "they were spread over the whole evening"
    lab.patrol(nightshift_poll="6m", nightshift_stay="2h").ok()

    finished = Counter((event["device"], event["kb"]) for event in lab.events("install_finished"))
    assert set(finished.values()) == {1}, "no update was installed twice"
    assert set(finished) == {(name, kb) for name in names for kb in WANTED} - {("pc-001", BROKEN)}, "none was lost"
    assert len(lab.events("install_failed")) == 2, "the broken one was tried twice, and no more"
    for event in lab.events("install_started"):
        local = datetime.fromisoformat(event["at"]).astimezone(LONDON)
        assert (local.weekday(), 16 <= local.hour < 20) == (0, True), f"started outside the window: {event}"
    with open_ledger(f"sqlite:///{lab.ledger}", read_only=True).read() as tx:
        tickets = tx.open_tickets()
        attempts = tx.history("pc-001").attempts
    assert [(ticket.device, ticket.signal) for ticket in tickets] == [("pc-001", "update_failed")]
    assert len([one for one in attempts if one.attempt.outcome == "failed"]) == 2
