# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A device that waits for people, power or space is looked at again, because nobody tells when they come and go."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.looking import LOOK, with_next_look
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import (
    Device,
    DeviceState,
    LoggedOnUser,
    Observation,
    Scan,
    Update,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.plan import Plan, plan
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.policy import Policy
from ansible_collections.nightshift.fleet.plugins.plugin_utils.policy.load import Layer, load_policy

NIGHT = {"days": "daily", "start": "22:00", "end": "06:00"}
NOW = datetime(2026, 11, 23, 23, 0, tzinfo=ZoneInfo("UTC"))
ADA = LoggedOnUser("ada", timedelta(minutes=1))


def policy_of(**sections: object) -> Policy:
    return load_policy([Layer("test", {"zone": "UTC", **sections})]).policy


def state_of(now: datetime = NOW, **seen: object) -> DeviceState:
    observation = Observation(now, now - timedelta(hours=3), **seen)  # type: ignore[arg-type]
    return DeviceState(now - timedelta(days=9), scan=Scan("s", now - timedelta(hours=1)), observation=observation)


def looked(policy: Policy, state: DeviceState, now: datetime = NOW) -> tuple[Plan, Plan]:
    made = plan(Device("pc"), policy, state, now)
    return made, with_next_look(policy, state, made)


def test_a_restart_that_waits_for_people_is_looked_at_again_soon() -> None:
    policy = policy_of(restart={"after_install": "always", "windows": [NIGHT], "users": "defer"})
    _made, again = looked(policy, state_of(users=(ADA,), pending_restart=("wua",)))
    assert again.next_at == NOW + LOOK


def test_a_device_on_battery_is_looked_at_again_soon() -> None:
    update = Update("u", title="an update", categories=("Security Updates",))
    policy = policy_of(install={"windows": [NIGHT]})
    state = replace(state_of(on_battery=True), missing=(update,))
    _made, again = looked(policy, state)
    assert again.next_at == NOW + LOOK


@pytest.mark.parametrize(("users", "soon"), [((), True), ((ADA,), False)])
def test_while_a_reminder_may_be_shown_the_patrol_looks_for_somebody_to_show_it_to(
    users: tuple[LoggedOnUser, ...], soon: bool
) -> None:
    policy = policy_of(restart={"remind": {"windows": [NIGHT]}})
    _made, again = looked(policy, state_of(users=users, pending_restart=("wua",)))
    assert (again.next_at == NOW + LOOK) is soon


def test_nobody_is_looked_for_who_was_told_already_or_outside_the_window() -> None:
    policy = policy_of(restart={"remind": {"windows": [NIGHT]}})
    told = replace(state_of(pending_restart=("wua",)), last_reminded=NOW - timedelta(minutes=30))
    made, again = looked(policy, told)
    assert again == made
    noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
    made, again = looked(policy, state_of(noon, pending_restart=("wua",)), noon)
    assert again == made


def test_what_only_time_changes_keeps_its_instant() -> None:
    made, again = looked(policy_of(install={"windows": [NIGHT]}), state_of())
    assert again == made
