# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The words of a run are read once, and none is missed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.session import Session, SessionFolder, Word
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.spoken import Spoken

from tests.unit.patrol.rig import Rig


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[SessionFolder]:
    folder = SessionFolder(str(tmp_path))
    folder.clear()
    yield folder
    folder.clear()


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return Rig(tmp_path, {"name": "pc-001"}, {}).session


def texts(said: dict[str, Word]) -> dict[str, str]:
    return {name: word.text for name, word in said.items()}


def test_a_round_is_read_on_from_where_the_last_reading_ended(folder: SessionFolder) -> None:
    folder.say(1, Word("a", "waiting", "first"))
    assert texts(folder.words_of(1)) == {"a": "first"}
    folder.say(1, Word("b", "waiting", "late"))
    folder.say(1, Word("a", "settled", "second"))
    assert texts(folder.words_of(1)) == {"a": "second", "b": "late"}


def test_what_was_said_after_the_last_reading_of_a_round_still_counts_in_the_next(folder: SessionFolder) -> None:
    folder.say(1, Word("a", "waiting", "one"))
    folder.words_of(1)
    folder.say(1, Word("b", "waiting", "late"))
    folder.say(2, Word("a", "waiting", "two"))
    assert texts(folder.words_of(2)) == {"a": "two"}
    assert texts(folder.words(2)) == {"a": "two", "b": "late"}


def test_an_earlier_round_can_be_asked_for_again(folder: SessionFolder) -> None:
    folder.say(1, Word("a", "waiting", "one"))
    folder.say(2, Word("a", "waiting", "two"))
    assert texts(folder.words(2)) == {"a": "two"}
    assert texts(folder.words(1)) == {"a": "one"}
    assert texts(folder.words(2)) == {"a": "two"}


def test_a_line_that_is_still_being_written_waits_for_the_next_reading(tmp_path: Path) -> None:
    spoken = Spoken(tmp_path, lambda line: Word(line, "waiting", ""))
    file = tmp_path / "words-1"
    file.write_text("a\nhal")
    assert set(spoken.during(1)) == {"a"}
    file.write_text("a\nhalf\n")
    assert set(spoken.during(1)) == {"a", "half"}


def test_a_second_run_in_the_same_process_starts_with_nothing_said(folder: SessionFolder, session: Session) -> None:
    folder.save(session)
    folder.load(fresh=True)
    folder.say(1, Word("a", "waiting", "of the first run"))
    assert texts(folder.words(1)) == {"a": "of the first run"}
    for file in folder.path.iterdir():  # as the worker of the second run's first round does it
        file.unlink()
    folder.save(replace(session, patrol="second"))
    folder.say(1, Word("b", "waiting", "of the second run"))
    folder.load(fresh=True)
    assert texts(folder.words(1)) == {"b": "of the second run"}


def test_a_session_that_was_saved_again_is_read_again_only_when_asked_to(
    folder: SessionFolder, session: Session
) -> None:
    folder.save(session)
    first = folder.load()
    assert first is not None and first.round == 1
    folder.save(replace(session, round=2))
    assert folder.load() is first
    later = folder.load(fresh=True)
    assert later is not None and later.round == 2
    assert folder.load(fresh=True) is later


def test_a_run_is_over_only_once_that_was_noted(folder: SessionFolder) -> None:
    assert not folder.ended()
    folder.end()
    assert folder.ended()
