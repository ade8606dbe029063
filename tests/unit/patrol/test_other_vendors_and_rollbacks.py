# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Helpdesk 7 and 8, turn by turn: patches of other vendors, and a patch that is pulled."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.advisories.values import Catalogue, ExploitedCve
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import Signal
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger.advisory_imports import Origin
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger.rollbacks import RemovalState
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.fleet_facts import Decided
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.vendor_advice import concerns
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.fleet import Rollback
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import Update
from ansible_collections.nightshift.fleet.plugins.plugin_utils.policy.load import Layer, load_policy

from lab.device.service import Act, ActRun
from lab.operator import helpdesk_policies
from tests.unit.patrol.rig import Rig

FIREFOX = {
    "id": "winget:Mozilla.Firefox",
    "name": "Mozilla Firefox (x64 en-US)",
    "vendor": "Mozilla",
    "installed": "144.0",
    "versions": [{"version": "145.0", "released": "2026-11-18"}],
}
VENDORS = {"vendors": {"providers": ["winget", "chocolatey"], "severity": {"mozilla": "important"}}}
BAD = {"kb": "KB5999001", "severity": "Important", "uninstallable": True}
STUCK = {"kb": "KB5999002", "severity": "Important"}


def rig(folder: Path, *extra: dict[str, Any], start: str = "2026-11-23T15:00:00+00:00", **device: Any) -> Rig:
    """Return a desktop of the help desk that has every update of the catalogue but the ``extra`` ones."""
    catalogue = {"released_until": "2026-01-20", "extra_updates": list(extra)}
    made = Rig(folder, {"name": "pc-001", **device}, catalogue, start=start)
    policies = helpdesk_policies()
    layers = [Layer("all", {**policies["all"], **VENDORS}), Layer("desktops", policies["desktops"])]
    made.session = replace(made.session, policies={"policy": load_policy(layers)})
    return made


