# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The worked cases of the helpdesk policy, end to end: stock ansible-playbook, real WinRM, ground truth."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from lab.operator import Operator
from tests.e2e.fleets import CUMULATIVE, IGNORED, UPDATES, WANTED, catalogue, pc

LabOf = Callable[..., Operator]


def at(event: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(event["at"])


def test_desktop_monday_1559_waits_and_monday_1600_installs_all_three(lab_of: LabOf) -> None:
    lab = lab_of([pc()], start="2026-11-23T15:40:00+00:00", catalogue=catalogue(*UPDATES))
    lab.patrol(nightshift_poll="2m").ok()
    lab.advance_to("2026-11-23T15:59:00+00:00")
    lab.patrol(nightshift_poll="20s", nightshift_time_budget="50s").ok()
    assert lab.events("search_finished", "pc-001"), "it was scanned on the day"
    assert not lab.installed("pc-001")
    lab.advance_to("2026-11-23T16:00:00+00:00")
    lab.patrol(nightshift_poll="5m").ok()
    assert set(lab.installed("pc-001")) == WANTED
    assert all(at(event).hour >= 16 for event in lab.events("install_started", "pc-001"))


def test_desktop_tuesday_1600_after_it_was_served_on_monday_does_nothing(lab_of: LabOf) -> None:
    lab = lab_of([pc()], start="2026-11-23T16:00:00+00:00", catalogue=catalogue(*UPDATES))
    lab.patrol(nightshift_poll="5m").ok()
    before = lab.installed("pc-001")
    lab.advance_to("2026-11-24T16:00:00+00:00")
    lab.patrol(nightshift_poll="5m").ok()
    assert lab.installed("pc-001") == before
    told = lab.play("explain", device="pc-001").ok().out
    assert "Wed 2026-11-25 16:00" in told or "nothing is known to be missing" in told


def test_laptop_off_in_its_window_is_scanned_when_seen_and_installs_later_that_day(lab_of: LabOf) -> None:
    off = [{"at": "2026-11-24 14:00", "powered": False}, {"at": "2026-11-25 09:10", "powered": True}]
    laptop = pc("lt-001", "laptop", switch=off)
    lab = lab_of([laptop], start="2026-11-24T10:00:00+00:00", catalogue=catalogue(*UPDATES))
    lab.patrol(nightshift_poll="5m").ok()  # known since Tuesday morning
    lab.advance_to("2026-11-24T16:00:00+00:00")
    silent = lab.patrol(nightshift_poll="5m").ok()
    assert "1 do not answer" in silent.out
    lab.advance_to("2026-11-25T09:15:00+00:00")
    lab.patrol(nightshift_poll="5m", nightshift_stay="3h").ok()
    searches = [event for event in lab.events("search_finished", "lt-001") if at(event).day == 25]
    starts = lab.events("install_started", "lt-001")
    assert searches, "scanned the next time it is switched on"
    assert set(lab.installed("lt-001")) == WANTED
    assert (at(starts[0]) - at(searches[0])).total_seconds() >= 3600, "not before an hour after that scan"
    assert at(starts[-1]).day == 25, "later the same day"


def test_laptop_seen_at_2330_is_scanned_and_waits_for_its_next_contact(lab_of: LabOf) -> None:
    off = [
        {"at": "2026-11-24 14:00", "powered": False},
        {"at": "2026-11-25 23:25", "powered": True},
        {"at": "2026-11-26 00:10", "powered": False},
        {"at": "2026-11-26 09:00", "powered": True},
    ]
    lab = lab_of([pc("lt-001", "laptop", switch=off)], start="2026-11-24T10:00:00+00:00", catalogue=catalogue(*UPDATES))
    lab.patrol(nightshift_poll="5m").ok()
    lab.advance_to("2026-11-25T23:30:00+00:00")
    lab.patrol(nightshift_poll="5m", nightshift_stay="35m").ok()
    assert [event for event in lab.events("search_finished", "lt-001") if at(event).day == 25]
    assert not lab.installed("lt-001"), "nothing can start before midnight"
    lab.advance_to("2026-11-26T09:05:00+00:00")
    lab.patrol(nightshift_poll="5m", nightshift_stay="3h").ok()
    assert set(lab.installed("lt-001")) == WANTED, "still as catch-up, never lost"
    assert all(at(event).hour < 16 for event in lab.events("install_started", "lt-001"))


def test_low_and_unrated_updates_are_ignored_with_the_reason_and_never_installed(lab_of: LabOf) -> None:
    lab = lab_of([pc()], start="2026-11-23T16:00:00+00:00", catalogue=catalogue(*UPDATES, *IGNORED))
    lab.patrol(nightshift_poll="5m").ok()
    assert set(lab.installed("pc-001")) == WANTED
    told = lab.play("explain", device="pc-001").ok().out
    for kb, rating in (("KB9000008", "low (wua)"), ("KB9000009", "other (none)")):
        line = next(line for line in told.splitlines() if kb in line)
        assert line.startswith("ignore") and rating in line


def test_a_cumulative_update_without_severity_is_installed_as_inferred_from_its_category(lab_of: LabOf) -> None:
    lab = lab_of([pc()], start="2026-11-23T15:30:00+00:00", catalogue=catalogue(CUMULATIVE))
    lab.patrol(nightshift_poll="5m").ok()
    told = lab.play("explain", device="pc-001").ok().out
    assert "important (inferred)" in next(line for line in told.splitlines() if "KB9000007" in line)
    lab.advance_to("2026-11-23T16:00:00+00:00")
    lab.patrol(nightshift_poll="5m").ok()
    assert lab.installed("pc-001") == ["KB9000007"]


def test_no_restart_by_itself_users_are_told_and_the_patch_takes_effect_at_the_next_start(lab_of: LabOf) -> None:
    person = [{"name": "HELP\\ada", "idle_minutes": 3}]
    lab = lab_of([pc(users=person)], start="2026-11-23T16:00:00+00:00", catalogue=catalogue(CUMULATIVE))
    lab.patrol(nightshift_poll="5m", nightshift_stay="3h").ok()
    assert lab.installed("pc-001") == ["KB9000007"]
    assert not lab.events("restarted") and not lab.events("restart_scheduled")
    assert len(lab.events("reminded", "pc-001")) == 1, "urged once, at the end of the day"


def test_a_computer_that_is_kept_on_is_restarted_at_least_weekly(lab_of: LabOf) -> None:
    kept_on = pc("pc-001", uptime_days=6.8, always_on=True)
    fresh = pc("pc-002", uptime_days=1, always_on=True)
    lab = lab_of([kept_on, fresh], start="2026-11-24T01:00:00+00:00", catalogue=catalogue())
    lab.patrol(nightshift_poll="10m", nightshift_stay="5h").ok()
    assert [event["device"] for event in lab.events("restarted")] == ["pc-001"]


def test_a_patch_that_fails_twice_gets_one_ticket_and_is_parked_while_others_go_on(lab_of: LabOf) -> None:
    broken = [{"kind": "fail_update", "update": "KB9000002", "hresult": "0x80070643"}]
    lab = lab_of([pc(faults=broken)], start="2026-11-23T16:00:00+00:00", catalogue=catalogue(*UPDATES))
    first = lab.patrol(nightshift_poll="5m", nightshift_stay="4h").ok()
    failures = lab.events("install_failed", "pc-001")
    assert len(failures) == 2, "retried once, then parked"
    assert set(lab.installed("pc-001")) == WANTED - {"KB9000002"}
    assert first.out.count("ticket in the outbox") == 1
    lab.advance_to("2026-11-25T16:00:00+00:00")
    second = lab.patrol(nightshift_poll="5m", nightshift_stay="2h").ok()
    assert len(lab.events("install_failed", "pc-001")) == 2, "not tried again until the ticket is closed"
    assert second.out.count("ticket in the outbox") == 1
    assert "parked" in lab.play("explain", device="pc-001").ok().out
