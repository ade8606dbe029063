# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every preset is an inventory that can be copied: its devices are placed and its policies have no mistake."""

from __future__ import annotations

import ast
import ipaddress
from datetime import UTC, datetime, time, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.opening import Found
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.calendar import Window, open_window
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import Severity
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.policy import (
    Policy,
    RestartAfterInstall,
    WithUsers,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.register.read import read_register

from tests.preset_inventories import INVENTORIES, PRESETS, placed

PLUGINS = Path(__file__).parents[3] / "plugins"
DOCUMENTATION = tuple(map(ipaddress.ip_network, ("192.0.2.0/24", "198.51.100.0/24")))
NOW = datetime(2026, 11, 21, tzinfo=UTC)


@cache
def preset(name: str) -> Found:
    """The devices of a preset's own register under its policies, placed as a patrol does."""
    with TemporaryDirectory() as folder:
        return placed(read_register(INVENTORIES / name / "register.csv"), name, Path(folder) / "site", NOW)


def of_class(name: str, device_class: str) -> Policy:
    """The policy of the first device of a class."""
    found = preset(name)
    member = next(one for one in found.members.values() if one.device.device_class == device_class)
    return found.policies[member.policy].policy


@pytest.mark.parametrize("name", PRESETS)
def test_every_device_of_a_preset_has_a_policy_without_a_mistake(name: str) -> None:
    members = preset(name).members
    assert len(members) >= 6
    assert len({member.device.device_class for member in members.values()}) >= 3


@pytest.mark.parametrize("name", PRESETS)
def test_the_addresses_of_a_preset_are_for_documentation_only(name: str) -> None:
    for row in read_register(INVENTORIES / name / "register.csv"):
        if row.address.rpartition(".")[2] in ("org", "net", "com", "example"):
            assert ".example" in row.address, row
        else:
            assert any(ipaddress.ip_address(row.address) in network for network in DOCUMENTATION), row


@pytest.mark.parametrize("name", PRESETS)
def test_no_code_knows_the_name_of_a_preset(name: str) -> None:
    """The names stand in prose only: no string of the plugins is one."""
    assert [file for file, strings in strings_of_the_code().items() if name in strings] == []


@cache
def strings_of_the_code() -> dict[Path, set[object]]:
    """The strings of each file; docstrings are whole sentences."""
    return {
        file: {node.value for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Constant)}
        for file in PLUGINS.rglob("*.py")
    }


def windows_of(policy: Policy, when: str) -> bool:
    """Whether a restart window is open at a local time."""
    local = datetime.fromisoformat(when).replace(tzinfo=policy.zone)
    return open_window(policy.restart.windows, local, policy.zone) is not None


@pytest.mark.policy("campus 1a", "campus 2a", "campus 4a")
def test_campus_desktops_and_room_pcs_are_searched_daily_and_install_at_any_time() -> None:
    for device_class in ("desktop", "room"):
        policy = of_class("campus", device_class)
        assert policy.scan.every == timedelta(days=1)
        assert policy.install.any_time
        assert policy.restart.remind is None, "no pop-up"


@pytest.mark.policy("campus 1b")
def test_campus_laptops_are_out_of_scope() -> None:
    assert not of_class("campus", "laptop").managed


@pytest.mark.policy("campus 3b", "campus 4c")
def test_campus_only_critical_updates_restart() -> None:
    policy = of_class("campus", "desktop")
    assert policy.restart.after_install is RestartAfterInstall.CRITICAL
    assert policy.restart.always_on is None


@pytest.mark.policy("campus 4a", "campus 4b", "case 10", "case 11")
@pytest.mark.parametrize(
    ("when", "open_"),
    [
        ("2026-11-21T22:59", False),  # Saturday
        ("2026-11-21T23:00", True),
        ("2026-11-22T06:59", True),
        ("2026-11-22T07:00", False),
        ("2026-11-22T12:00", False),
        ("2026-11-22T18:59", False),
        ("2026-11-22T19:00", True),
        ("2026-11-23T03:00", True),  # Monday, in Sunday's window
        ("2026-11-23T07:00", False),
        ("2026-11-23T19:00", False),
        ("2026-11-23T23:00", True),
    ],
)
def test_campus_restart_windows_are_the_published_ones(when: str, open_: bool) -> None:
    assert windows_of(of_class("campus", "desktop"), when) is open_


@pytest.mark.policy("msp 1a", "msp 1b", "msp 1c")
def test_msp_desktops_have_every_night_and_servers_the_night_of_sunday_in_us_central() -> None:
    every_night = (Window(frozenset(range(7)), time(1), time(5)),)
    sunday = (Window(frozenset({6}), time(1), time(5)),)
    for device_class, windows in (("desktop", every_night), ("server", sunday)):
        policy = of_class("msp", device_class)
        assert policy.zone.key == "America/Chicago"
        assert policy.install.windows == policy.restart.windows == windows


@pytest.mark.policy("msp 3a", "msp 3b")
def test_msp_restarts_after_every_installation_and_starts_nothing_that_cannot_end() -> None:
    policy = of_class("msp", "desktop")
    assert policy.restart.after_install is RestartAfterInstall.ALWAYS
    assert policy.restart.users in (WithUsers.WARN, WithUsers.PROCEED), "nobody keeps it from restarting in the window"
    assert policy.install.fit
    assert not policy.install.catch_up


def test_msp_installs_what_was_approved_whatever_its_rating() -> None:
    assert of_class("msp", "server").severity.install == set(Severity)


@pytest.mark.policy("enterprise 4a", "enterprise 5a")
def test_enterprise_patches_are_reviewed_each_for_itself_and_go_from_the_canary_to_all() -> None:
    for device_class in ("desktop", "laptop", "server"):
        policy = of_class("enterprise", device_class)
        assert policy.approval.required
        assert not policy.approval.follow_supersedence, "the review of last month's patch is not that of this month's"
        assert [ring.name for ring in policy.rings] == ["canary", "early", "broad"]


@pytest.mark.policy("enterprise 2b", "enterprise 2c")
def test_enterprise_priorities_have_their_due_dates() -> None:
    priority = of_class("enterprise", "server").priority
    assert priority is not None
    assert priority.due[1] == timedelta(hours=48)
    assert sorted(priority.due) == [1, 2, 3, 4]


@pytest.mark.policy("enterprise 6a")
def test_enterprise_a_system_that_is_not_patched_automatically_is_one_by_its_register() -> None:
    found = preset("enterprise")
    by_hand = [name for name, member in found.members.items() if found.policies[member.policy].policy.manual]
    assert by_hand == ["PLANT-07"]
    assert found.members["PLANT-07"].device.responsible


@pytest.mark.policy("helpdesk 7a")
def test_helpdesk_asks_for_other_vendors_and_rates_them() -> None:
    vendors = of_class("helpdesk", "desktop").vendors
    assert list(vendors.providers) == ["winget"]
    assert vendors.severity["*"] is Severity.IMPORTANT
