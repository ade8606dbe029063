# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A round begins: who is probed, and what silence means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from ansible import constants
from ansible_collections.nightshift.fleet.plugins.lookup import turn
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.probe import Target
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.round import begin
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.session import SessionFolder, Word

from tests.e2e.fleets import UPDATES, catalogue, pc
from tests.unit.patrol.rig import Rig


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path, pc(), catalogue(*UPDATES))


@pytest.fixture
def folder(tmp_path: Path) -> SessionFolder:
    fresh = SessionFolder(str(tmp_path))
    fresh.clear()
    return fresh


def silence(targets: Iterable[Target]) -> Mapping[str, str]:
    return {target.name: "no answer" for target in targets}


def answers(targets: Iterable[Target]) -> Mapping[str, str]:
    return {target.name: "" for target in targets}


def test_a_device_never_seen_is_probed_and_asked(rig: Rig, folder: SessionFolder) -> None:
    begun = begin(folder, rig.ledger, rig.session, 1, answers)
    assert (begun.asked, begun.offline, folder.read_turn("ask", 1)) == (1, 0, ["pc-001"])


def test_a_play_is_over_who_is_asked_else_over_one_who_begins_the_next_round_and_over_nobody_when_the_run_has_ended(
    rig: Rig, folder: SessionFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(tmp_path))
    monkeypatch.setattr(turn, "prepare_turns", lambda session: None)

    def hosts() -> list[str]:
        return turn.LookupModule().run(["ask"])

    assert hosts() == ["!all"], "no patrol is open"
    folder.save(rig.session)
    begin(folder, rig.ledger, rig.session, 1, answers)
    assert (hosts(), folder.asked(1)) == (["pc-001"], {"pc-001"})
    begin(folder, rig.ledger, rig.session, 1, silence)
    assert (hosts(), folder.asked(1)) == (["pc-001"], set()), "its turn is skipped, and the next round begun there"
    folder.end()
    assert hosts() == ["!all"]


def test_silence_is_remembered_and_costs_no_worker(rig: Rig, folder: SessionFolder) -> None:
    begun = begin(folder, rig.ledger, rig.session, 1, silence)
    assert (begun.asked, begun.offline, folder.read_turn("ask", 1)) == (0, 1, [])
    assert folder.words(1)["pc-001"].status == "offline"
    with rig.ledger.read() as tx:
        assert tx.presence(["pc-001"])["pc-001"].offline_since == rig.clock.now()


def test_a_device_whose_plan_cannot_have_changed_is_not_asked(rig: Rig, folder: SessionFolder) -> None:
    rig.ask()
    rig.wait(3)
    rig.ask()
    rig.act()
    for _ in range(12):
        rig.wait(10)
        if rig.ask().acts:
            rig.act()
            rig.act("remind")
    rig.session = type(rig.session)(**{name: getattr(rig.session, name) for name in rig.session.__slots__})
    begun = begin(folder, rig.ledger, rig.session, 1, answers)
    assert begun.asked == 0, folder.words(1)


def test_a_worker_that_died_without_a_word_is_told_and_not_waited_for(rig: Rig, folder: SessionFolder) -> None:
    begin(folder, rig.ledger, rig.session, 1, answers)
    assert begin(folder, rig.ledger, rig.session, 2, answers).over
    word = folder.words(1)["pc-001"]
    assert (word.status, word.text) == ("attention", "its worker died in round 1")


def test_a_device_that_does_not_come_back_from_our_restart_needs_a_person(rig: Rig, folder: SessionFolder) -> None:
    begin(folder, rig.ledger, rig.session, 1, answers)
    now = rig.clock.now()
    restarting = Word("pc-001", "restarting", "", again=now, back_by=now + timedelta(minutes=2))
    folder.say(1, restarting)
    begin(folder, rig.ledger, rig.session, 2, silence)
    assert folder.words(2)["pc-001"].text == "restarting: not back yet"
    rig.wait(2)
    begin(folder, rig.ledger, rig.session, 3, silence)
    assert folder.words(3)["pc-001"].status == "attention"


def test_words_survive_being_written_down(folder: SessionFolder, rig: Rig) -> None:
    now = rig.clock.now()
    word = Word("pc-001", "restarting", "why", ("restart",), now, {"missing": 3}, True, now + timedelta(minutes=9))
    folder.say(4, word)
    assert folder.words_of(4) == {"pc-001": word}
