# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which schedules a fleet's policies ask for, for whom, and what differs in AWX."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from typing import Any

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.awx.drift import drift
from ansible_collections.nightshift.fleet.plugins.plugin_utils.awx.limits import pattern_of
from ansible_collections.nightshift.fleet.plugins.plugin_utils.awx.schedules import (
    NoSchedule,
    Schedule,
    Wishes,
    schedules_of,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.policy import Policy
from ansible_collections.nightshift.fleet.plugins.plugin_utils.policy.load import Layer, load_policy

GROUPS = {
    "all": ["pc-1", "pc-2", "lt-1", "lt-2", "srv-1"],
    "desktops": ["pc-1", "pc-2"],
    "laptops": ["lt-1", "lt-2"],
    "servers": ["srv-1"],
    "ring_pilot": ["pc-1", "pc-2"],
    "unit_sales": ["pc-1", "lt-1"],
}


def policy(install: str, **restart: Any) -> Policy:
    said: dict[str, Any] = {
        "zone": "Europe/Rome",
        "install": {"windows": [{"days": "mon-fri", "start": install, "end": "20:00"}]},
        "restart": restart,
    }
    return load_policy([Layer("test", said, lambda _path: "test")]).policy


def fleet(desktops: Policy, laptops: Policy) -> dict[str, Policy]:
    return {"pc-1": desktops, "pc-2": desktops, "lt-1": laptops, "lt-2": laptops}


def told(policies: Mapping[str, Policy], wishes: Wishes = Wishes(minutes=0)) -> dict[str, Schedule]:  # noqa: B008
    return {one.name: one for one in schedules_of(policies, GROUPS, wishes, outside=["srv-1"])}


@pytest.mark.parametrize(
    ("hosts", "pattern"),
    [
        (["pc-1", "pc-2"], ("desktops",)),
        (["pc-1", "pc-2", "lt-1"], ("desktops", "unit_sales")),
        (["lt-2", "pc-1", "pc-2"], ("desktops", "lt-2")),
        (["pc-1", "pc-2", "lt-1", "lt-2", "srv-1"], ("all",)),
        (["pc-2"], ("pc-2",)),
    ],
)
def test_devices_are_named_by_groups_where_these_say_the_same(hosts: list[str], pattern: tuple[str, ...]) -> None:
    assert pattern_of(hosts, GROUPS) == pattern


def test_who_is_never_contacted_does_not_make_a_pattern_longer() -> None:
    assert pattern_of(["pc-1", "pc-2", "lt-1", "lt-2"], GROUPS, outside=["srv-1"]) == ("all",)


def test_each_window_of_each_part_of_the_fleet_has_one_schedule() -> None:
    found = told(fleet(policy("16:00"), policy("12:00")))
    assert {name: one.limit for name, one in found.items()} == {
        "Policy Fleet: desktops: install 1": "desktops",
        "Policy Fleet: laptops: install 1": "laptops",
    }
    assert found["Policy Fleet: desktops: install 1"].rrule.startswith("DTSTART;TZID=Europe/Rome:20260101T160000 ")


def test_a_changed_window_changes_exactly_its_schedule() -> None:
    before = told(fleet(policy("16:00"), policy("12:00")), Wishes(at=time(5)))
    after = told(fleet(policy("17:00"), policy("12:00")), Wishes(at=time(5)))
    assert before.keys() == after.keys()
    assert [name for name in after if after[name] != before[name]] == ["Policy Fleet: desktops: install 1"]


def test_windows_that_open_together_need_one_patrol() -> None:
    together = policy("01:00", after_install="always", windows=[{"days": "mon-fri", "start": "01:00", "end": "05:00"}])
    (one,) = told(fleet(together, together)).values()
    assert one.name == "Policy Fleet: all: install 1"
    assert one.description == "install 1, restart 1 of nightshift_policy, open for 19 hours"


def test_a_patrol_stays_through_its_window_only_where_none_runs_round_the_clock() -> None:
    windows = fleet(policy("16:00"), policy("16:00"))
    (alone,) = told(windows).values()
    assert alone.extra == {"nightshift_time_budget": "240m", "nightshift_stay": "240m"}
    beside = told(windows, Wishes(minutes=15))
    assert beside["Policy Fleet: all: install 1"].extra == {"nightshift_time_budget": "240m"}
    assert beside["Policy Fleet: round the clock"].extra == {"nightshift_time_budget": "14m"}


def test_every_window_that_awx_cannot_be_told_is_named() -> None:
    said = {
        "zone": "Europe/Rome",
        "install": {"windows": [{"rrule": "FREQ=MONTHLY;BYMONTHDAY=28;BYHOUR=2;BYMINUTE=30", "duration": "1h"}]},
    }
    odd = load_policy([Layer("test", said, lambda _path: "test")]).policy
    with pytest.raises(NoSchedule, match=r"^all: the window 'FREQ=MONTHLY.* cannot be told to AWX exactly"):
        told(fleet(odd, odd))


def row(one: Schedule, **other: Any) -> dict[str, Any]:
    return {**one.as_data(), "enabled": True, **other}


def test_awx_that_has_what_the_policy_says_does_not_differ() -> None:
    wanted = list(told(fleet(policy("16:00"), policy("12:00")), Wishes(at=time(5))).values())
    found = [row(one, limit=one.limit or None) for one in wanted]
    found.append({"name": "Somebody's own", "rrule": "DTSTART:20260101T000000Z RRULE:FREQ=DAILY;INTERVAL=1"})
    assert drift(wanted, found, "Fleet").lines == ()


def test_each_difference_is_one_line_with_its_remedy() -> None:
    one, other = told(fleet(policy("16:00"), policy("12:00"))).values()
    moved = row(one, rrule=one.rrule.replace("T160000", "T170000"))
    off = row(other, enabled=False)
    gone = {"name": "Policy Fleet: servers: install 1", "rrule": "", "enabled": True}
    told_ = drift([one, other], [moved, off, gone], "Fleet")
    assert [line.partition(";")[0] for line in told_.lines] == [
        "Policy Fleet: desktops: install 1: AWX has rrule 'DTSTART",
        "Policy Fleet: laptops: install 1: it is switched off in AWX",
        "Policy Fleet: servers: install 1: no window of the policy asks for it",
    ]
    assert all("run the playbook nightshift.fleet.awx" in line for line in told_.lines)
    assert told_.surplus == ("Policy Fleet: servers: install 1",)
    assert drift([one], [], "Fleet").lines[0].startswith("Policy Fleet: desktops: install 1: is not in AWX; the policy")
