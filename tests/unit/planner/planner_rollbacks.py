# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Packages, orders to roll back, and one situation for each reason that they give."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.fleet import FleetFacts, Removal, Rollback
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import Attempt, DeviceState, Update
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.plan import Plan, plan
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.policy import Policy
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.reasons import Reason
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.vendors import VendorPolicy
from planner_scenes import DESKTOP, at, helpdesk, state, update

ORDERED = at("mon 12:00")
LISTED = at("mon 15:00")


def firefox(**fields: Any) -> Update:
    """Return an update of Firefox, as winget finds it."""
    return Update(
        "winget:Mozilla.Firefox@145.0",
        provider="winget",
        title="Mozilla Firefox 145.0",
        kbs=("winget:Mozilla.Firefox",),
        vendor="Mozilla",
        product="Firefox",
        **fields,
    )


def vendors(**rules: Any) -> Policy:
    """Return the help desk's policy with rules about other vendors."""
    return helpdesk(vendors=VendorPolicy(providers=("winget",), **rules))


def order(name: str = "KB5000001", **fields: Any) -> Rollback:
    return Rollback(name, "printers fail", "ada", ORDERED, **fields)


def removal(*tried: Attempt, uninstallable: bool = True, listed: datetime = LISTED, **fields: Any) -> Removal:
    """Return the order about KB5000001, which a device has that was searched on Monday at 15:00."""
    bad = update("5000001", uninstallable=uninstallable)
    return Removal(bad, order(**fields), listed, tried)


def with_orders(known: DeviceState, *removals: Removal) -> DeviceState:
    return replace(known, fleet=FleetFacts(rollbacks=(order(),), removals=removals, installed_listed="scan"))


def desktop(known: DeviceState, now: datetime, policy: Policy | None = None) -> Plan:
    return plan(DESKTOP, policy or helpdesk(), known, now)


RECENT = state(LISTED, (update(),))
SCENES: dict[Reason, tuple[str, Callable[[], Plan]]] = {
    Reason.ROLLED_BACK: (
        "KB5000001 was rolled back by ada on Mon 2026-11-23 12:00 (Europe/London): printers fail",
        lambda: desktop(with_orders(state(LISTED, (update("5000001"),))), at("mon 16:00")),
    ),
    Reason.ROLLBACK: (
        "ada rolled KB5000001 back on Mon 2026-11-23 12:00 (Europe/London): printers fail",
        lambda: desktop(with_orders(RECENT, removal()), at("mon 16:00")),
    ),
    Reason.REMOVAL_FAILS: (
        (
            "KB5000001, which ada rolled back on Mon 2026-11-23 12:00 (Europe/London), is still installed: "
            "it cannot be uninstalled; remove it with the tool of its vendor"
        ),
        lambda: desktop(with_orders(RECENT, removal(uninstallable=False)), at("mon 16:00")),
    ),
    Reason.REMOVAL_FIRST: (
        "an update is removed from the device first",
        lambda: desktop(with_orders(RECENT, removal()), at("mon 16:00")),
    ),
    Reason.VENDOR_UNWANTED: (
        "Mozilla Firefox 145.0: the policy does not want updates of Mozilla/Firefox",
        lambda: desktop(state(LISTED, (firefox(),)), at("mon 16:00"), vendors(deny=frozenset({"mozilla"}))),
    ),
}
