# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a patrol must never do, and what it says instead."""

from __future__ import annotations

from collections.abc import Callable

import yaml

from lab.operator import Operator
from tests.e2e.fleets import UPDATES, catalogue, pc

LabOf = Callable[..., Operator]
MONDAY = "2026-11-23T16:00:00+00:00"


def test_check_mode_prints_the_plan_and_changes_nothing_anywhere(lab_of: LabOf) -> None:
    lab = lab_of([pc()], start="2026-11-23T15:30:00+00:00", catalogue=catalogue(*UPDATES))
    lab.patrol(nightshift_poll="5m").ok()
    before, happened = lab.ledger.read_bytes(), lab.truth()
    then = lab.patrol("--check", nightshift_now="2026-11-23T16:05:00+00:00").ok()
    assert "-> install" in then.out and "KB9000001" in then.out
    assert lab.truth() == happened
    assert lab.ledger.read_bytes() == before


def test_check_mode_on_a_fleet_never_seen_makes_no_ledger(lab_of: LabOf) -> None:
    lab = lab_of([pc()], start=MONDAY, catalogue=catalogue(*UPDATES))
    lab.patrol("--check").ok()
    assert not lab.ledger.exists()
    assert not lab.truth()


def test_a_question_about_another_time_is_refused_outside_check_mode_where_devices_are_real(lab_of: LabOf) -> None:
    lab = lab_of([pc()], start=MONDAY, catalogue=catalogue(*UPDATES))
    variables = lab.inventory.parent / "group_vars" / "all" / "lab.yml"
    known = yaml.safe_load(variables.read_text(encoding="utf-8"))
    del known["nightshift_lab"]
    variables.write_text(yaml.safe_dump(known), encoding="utf-8")
    refused = lab.patrol(nightshift_now="2026-11-25T16:05:00+00:00")
    assert refused.code != 0 and "add --check" in refused.said
    assert not lab.truth()


def test_a_ticket_system_that_cannot_be_read_stops_everything_before_it_starts(lab_of: LabOf) -> None:
    lab = lab_of([pc()], start=MONDAY, catalogue=catalogue(*UPDATES))
    refused = lab.patrol("-e", '{"nightshift_tickets": {"backend": "rt", "url": "https://rt.example.org"}}')
    assert refused.code != 0
    assert "nothing was done; nightshift_tickets is not valid" in refused.said
    assert "nightshift_tickets.token: is missing; give a token" in refused.said
    assert not lab.truth() and not lab.ledger.exists()


def test_limit_off_and_unmanaged_devices_are_left_alone_and_a_patrol_that_runs_twice_does_nothing_twice(
    lab_of: LabOf,
) -> None:
    devices = [pc("pc-001"), pc("pc-002", powered=False), pc("pc-003", managed=False), pc("pc-004")]
    lab = lab_of(devices, start=MONDAY, catalogue=catalogue(*UPDATES))
    lab.patrol("--limit", "pc-004", nightshift_poll="5m").ok()
    assert {event["device"] for event in lab.truth()} == {"pc-004"}, "the limit is kept"
    done = lab.patrol(nightshift_poll="5m").ok()
    assert "1 do not answer" in done.out, "a device that is off is no failure"
    assert {event["device"] for event in lab.truth()} == {"pc-001", "pc-004"}, "the unmanaged one is never contacted"
    assert len(lab.installed("pc-001")) == len(lab.installed("pc-004")) == 3
    happened = lab.events("install_started")
    lab.patrol(nightshift_poll="5m").ok()
    assert lab.events("install_started") == happened


def test_broken_devices_are_named_and_the_others_are_served(lab_of: LabOf) -> None:
    locked = pc("pc-001", faults=[{"kind": "auth"}])
    cut = pc("pc-002", faults=[{"kind": "cut", "count": 1, "operations": ["Receive"]}])
    blind = pc("pc-004", faults=[{"kind": "broken_wua"}])
    lab = lab_of([locked, cut, pc("pc-003"), blind], start=MONDAY, catalogue=catalogue(*UPDATES))
    done = lab.patrol(nightshift_poll="5m", nightshift_stay="1h")
    assert done.code == 2
    told = {name: [line for line in done.out.splitlines() if name in line] for name in ("pc-001", "pc-004")}
    assert any("credentials" in line for line in told["pc-001"])
    assert any("not trusted" in line for line in told["pc-004"]), "an agent that sees nothing is never up to date"
    assert len(lab.installed("pc-003")) == 3
    assert len(lab.installed("pc-002")) == 3, "a cut reply loses nothing"


def test_a_scan_installs_nothing_and_turns_can_be_left_out_by_tag(lab_of: LabOf) -> None:
    lab = lab_of([pc()], start=MONDAY, catalogue=catalogue(*UPDATES))
    lab.play("scan", nightshift_poll="2m").ok()
    assert lab.events("search_finished", "pc-001") and not lab.events("install_started")
    assert "KB9000003" in lab.play("explain", device="pc-001").ok().out
    lab.patrol("--skip-tags", "start", nightshift_poll="5m").ok()
    assert not lab.events("install_started")


def test_in_a_lab_the_clock_is_moved_to_the_time_asked_about(lab_of: LabOf) -> None:
    lab = lab_of([pc()], start="2026-11-23T12:00:00+00:00", catalogue=catalogue(*UPDATES))
    lab.patrol(nightshift_now="2026-11-23T16:00:00+00:00", nightshift_poll="5m").ok()
    assert len(lab.installed("pc-001")) == 3
    past = lab.patrol(nightshift_now="2026-11-23T12:00:00+00:00")
    assert past.code != 0 and "is past in this lab" in past.said


def test_power_loss_and_a_hanging_device_cost_their_own_time_only(lab_of: LabOf) -> None:
    dark = pc("pc-001", faults=[{"kind": "power_loss", "update": "KB9000002", "count": 1}])
    hanging = pc("pc-002", faults=[{"kind": "hang", "count": 1}])
    lab = lab_of([dark, hanging, pc("pc-003")], start=MONDAY, catalogue=catalogue(*UPDATES))
    lab.patrol(nightshift_poll="5m", nightshift_stay="2h").ok()
    assert lab.events("install_interrupted", "pc-001")
    for name in ("pc-001", "pc-002", "pc-003"):
        assert sorted(lab.installed(name)) == ["KB9000001", "KB9000002", "KB9000003"], name
