# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A person stops patrols: those that come, and those that run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger.stops import Stop
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.probe import Target
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.round import begin
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.session import SessionFolder
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.stopping import stopped

from tests.e2e.fleets import UPDATES, catalogue, pc
from tests.unit.patrol.rig import Rig

HOURS = timedelta(hours=1)


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path, pc(), catalogue(*UPDATES))


@pytest.fixture
def folder(tmp_path: Path) -> SessionFolder:
    fresh = SessionFolder(str(tmp_path))
    fresh.clear()
    return fresh


def answers(targets: Iterable[Target]) -> Mapping[str, str]:
    return {target.name: "" for target in targets}


def stop(rig: Rig, hours: int = 4) -> None:
    now = rig.clock.now()
    with rig.ledger.begin() as tx:
        tx.decisions.stop_patrols(Stop("olga", "exams in all rooms", now, now + hours * HOURS))


def events(rig: Rig) -> list[tuple[str, str]]:
    with rig.ledger.read() as view:
        return [(line.actor, line.event) for line in view.audit_trail() if line.event.startswith("patrols_")]


def test_a_patrol_that_comes_while_a_stop_stands_asks_nobody_and_says_why(rig: Rig, folder: SessionFolder) -> None:
    stop(rig)
    begun = stopped(folder, rig.ledger, rig.session, 1)
    assert begun is not None and begun.over
    assert begun.text.startswith("stopped by olga until ") and "exams in all rooms" in begun.text
    assert folder.ended() and folder.read_turn("ask", 1) == []
    assert set(folder.words(0)) == {"pc-001"}, "the table at the end has every device"


def test_a_patrol_that_runs_ends_before_its_next_round(rig: Rig, folder: SessionFolder) -> None:
    assert stopped(folder, rig.ledger, rig.session, 1) is None
    begin(folder, rig.ledger, rig.session, 1, answers)
    stop(rig)
    assert stopped(folder, rig.ledger, rig.session, 2) is not None
    assert folder.ended()


def test_a_stop_ends_by_itself_or_when_somebody_says_so_and_both_are_in_the_trail(
    rig: Rig, folder: SessionFolder
) -> None:
    stop(rig, hours=1)
    rig.wait(61)
    assert stopped(folder, rig.ledger, rig.session, 1) is None
    stop(rig)
    with rig.ledger.begin() as tx:
        assert tx.decisions.resume_patrols("olga", "the exams are over", rig.clock.now()) == 1
    assert stopped(folder, rig.ledger, rig.session, 1) is None
    assert events(rig) == [("olga", "patrols_stopped"), ("olga", "patrols_stopped"), ("olga", "patrols_resumed")]


def test_a_rehearsal_starts_nothing_and_is_not_stopped(rig: Rig, folder: SessionFolder) -> None:
    stop(rig)
    assert stopped(folder, rig.ledger, replace(rig.session, rehearsal=True), 1) is None
