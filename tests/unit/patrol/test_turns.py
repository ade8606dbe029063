# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A device's turns: what is recorded, what is started, and what happens when the controller dies between the two."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger.holder import Holder
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.session import Purpose
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import JobKind

from lab.truth import What
from tests.e2e.fleets import UPDATES, catalogue, pc
from tests.unit.patrol.rig import Died, Rig


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path, pc(), catalogue(*UPDATES))


def due(rig: Rig) -> Rig:
    """Bring a PC to where its updates are due."""
    assert rig.ask().status == "scanning"
    rig.wait(3)
    assert rig.ask().acts == ("install",)
    return rig


def installs(rig: Rig) -> Counter[str]:
    return Counter(one.kb for one in rig.truth.happenings(None, What.INSTALL_FINISHED))


def test_the_first_contact_starts_the_search_that_is_due(rig: Rig) -> None:
    word = rig.ask()
    assert (word.status, [name for name, _ in rig.calls]) == ("scanning", ["win_patch_scan"])
    assert word.again == rig.clock.now() + timedelta(minutes=1)


def test_a_device_that_works_holds_no_worker_and_is_not_asked_to_work_again(rig: Rig) -> None:
    due(rig).act()
    calls = len(rig.calls)
    assert rig.ask().status == "working"
    assert len(rig.calls) == calls + 1, "one call a round"


def test_a_search_that_a_dead_controller_started_is_collected_and_not_repeated(rig: Rig) -> None:
    rig.dies_at = "win_patch_scan"
    with pytest.raises(Died):
        rig.ask()
    rig.dies_at = ""
    rig.wait(3)
    assert rig.ask().acts == ("install",)
    assert len(list(rig.truth.happenings(None, What.SEARCH_STARTED))) == 1


def test_a_start_whose_answer_never_arrived_is_found_and_not_repeated(rig: Rig) -> None:
    due(rig)
    rig.dies_at = "win_patch_apply"
    with pytest.raises(Died):
        rig.act()
    rig.dies_at = ""
    assert rig.ask().status == "working", "the job is found on the device"
    rig.wait(30)
    rig.ask()
    assert installs(rig) == Counter({f"KB900000{number}": 1 for number in (1, 2, 3)})
    with rig.ledger.read() as tx:
        assert len(tx.history("pc-001").attempts) == 3


def test_an_intent_that_never_reached_the_device_is_taken_up_under_its_id(rig: Rig) -> None:
    due(rig)
    rig.silent_at = "win_patch_apply"
    assert rig.act().status == "offline"
    rig.silent_at = ""
    with rig.ledger.read() as tx:
        intended = next(past.job.id for past in tx.history("pc-001").jobs if past.job.kind is JobKind.INSTALL)
    assert rig.ask().acts == ("install",)
    rig.act()
    assert rig.calls[-1][1]["job_id"] == intended


def test_results_stay_on_the_device_until_they_are_recorded_and_then_go(rig: Rig) -> None:
    due(rig).act()
    rig.wait(30)
    rig.ask()
    job = next(one["job_id"] for name, one in rig.calls if name == "win_patch_apply")
    assert not any(job in one["acknowledge"] for name, one in rig.calls if name == "win_patch_report")
    rig.ask()
    assert job in rig.calls[-1][1]["acknowledge"]


def test_a_device_that_another_patrol_holds_is_left_alone(rig: Rig) -> None:
    with rig.ledger.begin() as tx:
        elsewhere = "otherhost/id/boot/ns/1/1/other"
        assert tx.acquire_lease("pc-001", elsewhere, datetime.now(UTC), timedelta(minutes=10))
    assert rig.ask().status == "held"
    assert not rig.calls


def test_the_lease_of_a_process_that_died_here_is_taken_over_at_once(rig: Rig) -> None:
    here = Holder.here("earlier")
    dead = str(here).replace(f"/{here.pid}/", "/4194300/")
    with rig.ledger.begin() as tx:
        assert tx.acquire_lease("pc-001", dead, datetime.now(UTC), timedelta(minutes=10))
    assert rig.ask().status == "scanning"


def test_a_scan_run_searches_once_and_plans_no_installation(tmp_path: Path) -> None:
    rig = Rig(tmp_path, pc(), catalogue(*UPDATES), purpose=Purpose.SCAN)
    assert rig.ask().status == "scanning"
    rig.wait(3)
    word = rig.ask()
    assert (word.acts, word.status) == ((), "waiting")
    assert not list(rig.truth.happenings(None, What.INSTALL_STARTED))


def test_the_verdict_on_every_update_is_in_a_rehearsal_and_nothing_is_started(tmp_path: Path) -> None:
    rig = Rig(tmp_path, pc(), catalogue(*UPDATES), rehearsal=True)
    word = rig.ask()
    assert word.acts == ("scan",)
    assert rig.act().status == "due"
    assert not list(rig.truth.happenings())


def test_a_laptop_that_goes_away_in_the_middle_loses_nothing(tmp_path: Path) -> None:
    rig = due(Rig(tmp_path, pc(), catalogue(*UPDATES)))
    rig.act()
    rig.wait(7)
    rig.pc.power(False)
    rig.answers = False
    assert rig.ask().status == "offline"
    rig.wait(10)
    rig.pc.power(True)
    rig.answers = True
    rig.wait(5)
    for _ in range(12):
        word = rig.ask()
        if word.acts:
            rig.act()
        rig.wait(5)
    assert set(installs(rig).values()) == {1}
    assert len(installs(rig)) == 3
