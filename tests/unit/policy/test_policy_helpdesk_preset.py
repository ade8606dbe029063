# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The help desk's published rules, as inventories/helpdesk/group_vars configures them."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.vars.manager import VariableManager
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.calendar import Window
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import Severity
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.policy import RestartAfterInstall, WithUsers
from ansible_collections.nightshift.fleet.plugins.plugin_utils.policy.load import LoadedPolicy
from ansible_collections.nightshift.fleet.plugins.plugin_utils.policy.sources import policies_for

GROUP_VARS = Path(__file__).parents[3] / "inventories" / "helpdesk" / "group_vars"
MON, TUE, WED, THU, FRI, SAT = range(6)


@pytest.fixture
def preset(tmp_path: Path) -> dict[str, LoadedPolicy]:
    """The policies of a desktop, a laptop and a server of an inventory with the preset beside it."""
    (tmp_path / "group_vars").symlink_to(GROUP_VARS)
    hosts = "all: {children: {desktops: {hosts: {pc: }}, laptops: {hosts: {lt: }}, servers: {hosts: {srv: }}}}"
    (tmp_path / "hosts.yml").write_text(hosts, encoding="utf-8")
    loader = DataLoader()
    inventory = InventoryManager(loader=loader, sources=[str(tmp_path / "hosts.yml")])
    variables = VariableManager(loader=loader, inventory=inventory)
    return policies_for(["pc", "lt", "srv"], inventory, variables, loader, datetime(2026, 11, 21, tzinfo=UTC))


@pytest.mark.policy("helpdesk 1a")
def test_rule_1_every_desktop_and_laptop_is_scanned_every_day(preset: dict[str, LoadedPolicy]) -> None:
    assert {preset[name].policy.scan.every for name in ("pc", "lt")} == {timedelta(days=1)}


@pytest.mark.policy("helpdesk 2a", "helpdesk 2b", "helpdesk 2c")
def test_rule_2_desktops_mon_wed_fri_laptops_tue_thu_sat_at_16_00_local_time(preset: dict[str, LoadedPolicy]) -> None:
    assert preset["pc"].policy.install.windows == (Window(frozenset({MON, WED, FRI}), time(16), time(20)),)
    assert preset["lt"].policy.install.windows == (Window(frozenset({TUE, THU, SAT}), time(16), time(20)),)
    assert {loaded.policy.zone.key for loaded in preset.values()} == {"Europe/London"}


@pytest.mark.policy("helpdesk 3a")
def test_rule_3_moderate_important_and_critical_are_installed(preset: dict[str, LoadedPolicy]) -> None:
    installed = {Severity.MODERATE, Severity.IMPORTANT, Severity.CRITICAL}
    assert all(loaded.policy.severity.install == installed for loaded in preset.values())


@pytest.mark.policy("helpdesk 4a", "helpdesk 4b")
def test_rule_4_what_was_missed_is_made_up_for_one_hour_after_that_days_scan(preset: dict[str, LoadedPolicy]) -> None:
    for name in ("pc", "lt"):
        assert preset[name].policy.install.catch_up
        assert preset[name].policy.install.catch_up_delay == timedelta(hours=1)


@pytest.mark.policy("helpdesk 5a")
def test_rule_5_nothing_restarts_after_an_installation(preset: dict[str, LoadedPolicy]) -> None:
    assert all(loaded.policy.restart.after_install is RestartAfterInstall.NEVER for loaded in preset.values())


@pytest.mark.policy("helpdesk 5b")
def test_rule_5_users_are_urged_to_shut_down_late_in_the_afternoon(preset: dict[str, LoadedPolicy]) -> None:
    for name in ("pc", "lt"):
        remind = preset[name].policy.restart.remind
        assert remind is not None
        assert all(window.start is not None and time(16) <= window.start < time(18) for window in remind.windows)
        assert "shut it down" in remind.message


@pytest.mark.policy("helpdesk 5d")
def test_rule_5_a_computer_that_is_kept_on_is_restarted_weekly_at_night(preset: dict[str, LoadedPolicy]) -> None:
    for name in ("pc", "lt"):
        kept_on = preset[name].policy.restart.always_on
        assert kept_on is not None
        assert kept_on.every == timedelta(days=7)
        assert kept_on.windows == (Window(frozenset(range(7)), time(2), time(5)),)
        assert preset[name].policy.restart.users is WithUsers.WARN


@pytest.mark.policy("helpdesk 6b")
def test_rule_6_the_second_failure_is_the_last(preset: dict[str, LoadedPolicy]) -> None:
    assert all(loaded.policy.retry.attempts == 2 for loaded in preset.values())


def test_a_server_is_neither_patched_nor_restarted(preset: dict[str, LoadedPolicy]) -> None:
    policy = preset["srv"].policy
    assert policy.install.windows == () and not policy.install.any_time
    assert policy.restart.always_on is None and policy.restart.remind is None