def patrol(one: Rig, minutes: int) -> None:
    """Look at the device every ten minutes, and do what is due."""
    for _ in range(minutes // 10):
        one.act()
        one.wait(10)


def done(one: Rig, what: str) -> list[str]:
    return [event.update for event in one.truth.happenings() if event.what.value == what]


def order(one: Rig, update: str, **fields: Any) -> Rollback:
    """Give an order, and open the next run, which knows of it."""
    given = Rollback(update, "printers fail", "ada", one.clock.now(), **fields)
    with one.ledger.begin() as tx:
        tx.rollbacks.order(given)
        orders = tx.rollbacks.standing()
    one.session = replace(one.session, decided=Decided(rollbacks=orders))
    return given


@pytest.mark.policy("helpdesk 7a")
@pytest.mark.slow_on_postgresql
def test_helpdesk_7_a_new_firefox_is_found_and_installed_in_the_window(tmp_path: Path) -> None:
    one = rig(tmp_path, packages=[FIREFOX])
    patrol(one, 55)
    assert done(one, "install_started") == []  # found before the window, and not installed
    with one.ledger.read() as tx:
        state = tx.device_state("pc-001")
        assert state is not None
        found = {update.id: update for update in state.missing}
    update = found["winget:Mozilla.Firefox@145.0"]
    assert (update.vendor, update.product) == ("Mozilla", "Firefox")
    assert (update.installed_version, update.available_version) == ("144.0", "145.0")
    patrol(one, 60)
    assert "winget:Mozilla.Firefox@145.0" in done(one, "install_finished")
    start = next(e for e in one.truth.happenings() if e.what.value == "install_started")
    assert start.at.isoformat() >= "2026-11-23T16:00:00+00:00"
    with one.ledger.read() as tx:
        state = tx.device_state("pc-001")
        assert state is not None
        assert not [one for one in state.missing if one.provider == "winget"]  # a later search confirms it


def test_a_package_that_nobody_rates_is_left_alone(tmp_path: Path) -> None:
    other = {**FIREFOX, "id": "winget:Contoso.Tool", "name": "Tool", "vendor": "Contoso"}
    one = rig(tmp_path, packages=[other])
    patrol(one, 120)
    assert "winget:Contoso.Tool@145.0" not in done(one, "install_started")


def listed(vendor: str, product: str, added: date = date(2026, 11, 20)) -> ExploitedCve:
    return ExploitedCve("CVE-2026-90004", vendor, product, "A flaw", added, date(2026, 12, 11))


@pytest.mark.policy("helpdesk 7a")
def test_a_package_that_nobody_rates_is_critical_while_its_product_is_listed_as_exploited(tmp_path: Path) -> None:
    other = {**FIREFOX, "id": "winget:Contoso.Tool", "name": "Tool", "vendor": "Contoso"}
    one = rig(tmp_path, packages=[other])
    catalogue = Catalogue("2026.11.20", one.clock.now(), (listed("Contoso", "Tool and Toolbox"),))
    with one.ledger.begin() as tx:
        tx.advisories.record(catalogue, Origin("test", "", 1), one.clock.now())
    patrol(one, 120)
    assert "winget:Contoso.Tool@145.0" in done(one, "install_finished")


PACKAGE = Update("winget:RARLab.WinRAR@7.13", provider="winget", vendor="RARLab", product="WinRAR")


@pytest.mark.parametrize(
    ("vendor", "product", "package", "meant"),
    [
        ("RARLAB", "WinRAR", PACKAGE, True),
        ("RARLAB", "UnRAR", PACKAGE, False),
        ("Mozilla", "Firefox and Thunderbird", replace(PACKAGE, vendor="Mozilla", product="Thunderbird"), True),
        ("7-Zip", "7-Zip", replace(PACKAGE, vendor="7zip", product="7zip"), True),
        ("Google", "Chromium V8", replace(PACKAGE, vendor="Google", product="Chrome"), True),
        ("Google", "Chromium V8", replace(PACKAGE, vendor="Google", product="Drive"), False),
        ("Git", "Git", replace(PACKAGE, vendor="GitHub", product="GitHubDesktop"), False),
        ("", "", replace(PACKAGE, vendor="", product=""), False),
        ("Contoso", "", replace(PACKAGE, vendor="Contoso", product="Tool"), False),
    ],
)
def test_an_entry_of_the_catalogue_is_about_the_product_that_it_names(vendor, product, package, meant) -> None:
    assert concerns(listed(vendor, product), package) is meant


@pytest.mark.slow_on_postgresql
def test_a_browser_that_is_open_is_tried_twice_and_then_left_to_a_person(tmp_path: Path) -> None:
    one = rig(tmp_path, packages=[{**FIREFOX, "running": True}])
    patrol(one, 300)
    assert done(one, "install_started").count("winget:Mozilla.Firefox@145.0") == 2
    with one.ledger.read() as tx:
        (ticket,) = tx.open_tickets("pc-001")
    assert ticket.update_id == "winget:Mozilla.Firefox@145.0"


@pytest.mark.policy("enterprise 1b")
def test_the_software_of_a_device_is_in_the_ledger(tmp_path: Path) -> None:
    one = rig(tmp_path, packages=[FIREFOX])
    patrol(one, 120)
    with one.ledger.read() as tx:
        now = [(held.program.name, held.program.version) for held in tx.software.of(["pc-001"])]
        before = [held for held in tx.software.of(["pc-001"], gone=True) if held.gone_at is not None]
    assert ("Mozilla Firefox (x64 en-US)", "145.0") in now or ("Mozilla Firefox (x64 en-US)", "144.0") in now
    assert all(held.program.version == "144.0" for held in before)


@pytest.mark.policy("helpdesk 8b")
def test_helpdesk_8_what_is_rolled_back_is_removed_in_the_window_and_not_installed_again(tmp_path: Path) -> None:
    one = rig(tmp_path, BAD)
    patrol(one, 120)
    bad = next(update for update in one.pc.service.find(one.clock.now()).installed if update.kb == "KB5999001")
    given = order(one, "KB5999001")
    patrol(one, 120)
    assert done(one, "uninstall_finished") == [bad.id]
    one.wait(60 * 46)  # Wednesday, the next window
    patrol(one, 120)
    assert done(one, "install_finished").count(bad.id) == 1
    with one.ledger.read() as tx:
        (affected,) = tx.rollbacks.affected(given)
    assert (affected.device, affected.state) == ("pc-001", RemovalState.REMOVED)


@pytest.mark.slow_on_postgresql
def test_an_order_outside_the_window_waits_for_it_unless_it_is_at_once(tmp_path: Path) -> None:
    for at_once in (False, True):
        folder = tmp_path / str(at_once)
        folder.mkdir()
        one = rig(folder, BAD)
        patrol(one, 120)
        one.wait(60 * 12)  # Tuesday morning
        order(one, "KB5999001", at_once=at_once)
        patrol(one, 60)
        assert bool(done(one, "uninstall_finished")) is at_once


def test_a_device_that_was_off_is_served_when_it_is_seen_again(tmp_path: Path) -> None:
    one = rig(tmp_path, BAD)
    patrol(one, 120)
    one.answers = False
    order(one, "KB5999001", at_once=True)
    patrol(one, 60)
    assert done(one, "uninstall_finished") == []
    one.answers = True
    patrol(one, 60)
    assert len(done(one, "uninstall_finished")) == 1


@pytest.mark.policy("helpdesk 8b")
def test_what_cannot_be_uninstalled_is_reported_and_not_tried(tmp_path: Path) -> None:
    one = rig(tmp_path, STUCK)
    patrol(one, 120)
    given = order(one, "KB5999002", at_once=True)
    patrol(one, 60)
    assert done(one, "uninstall_started") == []
    with one.ledger.read() as tx:
        (affected,) = tx.rollbacks.affected(given)
    assert affected.state is RemovalState.CANNOT
    with one.ledger.read() as tx:
        (ticket,) = tx.open_tickets("pc-001")  # one, however often the device is looked at
    assert ticket.signal is Signal.REMOVAL_FAILED and "it cannot be uninstalled" in ticket.subject
    with one.ledger.begin() as tx:
        tx.rollbacks.lift("KB5999002", "ada", "", one.clock.now())
        assert tx.open_tickets("pc-001") == ()


@pytest.mark.policy("helpdesk 8b")
def test_a_removal_that_fails_as_often_as_is_allowed_is_a_ticket_until_the_update_is_gone(tmp_path: Path) -> None:
    fault = {"kind": "fail_update", "update": "KB5999001", "hresult": "0x80070643", "phase": "uninstall", "count": 2}
    one = rig(tmp_path, BAD, faults=[fault])
    patrol(one, 120)
    order(one, "KB5999001", at_once=True)
    patrol(one, 120)
    assert done(one, "uninstall_finished") == []
    with one.ledger.read() as tx:
        (ticket,) = tx.open_tickets("pc-001")
    assert "its removal failed 2 times" in ticket.subject
    assert [tried["hresult"] for tried in ticket.evidence["removals"]] == ["0x80070643"] * 2

    bad = next(update for update in one.pc.service.find(one.clock.now()).installed if update.kb == "KB5999001")
    one.pc.service.complete(Act.UNINSTALL, bad, ActRun(60.0))  # a person removes it
    one.wait(60 * 26)
    patrol(one, 60)
    with one.ledger.read() as tx:
        assert tx.open_tickets("pc-001") == ()


@pytest.mark.slow_on_postgresql
def test_a_lifted_order_lets_the_update_be_installed_again(tmp_path: Path) -> None:
    one = rig(tmp_path, BAD)
    patrol(one, 120)
    order(one, "KB5999001", at_once=True)
    patrol(one, 60)
    with one.ledger.begin() as tx:
        assert tx.rollbacks.lift("KB5999001", "ada", "the vendor mended it", one.clock.now())
        assert not tx.rollbacks.lift("KB5999001", "ada", "", one.clock.now())
    one.session = replace(one.session, decided=Decided())
    one.wait(60 * 45)
    patrol(one, 180)
    assert len(done(one, "install_finished")) == 2
