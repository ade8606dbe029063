# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Nights in the ledger: who was silent when, and what is remembered of a restart that waits."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import Transaction
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger.values import Contact
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.nights import last_nights, night_line, nights_of
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import Device, Observation
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.policy import Policy
from ansible_collections.nightshift.fleet.plugins.plugin_utils.policy.load import Layer, load_policy
from ledger_scenes import HOUR, MINUTE, NOW, PC, instant, job, report, result

OPENS = NOW + 5 * HOUR  # 21:00
DAY = timedelta(days=1)


def night_policy(**changes: object) -> Policy:
    written = {"zone": "UTC", "install": {"windows": [{"days": "daily", "start": "21:00", "end": "23:00"}]}}
    return load_policy([Layer("test", {**written, **changes})]).policy


POLICY = night_policy()


def tries(tx: Transaction, start: datetime, hours: int, answered: bool, device: str = PC) -> None:
    for number in range(hours * 2):
        tx.record_contacts([Contact(device, answered, "timed out")], start + number * 30 * MINUTE)


def test_only_devices_that_were_silent_are_looked_at(tx: Transaction) -> None:
    tx.enrol([Device("on")], NOW)
    tries(tx, NOW, 12, answered=True, device="on")
    tries(tx, NOW, 4, answered=True)
    tries(tx, NOW + 4 * HOUR, 8, answered=False)
    found = tx.attendances([PC, "on", "unknown"], NOW, NOW + DAY)
    assert list(found) == [PC]
    assert [(one.answered, one.first_at, one.last_at) for one in found[PC].spells] == [
        (True, NOW, NOW + 3.5 * HOUR),
        (False, NOW + 4 * HOUR, NOW + 11.5 * HOUR),
    ]
    assert tx.attendances([PC], NOW, NOW + 3 * HOUR) == {}


@pytest.mark.policy("msp 4a")
def test_msp_the_report_names_each_device_with_the_nights_that_it_missed(tx: Transaction) -> None:
    tx.enrol([Device("on"), Device("any-time")], NOW)
    tries(tx, NOW, 30, answered=True, device="on")
    for device in (PC, "any-time"):
        tries(tx, NOW + 4 * HOUR, 30, answered=False, device=device)
    policies = {PC: POLICY, "on": POLICY, "any-time": load_policy([Layer("x", {"install": {"any_time": True}})]).policy}
    found = nights_of(tx, policies, NOW, NOW + 2 * DAY)
    assert {name: [one.window.opens for one in nights] for name, nights in found.items()} == {PC: [OPENS, OPENS + DAY]}
    assert found[PC][0].why == "timed out"
    assert list(nights_of(tx, policies, OPENS + HOUR, OPENS + 2 * HOUR)) == [PC], "it opened before and closed then"
    assert nights_of(tx, policies, OPENS + 2 * HOUR, OPENS + 3 * HOUR) == {}


def test_a_patrol_ends_with_those_that_were_off_in_their_last_window(tx: Transaction) -> None:
    tries(tx, NOW + 4 * HOUR, 8, answered=False)
    policies = {PC: POLICY}
    assert last_nights(tx, policies, OPENS + HOUR) == {}, "the window is still open"
    found = last_nights(tx, policies, OPENS + 3 * HOUR)
    assert night_line(found, policies) == "off in their last window: pc-017 (Mon 2026-11-23 21:00)"
    tries(tx, OPENS + 10 * HOUR, 20, answered=True)
    assert last_nights(tx, policies, OPENS + 12 * HOUR) == found, "being back does not give the night back"
    assert last_nights(tx, policies, OPENS + DAY + 3 * HOUR) == {}, "it was there the night after"


def test_a_night_that_was_made_up_for_is_no_longer_news(tx: Transaction) -> None:
    tries(tx, NOW + 4 * HOUR, 8, answered=False)
    tx.mark_served(PC, OPENS)
    assert last_nights(tx, {PC: POLICY}, OPENS + 3 * HOUR) == {}
    assert nights_of(tx, {PC: POLICY}, NOW, NOW + DAY)[PC][0].made_up


