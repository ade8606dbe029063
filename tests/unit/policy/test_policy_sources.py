# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Policies of hosts, collected by Ansible's own inventory, variable manager and vars plugins from files."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import pytest
from ansible import constants
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.vars.hostvars import HostVars
from ansible.vars.manager import VariableManager
from ansible_collections.nightshift.fleet.plugins.plugin_utils.policy.load import LoadedPolicy, PolicyError
from ansible_collections.nightshift.fleet.plugins.plugin_utils.policy.sources import (
    policies_for,
    policies_from_hostvars,
)

HOSTS = """
all:
  children:
    pcs:
      children:
        desktops: {hosts: {pc-001: {}, pc-002: {}}}
        laptops: {hosts: {pc-101: {}, pc-102: {}}}
    oslo: {hosts: {pc-002: {}, pc-102: {}}}
"""
ALL = """
nightshift_policy:
  zone: Europe/London
  severity:
    overrides: {KB5068861: critical}
"""
LAPTOPS = """
nightshift_policy:
  install:
    catch_up: true
    windows:
      - {days: [tue, thu, sat], start: "16:00", end: "20:00"}
"""


class Site:
    """An inventory in files, and a playbook folder beside it."""

    def __init__(self, root: Path) -> None:
        self.inventory, self.playbooks = root / "inventory", root / "playbooks"
        self.playbooks.mkdir(parents=True)
        self.write("hosts.yml", HOSTS)
        self.write("group_vars/all.yml", ALL)
        self.write("group_vars/laptops.yml", LAPTOPS)

    def write(self, name: str, text: str, root: Path | None = None) -> None:
        path = (root or self.inventory) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")

    def ansible(self, extra: dict[str, Any] | None = None) -> tuple[InventoryManager, VariableManager, DataLoader]:
        loader = DataLoader()
        loader.set_basedir(str(self.playbooks))
        inventory = InventoryManager(loader=loader, sources=[str(self.inventory / "hosts.yml")])
        variables = VariableManager(loader=loader, inventory=inventory)
        variables._extra_vars = extra or {}  # as ansible-playbook fills it from -e
        return inventory, variables, loader

    def load(self, *hosts: str, extra: dict[str, Any] | None = None) -> dict[str, LoadedPolicy]:
        return policies_for(hosts, *self.ansible(extra))

    def refused(self, *hosts: str, extra: dict[str, Any] | None = None) -> list[str]:
        with pytest.raises(PolicyError) as caught:
            self.load(*hosts, extra=extra)
        return str(caught.value).splitlines()


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_groups_merge_per_key_and_each_value_knows_its_file(site: Site) -> None:
    loaded = site.load("pc-101")["pc-101"]
    assert loaded.policy.zone.key == "Europe/London"
    assert loaded.policy.install.catch_up
    assert loaded.origins["zone"] == "group_vars/all.yml"
    assert loaded.origins["install.windows"] == "group_vars/laptops.yml"
    assert loaded.origins["severity.overrides.KB5068861"] == "group_vars/all.yml"
    assert loaded.origins["scan.every"] == "default"


def test_hosts_of_the_same_groups_share_one_policy(site: Site) -> None:
    site.write("hosts.yml", "all: {children: {laptops: {hosts: {'pc-[001:500]': {}}}}}")
    names = [f"pc-{number:03}" for number in range(1, 501)]
    loaded = site.load(*names)
    assert len({id(policy) for policy in loaded.values()}) == 1


def test_a_host_without_any_policy_has_the_defaults(site: Site) -> None:
    (site.inventory / "group_vars/all.yml").unlink()
    loaded = site.load("pc-001")["pc-001"]
    assert set(loaded.origins.values()) == {"default"}


def test_the_order_is_ansibles_parents_children_same_depth_by_priority_then_name(site: Site) -> None:
    site.write("group_vars/pcs.yml", "nightshift_policy: {zone: Europe/Paris, retry: {attempts: 3}}")
    site.write("group_vars/oslo.yml", "nightshift_policy: {zone: Europe/Oslo}")
    site.write("group_vars/desktops.yml", "nightshift_policy: {scan: {every: 2d}}")
    loaded = site.load("pc-001", "pc-002")
    assert loaded["pc-001"].origins["zone"] == "group_vars/pcs.yml"
    # oslo and pcs are equally deep: the later name wins, as for any variable of Ansible.
    assert loaded["pc-002"].policy.zone.key == "Europe/Paris"
    site.write("group_vars/oslo.yml", "nightshift_policy: {zone: Europe/Oslo}\nansible_group_priority: 10")
    site.write("hosts.yml", HOSTS.replace("oslo: {hosts", "oslo: {vars: {ansible_group_priority: 10}, hosts"))
    loaded = site.load("pc-002")
    assert loaded["pc-002"].policy.zone.key == "Europe/Oslo"
    assert loaded["pc-002"].policy.retry.attempts == 3


def test_host_vars_win_over_groups_and_extra_variables_over_all(site: Site) -> None:
    site.write("host_vars/pc-101.yml", "nightshift_policy: {zone: Asia/Kolkata, retry: {attempts: 5}}")
    loaded = site.load("pc-101", "pc-102", extra={"nightshift_policy": {"retry": {"attempts": 7}}})
    assert loaded["pc-101"].policy.zone.key == "Asia/Kolkata"
    assert loaded["pc-101"].origins["zone"] == "host_vars/pc-101.yml"
    assert loaded["pc-101"].policy.install.catch_up
    assert [loaded[name].policy.retry.attempts for name in ("pc-101", "pc-102")] == [7, 7]
    assert loaded["pc-102"].origins["retry.attempts"] == "-e"


