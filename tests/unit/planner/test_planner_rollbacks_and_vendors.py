# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Helpdesk 7 and 8: other vendors' updates, and updates that are pulled."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import (
    ErrorClass,
    Outcome,
    Severity,
    SeveritySource,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.plan import Action, Disposition
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.reasons import Reason
from planner_rollbacks import LISTED, ORDERED, RECENT, desktop, firefox, order, removal, vendors, with_orders
from planner_scenes import HOUR, actions, at, attempt, decision, failure, scan, state, update, verdict

FIREFOX = "winget:Mozilla.Firefox@145.0"
HERE = state(LISTED, (firefox(),))


def test_a_package_that_the_policy_rates_is_installed_in_the_window() -> None:
    result = desktop(HERE, at("mon 16:00"), vendors(severity={"mozilla": Severity.IMPORTANT}))
    assert decision(result, Action.INSTALL).updates == (FIREFOX,)
    assert verdict(result, FIREFOX).severity_source is SeveritySource.OVERRIDE


def test_a_package_that_nobody_rates_is_never_installed() -> None:
    assert verdict(desktop(HERE, at("mon 16:00"), vendors()), FIREFOX).reason is Reason.UNRATED


@pytest.mark.parametrize(
    ("narrow", "wide"),
    [
        ("winget:mozilla.firefox", "mozilla/firefox"),
        ("mozilla/firefox", "firefox"),
        ("firefox", "mozilla"),
        ("mozilla", "*"),
    ],
)
def test_the_narrowest_name_rates(narrow: str, wide: str) -> None:
    policy = vendors(severity={wide: Severity.LOW, narrow: Severity.CRITICAL})
    assert verdict(desktop(HERE, at("mon 16:00"), policy), FIREFOX).severity is Severity.CRITICAL


def test_where_some_products_are_allowed_no_other_is_wanted() -> None:
    rated = {"*": Severity.IMPORTANT}
    other = vendors(allow=frozenset({"7-zip"}), severity=rated)
    allowed = vendors(allow=frozenset({"mozilla/firefox"}), severity=rated)
    assert verdict(desktop(HERE, at("mon 16:00"), other), FIREFOX).reason is Reason.VENDOR_UNWANTED
    assert verdict(desktop(HERE, at("mon 16:00"), allowed), FIREFOX).disposition is Disposition.INSTALL


def test_rules_about_vendors_say_nothing_about_the_update_agent() -> None:
    policy = vendors(allow=frozenset({"mozilla"}), deny=frozenset({"*"}), severity={"*": Severity.LOW})
    assert verdict(desktop(RECENT, at("mon 16:00"), policy)).disposition is Disposition.INSTALL


def test_a_package_is_declined_by_its_name_without_a_version() -> None:
    policy = replace(vendors(severity={"*": Severity.CRITICAL}), declined=frozenset({"winget:Mozilla.Firefox"}))
    assert verdict(desktop(HERE, at("mon 16:00"), policy), FIREFOX).reason is Reason.DECLINED


def test_what_is_rolled_back_is_removed_before_anything_is_installed() -> None:
    result = desktop(with_orders(RECENT, removal()), at("mon 16:00"))
    assert actions(result) == [Action.UNINSTALL]
    assert decision(result, Action.UNINSTALL).updates == ("5000001",)
    assert decision(result, Action.UNINSTALL).deadline == at("mon 20:00")
    assert verdict(result).reason is Reason.REMOVAL_FIRST


def test_outside_the_windows_a_removal_waits_for_the_next_one() -> None:
    result = desktop(with_orders(RECENT, removal()), at("mon 15:10"))
    assert Action.UNINSTALL not in actions(result)
    assert result.next_at is not None and result.next_at <= at("mon 16:00")


def test_a_removal_at_once_does_not_wait_for_a_window() -> None:
    result = desktop(with_orders(RECENT, removal(at_once=True)), at("mon 15:10"))
    assert decision(result, Action.UNINSTALL).deadline is None


def test_what_cannot_be_uninstalled_is_not_tried() -> None:
    assert Action.UNINSTALL not in actions(desktop(with_orders(RECENT, removal(uninstallable=False)), at("mon 16:00")))


def test_a_removal_that_succeeded_waits_for_the_search_that_confirms_it() -> None:
    done = attempt("5000001", at("mon 16:10"), Outcome.SUCCEEDED)
    assert Action.UNINSTALL not in actions(desktop(with_orders(RECENT, removal(done)), at("mon 16:20")))


def test_what_is_there_again_after_a_removal_is_removed_again() -> None:
    done = attempt("5000001", at("mon 13:00"), Outcome.SUCCEEDED)
    assert Action.UNINSTALL in actions(desktop(with_orders(RECENT, removal(done)), at("mon 16:00")))


def test_a_failed_removal_is_retried_after_the_delay_and_given_up_like_an_installation() -> None:
    first = failure("5000001", at("mon 16:00"))
    soon, later = at("mon 16:30"), at("mon 17:10")
    assert Action.UNINSTALL not in actions(desktop(with_orders(RECENT, removal(first)), soon))
    assert Action.UNINSTALL in actions(desktop(with_orders(RECENT, removal(first)), later))
    second = failure("5000001", at("mon 17:15"))
    assert Action.UNINSTALL not in actions(desktop(with_orders(RECENT, removal(first, second)), at("mon 19:00")))


def test_a_removal_that_needs_a_person_is_not_repeated() -> None:
    hopeless = failure("5000001", ORDERED + HOUR, ErrorClass.NEEDS_PERSON)
    assert Action.UNINSTALL not in actions(desktop(with_orders(RECENT, removal(hopeless)), at("mon 16:00")))


def test_a_removal_waits_while_a_search_is_needed_first() -> None:
    known = replace(with_orders(RECENT, removal()), scan=scan(at("sat 15:00", weeks=-1)))
    assert actions(desktop(known, at("mon 16:00"))) == [Action.SCAN]


def test_an_order_names_a_package_too() -> None:
    known = replace(HERE, fleet=replace(HERE.fleet, rollbacks=(order("winget:Mozilla.Firefox"),)))
    result = desktop(known, at("mon 16:00"), vendors(severity={"*": Severity.CRITICAL}))
    assert verdict(result, FIREFOX).reason is Reason.ROLLED_BACK


def test_other_updates_are_not_declined_by_an_order() -> None:
    known = with_orders(state(LISTED, (update("5000002"),)))
    assert verdict(desktop(known, at("mon 16:00")), "5000002").disposition is Disposition.INSTALL
