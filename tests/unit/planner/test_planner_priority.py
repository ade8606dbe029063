# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Priority and due date: a table of the policy, three clocks, and what is exploited (enterprise 2 and 3)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.approval import ApprovalPolicy
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.fleet import (
    Absence,
    Advice,
    Approval,
    ApprovalState,
    FleetFacts,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import (
    Device,
    DeviceState,
    Exposure,
    Severity,
    Update,
    UpdateState,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.plan import Action, Disposition, Verdict, plan
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.policy import Policy
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.priority import (
    Priority,
    PriorityPolicy,
    PriorityRow,
    priority_of,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.reasons import Reason
from hypothesis import given
from hypothesis import strategies as st
from planner_scenes import DAY, HOUR, LONDON, actions, at, decision, helpdesk, state, update, verdict

LEVELS = dict(zip(Severity, (1, 2, 3, 4, 4), strict=True))
LATER = dict(zip(Severity, (2, 3, 4, 4, 4), strict=True))
RULES = PriorityPolicy(
    matrix=(
        PriorityRow("high", "low", LEVELS),
        PriorityRow("high", "any", LATER),
        PriorityRow("any", "any", dict(zip(Severity, (3, 3, 4, 4, 4), strict=True))),
    ),
    due={1: 2 * DAY, 2: 7 * DAY, 3: 30 * DAY, 4: 90 * DAY},
    exploited={Exposure.INTERNET: 1, Exposure.INTERNAL: 2},
)
SERVER = Device("srv-1", "server", criticality="high", impact="low")
FACING = replace(SERVER, exposure=Exposure.INTERNET)
NOW = at("tue 10:00")
EXPLOITED = {"KBu1": Advice("KBu1", exploited=True, cves=("CVE-2026-1",))}


def ranked(
    device: Device = SERVER,
    severity: Severity = Severity.CRITICAL,
    released: datetime | None = NOW - HOUR,
    missing: datetime | None = NOW,
    now: datetime = NOW,
    **facts: object,
) -> Priority:
    one = update(severity=severity, released=released)
    return priority_of(one, severity, device, RULES, missing, FleetFacts(**facts), now, LONDON)


def enterprise(**changes: object) -> Policy:
    """Return a policy that lets in what is approved, and has priorities."""
    return helpdesk(**({"approval": ApprovalPolicy(required=True), "priority": RULES} | changes))


def lacking(one: Update, found: datetime, **facts: object) -> DeviceState:
    memory = {one.id: UpdateState(first_missing=found)}
    return state(at("mon 09:00"), (one,), served_until=at("mon 16:00"), updates=memory, fleet=FleetFacts(**facts))


@pytest.mark.policy("enterprise 2b")
@pytest.mark.parametrize(
    ("criticality", "impact", "severity", "level"),
    [
        ("high", "low", Severity.CRITICAL, 1),
        ("high", "low", Severity.IMPORTANT, 2),
        ("high", "high", Severity.CRITICAL, 2),
        ("high", None, Severity.CRITICAL, 2),
        ("normal", "low", Severity.CRITICAL, 3),
        (None, None, Severity.LOW, 4),
    ],
)
def test_priority_comes_from_severity_criticality_and_impact_by_the_first_row_that_fits(
    criticality: str | None, impact: str | None, severity: Severity, level: int
) -> None:
    assert ranked(replace(SERVER, criticality=criticality, impact=impact), severity).level == level


@pytest.mark.policy("enterprise 2c")
def test_priority_sets_a_due_date_counted_from_the_release() -> None:
    found = ranked(severity=Severity.IMPORTANT, released=NOW - 3 * DAY, missing=NOW - 2 * DAY)
    assert found.due == NOW - 3 * DAY + 7 * DAY
    assert found.why == (
        "priority 2: important, criticality high, impact of patching low; "
        "due 7 days after its release (Sat 2026-11-21 10:00)"
    )


def test_where_nobody_says_when_it_was_released_the_clock_starts_when_it_was_found_missing() -> None:
    assert ranked(released=None, missing=NOW - DAY).due == NOW - DAY + 2 * DAY


def test_a_release_that_lies_ahead_of_the_finding_is_not_believed() -> None:
    assert ranked(released=NOW + 9 * DAY, missing=NOW - DAY).due == NOW + DAY


@pytest.mark.policy("enterprise 2a")
def test_an_unrated_update_has_a_priority_of_its_own_column() -> None:
    assert ranked(severity=Severity.OTHER).level == 4


def test_a_device_that_finds_an_old_update_for_the_first_time_gets_its_grace_and_no_more() -> None:
    found = ranked(severity=Severity.IMPORTANT, released=NOW - 60 * DAY, missing=NOW)
    assert found.due == NOW + RULES.grace
    assert found.why.endswith("due 2 days after it was first found here (Tue 2026-11-24 10:00)")


def test_a_device_that_was_away_while_its_time_ran_gets_its_grace_from_its_return() -> None:
    away = Absence(NOW - 20 * DAY, NOW - DAY)
    assert ranked(released=NOW - 21 * DAY, missing=NOW - 21 * DAY, absences=(away,)).due == NOW - DAY + RULES.grace


def test_an_absence_after_the_due_date_forgives_nothing() -> None:
    away = Absence(NOW - 10 * DAY, NOW - DAY)
    assert ranked(released=NOW - 21 * DAY, missing=NOW - 21 * DAY, absences=(away,)).due == NOW - 19 * DAY


def test_the_grace_is_never_longer_than_the_time_that_the_priority_has() -> None:
    rules = replace(RULES, grace=9 * DAY)
    found = priority_of(
        update(released=NOW - 60 * DAY), Severity.CRITICAL, SERVER, rules, NOW, FleetFacts(), NOW, LONDON
    )
    assert found.due == NOW + 2 * DAY


@pytest.mark.policy("enterprise 3b", "case 18")
def test_an_exploited_vulnerability_on_an_internet_facing_server_is_priority_1_due_in_48_h_and_asks_for_approval() -> (
    None
):
    one = update(severity=Severity.MODERATE, released=NOW - 10 * DAY)
    made = plan(FACING, enterprise(), lacking(one, NOW - 9 * DAY, advice=EXPLOITED), NOW)
    assert verdict(made).priority == 1
    assert verdict(made).due == NOW + 48 * HOUR
    assert verdict(made).reason is Reason.NOT_APPROVED
    asked = decision(made, Action.TICKET)
    assert asked.reason is Reason.EMERGENCY_WANTED
    assert asked.updates == ("u1",)
    assert asked.text == (
        "KBu1 closes a vulnerability that is exploited (priority 1: exploited, criticality high, impact of patching "
        "low, internet-facing; due 2 days after it was known as exploited (Tue 2026-11-24 10:00)); an emergency "
        "approval is asked for: KBu1 is not approved: nobody decided about it yet"
    )


def test_the_same_on_an_internal_server_is_less_urgent() -> None:
    assert ranked(severity=Severity.MODERATE, advice=EXPLOITED).level == 2


def test_exploitation_never_makes_an_update_less_urgent_or_gives_it_more_time() -> None:
    found = ranked(released=NOW - DAY, missing=NOW - DAY, advice=EXPLOITED)
    assert (found.level, found.due) == (1, NOW + DAY)


def test_the_clock_of_exploitation_starts_when_the_fleet_knew_first() -> None:
    known = {"u1": NOW - DAY}
    found = ranked(FACING, Severity.LOW, NOW - 9 * DAY, NOW - 8 * DAY, advice=EXPLOITED, exploited_since=known)
    assert found.due == NOW + DAY


@pytest.mark.parametrize(
    ("date", "due"), [(NOW + DAY, NOW + DAY), (NOW + 9 * DAY, NOW + 2 * DAY), (NOW - DAY, NOW + 2 * DAY)]
)
def test_the_date_of_an_authority_shortens_the_time_unless_it_was_over_when_it_was_found(
    date: datetime, due: datetime
) -> None:
    advice = {"KBu1": replace(EXPLOITED["KBu1"], due=date)}
    assert ranked(FACING, Severity.LOW, NOW - 9 * DAY, NOW - 8 * DAY, advice=advice).due == due


def test_an_emergency_approval_is_asked_for_once() -> None:
    known = lacking(update(released=NOW), NOW, advice=EXPLOITED, asked=frozenset({"u1"}))
    assert Action.TICKET not in actions(plan(FACING, enterprise(), known, NOW))


def test_what_is_approved_asks_for_nothing() -> None:
    approved = Approval("KBu1", ApprovalState.APPROVED, "ada", NOW - DAY)
    known = lacking(update(released=NOW), NOW, advice=EXPLOITED, approvals=(approved,))
    assert Action.TICKET not in actions(plan(FACING, enterprise(), known, NOW))


@pytest.mark.policy("enterprise 4a", "case 16")
def test_an_unapproved_critical_update_is_not_approved_and_its_due_date_is_shown() -> None:
    one = update(severity=Severity.CRITICAL, released=NOW - DAY)
    found = verdict(plan(SERVER, enterprise(), lacking(one, NOW - DAY), at("wed 16:00")))
    assert found.disposition is not Disposition.INSTALL
    assert found.reason is Reason.NOT_APPROVED
    assert found.due == NOW + DAY


def test_the_most_urgent_is_installed_first() -> None:
    facts = FleetFacts(advice={"KBu2": Advice("KBu2", exploited=True)})
    missing = (update("u1", Severity.IMPORTANT), update("u2", Severity.MODERATE))
    known = state(at("mon 15:00"), missing, fleet=facts)
    made = plan(FACING, enterprise(approval=ApprovalPolicy()), known, at("mon 16:00"))
    assert decision(made, Action.INSTALL).updates == ("u2", "u1")


def test_without_priorities_in_the_policy_a_verdict_has_none() -> None:
    found: Verdict = verdict(plan(SERVER, helpdesk(), lacking(update(), NOW, advice=EXPLOITED), NOW))
    assert (found.priority, found.due, found.urgency) == (None, None, "")


MOMENTS = st.integers(-100, 100).map(lambda days: NOW + timedelta(days=days))


@given(
    st.sampled_from(Severity),
    st.sampled_from(["high", "normal", None]),
    st.sampled_from(["low", "high", None]),
    st.sampled_from(Exposure),
    st.one_of(st.none(), MOMENTS),
    st.booleans(),
    st.lists(st.tuples(MOMENTS, st.integers(5, 90)), max_size=3),
)
def test_every_combination_has_a_priority_and_an_absence_or_exploitation_moves_the_due_date_one_way_only(
    severity: Severity,
    criticality: str | None,
    impact: str | None,
    exposure: Exposure,
    released: datetime | None,
    exploited: bool,
    away: list[tuple[datetime, int]],
) -> None:
    device = Device("d", criticality=criticality, impact=impact, exposure=exposure)
    gone = tuple(sorted((Absence(begun, begun + days * DAY) for begun, days in away), key=lambda one: one.since))
    plain = ranked(device, severity, released)
    hurried = ranked(device, severity, released, advice=EXPLOITED if exploited else {})
    absent = ranked(device, severity, released, absences=gone)
    assert plain.level in RULES.due
    assert hurried.level <= plain.level
    assert hurried.due <= plain.due
    assert absent.due >= plain.due