def test_the_line_names_ten_and_counts_the_others(tx: Transaction) -> None:
    names = [f"pc-{number:03}" for number in range(13)]
    tx.enrol([Device(name) for name in names], NOW)
    for name in names:
        tries(tx, NOW + 4 * HOUR, 8, answered=False, device=name)
    policies = dict.fromkeys(names, POLICY)
    line = night_line(last_nights(tx, policies, OPENS + 3 * HOUR), policies)
    assert line.endswith("pc-009 (Mon 2026-11-23 21:00) and 3 more")
    assert night_line({}, policies) == ""


# What is remembered of a restart that waits


def look(tx: Transaction, hours: float, pending: bool, boot: float = -8, **changes: object) -> Observation:
    """Let the device report ``hours`` after the beginning, started ``boot`` hours after it."""
    at = NOW + hours * HOUR
    said = report(pending_restart={"required": pending, "sources": {"wua": pending}}, **changes)
    object.__setattr__(said.facts, "boot_time", NOW + boot * HOUR)
    tx.record_report(PC, said, at)
    state = tx.device_state(PC)
    assert state is not None
    assert state.observation is not None
    return state.observation


def test_a_restart_is_pending_since_it_was_first_seen_since_the_start(tx: Transaction) -> None:
    assert look(tx, 0, pending=False).pending_since is None
    assert look(tx, 1, pending=True).pending_since == NOW + HOUR
    assert look(tx, 2, pending=True).pending_since == NOW + HOUR
    assert look(tx, 4, pending=True, boot=3).pending_since == NOW + 4 * HOUR, "another start, another restart"
    assert look(tx, 5, pending=False, boot=3).pending_since is None


def test_a_sign_of_life_keeps_what_is_remembered(tx: Transaction) -> None:
    look(tx, 0, pending=True)
    tx.mark_restart_postponed(PC, OPENS)
    said = report(pending_restart={"required": True, "sources": {"wua": True}})
    recorded = tx.record_report(PC, said, NOW + HOUR, tx.glance(PC))
    assert recorded.as_known
    assert recorded.observation is not None
    assert (recorded.observation.pending_since, recorded.observation.postponed) == (NOW, 1)
    again = tx.device_state(PC)
    assert again is not None
    assert again.observation == recorded.observation


def test_a_window_in_which_a_restart_was_put_off_counts_once(tx: Transaction) -> None:
    look(tx, 0, pending=True)
    for opened in (OPENS, OPENS, OPENS + DAY, OPENS):
        tx.mark_restart_postponed(PC, opened)
    seen = look(tx, 1, pending=True)
    assert (seen.postponed, seen.postponed_in) == (2, OPENS + DAY)
    assert look(tx, 3, pending=True, boot=2).postponed == 0, "the next restart is counted from the beginning"


def test_starts_after_which_a_restart_is_still_pending_are_counted_as_in_vain(tx: Transaction) -> None:
    look(tx, 0, pending=True)
    assert look(tx, 0.3, pending=True, boot=0.2).vain_restarts == 1
    assert look(tx, 0.5, pending=True, boot=0.2).vain_restarts == 1
    assert look(tx, 0.7, pending=True, boot=0.6).vain_restarts == 2


def test_a_flag_that_clears_and_comes_back_within_the_hour_is_the_same_trouble(tx: Transaction) -> None:
    look(tx, 0, pending=True)
    look(tx, 0.3, pending=False, boot=0.2)
    look(tx, 0.5, pending=True, boot=0.2)
    assert look(tx, 0.7, pending=True, boot=0.6).vain_restarts == 2


def test_a_start_that_helped_is_forgotten_after_an_hour(tx: Transaction) -> None:
    look(tx, 0, pending=True)
    assert look(tx, 0.3, pending=False, boot=0.2).vain_restarts == 1
    assert look(tx, 2, pending=False, boot=0.2).vain_restarts == 0
    assert look(tx, 3, pending=True, boot=0.2).vain_restarts == 0


def test_an_installation_gives_the_next_restart_a_new_reason(tx: Transaction) -> None:
    look(tx, 0, pending=True)
    look(tx, 0.3, pending=False, boot=0.2)
    at = NOW + 0.5 * HOUR
    done = job("j1", updates=["u1"], results=[result("u1", finished_at=instant(at))], finished_at=instant(at))
    assert look(tx, 0.6, pending=True, boot=0.2, jobs=[done]).vain_restarts == 0
    assert look(tx, 0.8, pending=True, boot=0.7).vain_restarts == 1