def test_variables_inside_the_inventory_file_are_layers_too(site: Site) -> None:
    policy = "{nightshift_policy: {managed: false}}"
    site.write("hosts.yml", HOSTS.replace("laptops: {hosts: {pc-101: {}", f"laptops: {{hosts: {{pc-101: {policy}"))
    loaded = site.load("pc-101", "pc-102")
    assert not loaded["pc-101"].policy.managed
    assert loaded["pc-101"].origins["managed"] == "hosts.yml"
    assert loaded["pc-102"].policy.managed


def test_group_vars_beside_the_playbook_win_over_those_beside_the_inventory(site: Site) -> None:
    site.write("group_vars/laptops.yml", "nightshift_policy: {scan: {every: 3d}}", site.playbooks)
    loaded = site.load("pc-101")["pc-101"]
    assert loaded.policy.scan.every.days == 3
    assert loaded.policy.install.catch_up
    assert loaded.origins["scan.every"] == "playbooks/group_vars/laptops.yml"


def test_precedence_follows_ansibles_own_setting(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.write("group_vars/laptops.yml", "nightshift_policy: {zone: Europe/Rome}")
    site.write("group_vars/all.yml", "nightshift_policy: {zone: Europe/Oslo}")
    assert site.load("pc-101")["pc-101"].policy.zone.key == "Europe/Rome"
    monkeypatch.setattr(constants, "VARIABLE_PRECEDENCE", ["groups_plugins_inventory", "all_plugins_inventory"])
    assert site.load("pc-101")["pc-101"].policy.zone.key == "Europe/Oslo"


def test_templates_are_filled_in_for_each_host(site: Site) -> None:
    site.write("group_vars/all.yml", 'nightshift_policy: {zone: "{{ site_zone }}", retry: {attempts: "{{ tries }}"}}')
    site.write("group_vars/desktops.yml", "site_zone: Europe/Rome\ntries: 2")
    site.write("group_vars/laptops.yml", "site_zone: Europe/Oslo\ntries: 4")
    loaded = site.load("pc-001", "pc-002", "pc-101")
    assert {name: found.policy.zone.key for name, found in loaded.items()} == {
        "pc-001": "Europe/Rome",
        "pc-002": "Europe/Rome",
        "pc-101": "Europe/Oslo",
    }
    assert loaded["pc-101"].policy.retry.attempts == 4
    assert loaded["pc-101"].origins["zone"] == "group_vars/all.yml"
    assert loaded["pc-001"] is loaded["pc-002"]


def test_a_whole_section_may_be_a_template(site: Site) -> None:
    site.write(
        "group_vars/laptops.yml",
        'evening: {catch_up: false, fit: false}\nnightshift_policy: {install: "{{ evening }}"}',
    )
    assert not site.load("pc-101")["pc-101"].policy.install.fit


def test_a_template_without_its_variable_is_a_problem_with_its_place(site: Site) -> None:
    site.write("group_vars/laptops.yml", 'nightshift_policy: {scan: {every: "{{ pace }}"}}')
    lines = site.refused("pc-101", "pc-102")
    assert len(lines) == 1
    assert lines[0].startswith("group_vars/laptops.yml: nightshift_policy.scan.every: '{{ pace }}' is a template that")
    assert "'pace' is undefined" in lines[0]


def test_the_example_of_the_style_guide(site: Site) -> None:
    site.write(
        "group_vars/laptops.yml",
        """
        nightshift_policy:
          install:
            windows:
              - {days: [mon], start: "16:00", end: "20:00"}
              - {days: [Tues], start: "16:00", end: "20:00"}
        """,
    )
    assert site.refused("pc-101") == [
        "group_vars/laptops.yml: nightshift_policy.install.windows[1].days: 'Tues' is not a weekday; "
        "use mon, tue, wed, thu, fri, sat or sun"
    ]


def test_the_mistakes_of_the_whole_fleet_are_told_at_once_and_each_only_once(site: Site) -> None:
    site.write("group_vars/all.yml", "nightshift_policy: {zone: Europe/Londn}")
    site.write(
        "group_vars/laptops.yml", "nightshift_policy: {install: {windows: [{days: [tue], start: 16:00, end: '20:00'}]}}"
    )
    site.write("host_vars/pc-001.yml", "nightshift_policy: {mananged: false}")
    lines = site.refused("pc-001", "pc-002", "pc-101", "pc-102")
    assert [line.partition(" ")[0] for line in lines] == [
        "group_vars/all.yml:",
        "group_vars/laptops.yml:",
        "host_vars/pc-001.yml:",
    ]
    assert "did you mean 'managed'?" in lines[2]
    assert 'put the time in quotes: "16:00"' in lines[1]


def test_without_a_file_the_group_is_the_place(site: Site) -> None:
    inventory, variables, loader = site.ansible()
    inventory.groups["laptops"].set_variable("nightshift_policy", {"managed": "perhaps"})
    with pytest.raises(PolicyError) as caught:
        policies_for(["pc-101"], inventory, variables, loader)
    assert str(caught.value).startswith("group laptops: nightshift_policy.managed: 'perhaps' is neither")


def test_an_unknown_host_is_refused(site: Site) -> None:
    with pytest.raises(KeyError, match="pc-999"):
        site.load("pc-999")


def test_an_action_plugin_reaches_it_through_hostvars(site: Site) -> None:
    inventory, variables, loader = site.ansible()
    hostvars = HostVars(inventory, variables, loader)
    assert policies_from_hostvars(["pc-101"], hostvars) == policies_for(["pc-101"], inventory, variables, loader)
