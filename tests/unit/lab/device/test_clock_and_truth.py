# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lab's clock and its record of what really happened."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lab.clock import VirtualClock
from lab.truth import Happening, Truth, What

START = datetime(2026, 11, 23, 16, tzinfo=UTC)


def test_a_clock_without_rate_stands_until_it_is_moved() -> None:
    clock = VirtualClock(START)
    assert clock.now() == START
    clock.advance(90)
    assert clock.now() == START + timedelta(seconds=90)


def test_a_clock_with_a_rate_runs_that_much_faster() -> None:
    real = iter([0.0, 2.0])
    assert VirtualClock(START, 60, lambda: next(real)).now() == START + timedelta(seconds=120)


def test_a_clock_never_runs_backwards() -> None:
    clock = VirtualClock(START)
    assert clock.advance_to(START - timedelta(days=1)) == START
    with pytest.raises(ValueError, match="never runs backwards"):
        clock.advance(-1)


def test_a_clock_wants_to_know_the_zone() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        VirtualClock(datetime(2026, 11, 23))


def test_the_truth_is_a_line_of_json_for_each_thing_that_happened(tmp_path: Path) -> None:
    truth = Truth(tmp_path / "truth.jsonl")
    truth.add(Happening(START, "pc-01", What.POWER_OFF))
    lines = (tmp_path / "truth.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["what"] for line in lines] == ["power_off"]


def test_the_truth_finds_an_update_that_was_installed_twice() -> None:
    truth = Truth()
    for what in (What.INSTALL_FINISHED, What.UNINSTALL_FINISHED, What.INSTALL_FINISHED):
        truth.add(Happening(START, "pc-01", what, "u-1"))
    assert truth.installed_twice() == []
    truth.add(Happening(START, "pc-01", What.INSTALL_FINISHED, "u-1"))
    assert truth.installed_twice() == [("pc-01", "u-1")]


def test_the_truth_finds_an_install_that_started_when_it_may_not() -> None:
    truth = Truth()
    truth.add(Happening(START, "pc-01", What.INSTALL_STARTED, "u-1"))
    assert truth.installs_outside(lambda device, at: at > START) == list(truth.happenings())
    assert truth.installs_outside(lambda device, at: True) == []


def test_a_clock_goes_on_from_where_it_is_when_its_rate_changes() -> None:
    real = 0.0
    clock = VirtualClock(START, 0, lambda: real)
    real = 5.0
    clock.run(10)
    real = 6.0
    assert clock.now() == START + timedelta(seconds=10)
