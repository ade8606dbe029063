# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which devices a round is about, how long it waits, and when a run is over."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.clock import FixedClock
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.rounds import (
    ROUNDS,
    next_round_at,
    turnout,
    used_up,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.session import Purpose, Session, Word

NOW = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def session(stay: timedelta = timedelta(), budget: timedelta = timedelta(hours=4)) -> Session:
    return Session(
        patrol="p",
        purpose=Purpose.PATROL,
        rehearsal=False,
        ledger="sqlite://",
        clock=FixedClock(NOW),
        opened=NOW,
        stay_until=NOW + stay,
        end_by=NOW + max(budget, stay),
        poll=MINUTE,
        members={},
        everybody={},
        policies={},
    )


def test_a_run_is_over_when_nobody_is_busy() -> None:
    words = {"a": Word("a", "settled", ""), "b": Word("b", "offline", "refused")}
    assert next_round_at(session(), words, NOW) is None


@pytest.mark.parametrize("status", ["scanning", "working", "restarting", "held"])
def test_a_busy_device_is_looked_at_again_when_it_said(status: str) -> None:
    words = {"a": Word("a", status, "", again=NOW + 3 * MINUTE), "b": Word("b", "settled", "")}
    assert next_round_at(session(), words, NOW) == NOW + 3 * MINUTE


def test_no_round_starts_after_the_time_budget() -> None:
    words = {"a": Word("a", "working", "", again=NOW + 3 * MINUTE)}
    assert next_round_at(session(budget=2 * MINUTE), words, NOW) is None


def test_a_device_whose_turn_was_skipped_by_tags_does_not_keep_the_run_alive() -> None:
    words = {"a": Word("a", "due", "restart", acts=("restart",), again=NOW)}
    assert next_round_at(session(), words, NOW) is None


def test_a_run_that_stays_waits_for_what_becomes_due_meanwhile() -> None:
    words = {"a": Word("a", "waiting", "", again=NOW + 90 * MINUTE)}
    assert next_round_at(session(stay=timedelta(hours=2)), words, NOW) == NOW + 90 * MINUTE
    assert next_round_at(session(stay=timedelta(hours=1)), words, NOW) is None


def test_a_run_that_stays_looks_out_for_devices_that_are_switched_on() -> None:
    words = {"a": Word("a", "offline", "")}
    assert next_round_at(session(stay=16 * MINUTE), words, NOW) == NOW + MINUTE
    assert next_round_at(session(stay=timedelta(hours=4)), words, NOW) == NOW + 15 * MINUTE, "rounds are not endless"


@pytest.mark.parametrize("stay", [timedelta(), timedelta(minutes=50), timedelta(hours=2), timedelta(hours=10)])
def test_a_device_that_is_always_busy_does_not_use_the_rounds_up_before_the_end(stay: timedelta) -> None:
    run, now, waits = session(stay=stay), NOW, []
    for number in range(1, ROUNDS + 1):
        run = replace(run, round=number)
        words = {"a": Word("a", "working", "", again=now + MINUTE)}
        following = next_round_at(run, words, now)
        if following is None:
            break
        waits.append(following - now)
        now = following
    assert waits[:30] == [MINUTE] * 30, "at first nothing waits longer than it must"
    assert run.end_by - now <= max(waits), "it goes on to its end"
    assert all(later >= MINUTE for later in waits)
    assert used_up(run, {"a": Word("a", "settled", "")}, now) == ""


def test_a_run_that_has_no_round_left_says_so() -> None:
    words = {"a": Word("a", "working", "", again=NOW + MINUTE), "b": Word("b", "settled", "")}
    assert "still busy are 1:" in used_up(replace(session(), round=ROUNDS), words, NOW)
    assert used_up(replace(session(), round=ROUNDS - 1), words, NOW) == ""


def test_the_playbook_has_as_many_rounds() -> None:
    folder = Path(__file__).parents[3] / "playbooks" / "rounds"
    first, seven = (yaml.safe_load((folder / name).read_text(encoding="utf-8")) for name in ("all.yml", "seven.yml"))

    def plays(step: str, plays: list[dict[str, Any]]) -> int:
        return sum(any(f"nightshift.fleet.{step}" in task for task in play.get("tasks", ())) for play in plays)

    imported = sum(play.get("ansible.builtin.import_playbook") == "seven.yml" for play in first)
    for step in ("patrol_round", "patrol_ask"):
        assert plays(step, first) + imported * plays(step, seven) == ROUNDS


def test_the_next_round_is_never_in_the_past() -> None:
    words = {"a": Word("a", "working", "", again=NOW - MINUTE)}
    assert next_round_at(session(), words, NOW) == NOW


def test_a_round_asks_those_whose_time_has_come_and_probes_the_silent_ones_again() -> None:
    words = {
        "due": Word("due", "working", "", again=NOW),
        "soon": Word("soon", "working", "", again=NOW + MINUTE / 5),
        "later": Word("later", "working", "", again=NOW + 5 * MINUTE),
        "done": Word("done", "settled", ""),
        "off": Word("off", "offline", ""),
        "gone": Word("gone", "out_of_scope", ""),
    }
    chosen = turnout(replace(session()), words, NOW)
    assert set(chosen) == {"due", "soon", "off"}
