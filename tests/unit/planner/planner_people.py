# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Decisions of people for the planner's tests, and one situation for each reason that they give."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.approval import ApprovalPolicy
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.fleet import (
    Ancestor,
    Approval,
    ApprovalState,
    Emergency,
    Exemption,
    FleetFacts,
    Scope,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import DeviceState
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.plan import Plan, plan
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.policy import Policy, RestartAfterInstall
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.reasons import Reason
from planner_scenes import DAY, DESKTOP, at, helpdesk, restart_policy, state, update, window

MONDAY = at("mon 12:00")
REQUIRED = ApprovalPolicy(required=True)
FOLLOWING = ApprovalPolicy(required=True, follow_supersedence=True)


def said(name: str, decision: ApprovalState = ApprovalState.APPROVED, on: datetime = MONDAY, **more: Any) -> Approval:
    return Approval(name, decision, "ada", on, more.pop("reason", "tested"), **more)


def hold(name: str, on: datetime = MONDAY, **more: Any) -> Approval:
    return said(name, ApprovalState.HELD, on, reason=more.pop("reason", "printers fail"), **more)


def decline(name: str, on: datetime = MONDAY, **more: Any) -> Approval:
    return said(name, ApprovalState.DECLINED, on, reason=more.pop("reason", "not ours"), **more)


def older(name: str, *replaces: str, **more: Any) -> Ancestor:
    """Return an ancestor of the same product and kind, called as ``planner_scenes.update`` does."""
    names = {"same_product": True, "same_kind": True} | more
    return Ancestor(frozenset({name, f"KB{name}"}), frozenset(f"KB{one}" for one in replaces), **names)


def excepted(scope: Scope, **more: Any) -> Exemption:
    return Exemption(scope, "a measurement runs", "head of physics", **more)


def emergency(*names: str, at_: datetime = MONDAY, lasts: timedelta = DAY) -> Emergency:
    return Emergency(frozenset(names), "exploited in the wild", "ciso", at_, at_ + lasts)


def told(known: DeviceState, **facts: Any) -> DeviceState:
    """Return a state with what people decided."""
    return replace(known, fleet=FleetFacts(**facts))


def tuesday(policy: Policy | None = None, ring: str | None = None, when: str = "tue 10:00", **facts: Any) -> Plan:
    """Return the plan of a desktop that lacks u1, outside its windows."""
    known = told(state(at("tue 09:00"), (update("u1"),), served_until=at("mon 16:00")), **facts)
    return plan(replace(DESKTOP, ring=ring), policy or helpdesk(approval=REQUIRED), known, at(when))


def pending(
    when: str, policy: Policy, scheduled: datetime | None = None, scanned: str = "tue 09:00", **facts: Any
) -> Plan:
    """Return the plan of a desktop that installed u1 and waits for a restart."""
    known = told(state(at(scanned), served_until=at(scanned), awaiting_restart=(update("u1"),)), **facts)
    assert known.observation is not None
    known = replace(
        known,
        observation=replace(known.observation, pending_restart=("wua",), restart_scheduled_at=scheduled),
    )
    return plan(DESKTOP, policy, known, at(when))


_NEVER = helpdesk(restart=restart_policy(always_on=None, remind=None))
_DAYS = restart_policy(
    always_on=None, remind=None, after_install=RestartAfterInstall.ALWAYS, windows=(window("daily", "09:00", "12:00"),)
)
_UNTIL = "without an end: a measurement runs (authorised by head of physics)"

SCENES: dict[Reason, tuple[str, Callable[[], Plan]]] = {
    Reason.EMERGENCY: (
        "ciso declared an emergency, until Tue 2026-11-24 12:00 (Europe/London): exploited in the wild; it counts as "
        "an approval and lifts the windows",
        lambda: tuesday(emergencies=(emergency("KBu1"),)),
    ),
    Reason.DECLINED_HERE: (
        "KBu1 is declined by ada since Mon 2026-11-23 12:00 (Europe/London): not ours",
        lambda: tuesday(approvals=(decline("KBu1"),)),
    ),
    Reason.EXCEPTED: (
        f"the device is excepted from patching {_UNTIL}",
        lambda: tuesday(exemptions=(excepted(Scope.PATCHING),)),
    ),
    Reason.UPDATE_EXCEPTED: (
        "the device is excepted from KBu1 until Fri 2026-11-27 00:00 (Europe/London): a measurement runs "
        "(authorised by head of physics)",
        lambda: tuesday(exemptions=(excepted(Scope.UPDATE, update="KBu1", expires=at("fri 00:00")),)),
    ),
    Reason.NOT_APPROVED: ("KBu1 is not approved: nobody decided about it yet", tuesday),
    Reason.RING_NOT_APPROVED: (
        "KBu1 is approved for other rings (canary, early); this device is in the ring broad",
        lambda: tuesday(ring="broad", approvals=(said("KBu1", rings=frozenset({"canary", "early"})),)),
    ),
    Reason.HELD: (
        "KBu1 is held by ada since Mon 2026-11-23 12:00 (Europe/London): printers fail",
        lambda: tuesday(approvals=(hold("KBu1"),)),
    ),
    Reason.HELD_BEFORE: (
        "KBu0, which KBu1 replaces, is held by ada since Mon 2026-11-23 12:00 (Europe/London): printers fail",
        lambda: tuesday(approvals=(hold("KBu0"),), ancestors={"u1": (older("u0"),)}),
    ),
    Reason.EMBARGO: (
        "KBu1 is approved by ada since Mon 2026-11-23 12:00, not before Thu 2026-11-26 08:00 (Europe/London): tested",
        lambda: tuesday(approvals=(said("KBu1", not_before=at("thu 08:00")),)),
    ),
    Reason.MATURING: (
        "it waits 3 days from Mon 2026-11-23 12:00 on (its approval): until Thu 2026-11-26 12:00 (Europe/London)",
        lambda: tuesday(helpdesk(approval=ApprovalPolicy(True, delay=3 * DAY)), approvals=(said("KBu1"),)),
    ),
    Reason.RESTART_FOR_EMERGENCY: (
        "KBu1 takes effect only after a restart, and ciso declared an emergency, until Tue 2026-11-24 12:00 "
        "(Europe/London): exploited in the wild",
        lambda: pending("tue 10:00", _NEVER, emergencies=(emergency("KBu1"),)),
    ),
    Reason.RESTART_EXCEPTED: (
        f"the device is excepted from restarts {_UNTIL}",
        lambda: pending("tue 10:00", helpdesk(restart=_DAYS), exemptions=(excepted(Scope.RESTARTS),)),
    ),
    Reason.CANCEL_EXCEPTED: (
        f"the device is excepted from restarts, the scheduled one included, {_UNTIL}",
        lambda: pending("tue 10:00", helpdesk(restart=_DAYS), at("tue 10:15"), exemptions=(excepted(Scope.RESTARTS),)),
    ),
}
