# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Approvals, holds, declines, and how they follow supersedence (msp 2; enterprise 4; field notes 4.5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.approval import ApprovalPolicy
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.fleet import (
    Advice,
    Ancestor,
    Approval,
    ApprovalState,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import Severity, UpdateState
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.plan import Action, Disposition, Plan, plan
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.reasons import Reason
from hypothesis import given, settings
from hypothesis import strategies as st
from planner_people import FOLLOWING, MONDAY, REQUIRED, decline, emergency, hold, older, said, told
from planner_scenes import (
    CHICAGO,
    DAY,
    DESKTOP,
    actions,
    at,
    campus,
    decision,
    helpdesk,
    install_policy,
    msp,
    scan,
    seen,
    state,
    update,
    verdict,
)

DAYTIME = "tue 10:00"
ANY_TIME = install_policy(windows=(), any_time=True, catch_up=False)


def made(
    *approvals: Approval,
    rules: ApprovalPolicy = REQUIRED,
    ring: str | None = None,
    when: str = DAYTIME,
    **facts: object,
) -> Plan:
    """Return the plan of a device that may install at any time, as far as its policy goes, and lacks u1."""
    known = told(state(at("tue 09:00"), (update("u1"),)), approvals=approvals, **facts)
    return plan(replace(DESKTOP, ring=ring), helpdesk(install=ANY_TIME, approval=rules), known, at(when))


def reason(result: Plan) -> Reason:
    return verdict(result).reason


# Nothing unapproved installs


@pytest.mark.policy("msp 2a")
def test_msp_2_nothing_unapproved_installs_even_inside_the_window():
    night = at("sun 02:00", CHICAGO)
    server = state(night, (update("u1", Severity.CRITICAL), update("u2")))
    policy = msp(approval=REQUIRED)
    result = plan(DESKTOP, policy, told(server, approvals=(said("KBu2"),)), night + timedelta(minutes=1))
    assert verdict(result, "u1").reason is Reason.NOT_APPROVED
    assert decision(result, Action.INSTALL).updates == ("u2",)


def test_without_a_requirement_nobody_is_asked():
    assert reason(made(rules=ApprovalPolicy())) is Reason.ANY_TIME


@pytest.mark.policy("enterprise 4a")
def test_enterprise_unapproved_critical_update_is_not_approved_and_waits_for_people_alone():
    known = state(at("tue 09:00"), (update("u1", Severity.CRITICAL),))
    result = plan(DESKTOP, helpdesk(install=ANY_TIME, approval=REQUIRED), known, at(DAYTIME))
    found = verdict(result)
    assert (found.disposition, found.reason, found.until) == (Disposition.WAIT, Reason.NOT_APPROVED, None)
    assert actions(result) == []


def test_what_is_not_approved_is_not_owed_and_the_window_counts_as_served():
    known = state(at("wed 16:05"), (update("u1"),), served_until=at("mon 16:00"))
    result = plan(DESKTOP, helpdesk(approval=REQUIRED), known, at("wed 16:10"))
    assert result.serves == at("wed 16:00")


def test_an_approval_by_update_id_counts_as_one_by_kb():
    assert reason(made(said("u1"))) is reason(made(said("KBu1"))) is Reason.ANY_TIME


def test_what_is_below_the_threshold_is_not_put_before_people():
    known = state(at("tue 09:00"), (update("u1", Severity.LOW),))
    result = plan(DESKTOP, helpdesk(install=ANY_TIME, approval=REQUIRED), known, at(DAYTIME))
    assert reason(result) is Reason.BELOW_THRESHOLD


def test_an_approval_for_other_rings_is_none_here():
    canary = said("KBu1", rings=frozenset({"canary"}))
    assert reason(made(canary, ring="canary")) is Reason.ANY_TIME
    assert reason(made(canary, ring="broad")) is Reason.RING_NOT_APPROVED
    assert reason(made(canary)) is Reason.RING_NOT_APPROVED


def test_an_approval_counts_from_its_day_on():
    tomorrow = said("KBu1", not_before=at("wed 00:00"))
    assert reason(made(tomorrow)) is Reason.EMBARGO
    assert made(tomorrow).next_at == at("wed 00:00")
    assert reason(made(tomorrow, when="wed 00:00")) is not Reason.EMBARGO


def test_an_approval_that_has_expired_is_none():
    spent = said("KBu1", expires=at("tue 10:00"))
    assert reason(made(spent, when="tue 09:59")) is Reason.ANY_TIME
    assert reason(made(spent, when="tue 10:00")) is Reason.NOT_APPROVED


def test_the_plan_is_made_again_when_an_approval_ends():
    assert made(said("KBu1", expires=at("tue 11:00"))).next_at == at("tue 11:00")


# Several decisions about one update


def test_of_several_decisions_the_last_one_counts():
    later = MONDAY + timedelta(hours=1)
    assert reason(made(said("KBu1"), hold("KBu1", later))) is Reason.HELD
    assert reason(made(hold("KBu1"), said("KBu1", on=later))) is Reason.ANY_TIME
    assert reason(made(said("KBu1", on=later), hold("KBu1"))) is Reason.ANY_TIME


def test_of_two_decisions_of_one_moment_the_one_that_stands_last_counts():
    assert reason(made(said("KBu1"), hold("KBu1"))) is Reason.HELD
    assert reason(made(hold("KBu1"), said("KBu1"))) is Reason.ANY_TIME


def test_a_hold_that_expires_gives_way_to_the_approval_before_it():
    held = hold("KBu1", MONDAY + timedelta(hours=1), expires=at("tue 12:00"))
    assert verdict(made(said("KBu1"), held)).until == at("tue 12:00")
    assert reason(made(said("KBu1"), held, when="tue 12:00")) is Reason.ANY_TIME


def test_a_hold_for_one_ring_leaves_the_others_alone():
    held = hold("KBu1", MONDAY + timedelta(hours=1), rings=frozenset({"servers"}))
    assert reason(made(said("KBu1"), held, ring="servers")) is Reason.HELD
    assert reason(made(said("KBu1"), held, ring="broad")) is Reason.ANY_TIME


@pytest.mark.policy("enterprise 4b")
def test_the_verdict_says_who_decided_what_when_and_why():
    text = verdict(made(hold("KBu1"))).text
    assert text == "KBu1 is held by ada since Mon 2026-11-23 12:00 (Europe/London): printers fail"


@pytest.mark.parametrize("rules", [ApprovalPolicy(), REQUIRED])
def test_holds_and_declines_count_whether_or_not_approvals_are_required(rules):
    assert reason(made(hold("KBu1"), rules=rules)) is Reason.HELD
    assert reason(made(decline("KBu1"), rules=rules)) is Reason.DECLINED_HERE


@pytest.mark.policy("helpdesk 8a")
def test_a_declined_update_is_declined_for_everyone_whatever_its_severity():
    known = told(state(at("mon 16:05"), (update("u1", Severity.CRITICAL),)), approvals=(decline("KBu1"),))
    found = verdict(plan(DESKTOP, helpdesk(), known, at("mon 16:10")))
    assert (found.disposition, found.reason) == (Disposition.IGNORE, Reason.DECLINED_HERE)


def test_the_declined_list_of_the_policy_stays_and_no_approval_opens_it():
    known = told(state(at("mon 16:05"), (update("u1"),)), approvals=(said("KBu1"),))
    result = plan(DESKTOP, helpdesk(declined=frozenset({"KBu1"}), approval=REQUIRED), known, at("mon 16:10"))
    assert reason(result) is Reason.DECLINED


# Supersedence


def test_an_approval_follows_supersedence_only_if_the_policy_says_so():
    line = {"ancestors": {"u1": (older("u0"),)}}
    assert reason(made(said("KBu0"), rules=REQUIRED, **line)) is Reason.NOT_APPROVED
    assert reason(made(said("KBu0"), rules=FOLLOWING, **line)) is Reason.ANY_TIME


@pytest.mark.parametrize("link", [{"same_product": False}, {"same_kind": False}])
def test_an_approval_does_not_leave_its_products_chain(link):
    line = {"ancestors": {"u1": (older("u0", **link),)}}
    assert reason(made(said("KBu0"), rules=FOLLOWING, **line)) is Reason.NOT_APPROVED


def test_an_approval_does_not_pass_a_later_update_that_was_declined():
    line = {"ancestors": {"u1": (older("u0"), older("ub", "u0"))}}
    assert reason(made(said("KBu0"), decline("KBub"), rules=FOLLOWING, **line)) is Reason.NOT_APPROVED


def test_an_inherited_approval_keeps_its_rings_and_its_day():
    line = {"ancestors": {"u1": (older("u0"),)}}
    canary = said("KBu0", rings=frozenset({"canary"}))
    assert reason(made(canary, rules=FOLLOWING, ring="broad", **line)) is Reason.RING_NOT_APPROVED
    assert reason(made(said("KBu0", not_before=at("fri 00:00")), rules=FOLLOWING, **line)) is Reason.EMBARGO


@pytest.mark.parametrize("rules", [ApprovalPolicy(), REQUIRED, FOLLOWING])
@pytest.mark.parametrize("link", [{}, {"same_product": False}, {"same_kind": False}])
def test_a_hold_is_not_lost_when_the_held_update_is_superseded(rules, link):
    line = {"ancestors": {"u1": (older("u0", **link),)}}
    assert reason(made(hold("KBu0"), rules=rules, **line)) is Reason.HELD_BEFORE


def test_a_hold_reaches_what_only_the_vendors_advice_calls_a_successor():
    advice = {"KBu1": Advice("KBu1", supersedes=("KBub",)), "KBub": Advice("KBub", supersedes=("KBu0",))}
    assert reason(made(hold("KBu0"), said("KBu9"), rules=ApprovalPolicy(), advice=advice)) is Reason.HELD_BEFORE


def test_an_approval_of_the_successor_that_is_not_older_answers_the_hold():
    line = {"ancestors": {"u1": (older("u0"),)}}
    hour = timedelta(hours=1)
    assert reason(made(hold("KBu0"), said("KBu1", on=MONDAY + hour), **line)) is Reason.ANY_TIME
    assert reason(made(hold("KBu0", MONDAY + hour), said("KBu1"), **line)) is Reason.HELD_BEFORE


def test_an_approval_in_between_answers_the_hold_where_it_reaches_the_newest():
    line = {"ancestors": {"u1": (older("u0"), older("ub", "u0"))}}
    approvals = (hold("KBu0", MONDAY - DAY), said("KBub"))
    assert reason(made(*approvals, rules=FOLLOWING, **line)) is Reason.ANY_TIME
    assert reason(made(*approvals, rules=REQUIRED, **line)) is Reason.HELD_BEFORE


def test_an_approval_of_another_branch_answers_no_hold():
    line = {"ancestors": {"u1": (older("u0"), older("ub"))}}
    assert reason(made(hold("KBu0"), said("KBub", on=MONDAY + DAY), rules=FOLLOWING, **line)) is Reason.HELD_BEFORE


def test_a_decline_is_about_its_own_update_only():
    line = {"ancestors": {"u1": (older("u0"),)}}
    assert reason(made(decline("KBu0"), rules=ApprovalPolicy(), **line)) is Reason.ANY_TIME


names = st.sampled_from(["KBu0", "KBua", "KBub"])
days = st.integers(0, 5).map(lambda number: MONDAY - timedelta(days=number))
entries = st.builds(said, names, st.sampled_from(list(ApprovalState)), days)
links = st.fixed_dictionaries({"same_product": st.booleans(), "same_kind": st.booleans()})


@st.composite
def lines(draw: st.DrawFn) -> tuple[Ancestor, ...]:
    """Draw a chain u1 > ub > ua > u0, with links of any kind."""
    parts = (("u0", ()), ("ua", ("u0",)), ("ub", ("ua", "u0")))
    return tuple(older(name, *replaces, **draw(links)) for name, replaces in parts)


@given(st.lists(entries, max_size=6), lines(), st.sampled_from([ApprovalPolicy(), REQUIRED, FOLLOWING]))
def test_whatever_else_was_decided_a_later_hold_in_the_chain_keeps_everything_after_it_out(others, line, rules):
    held = hold("KBu0", MONDAY + timedelta(hours=1))
    result = made(*others, held, rules=rules, ancestors={"u1": line})
    assert actions(result) == []
    assert reason(result) is Reason.HELD_BEFORE


@given(st.lists(entries, max_size=6), lines(), st.booleans())
def test_nothing_installs_where_approvals_are_required_unless_an_approval_reaches_it(others, line, follows):
    rules = ApprovalPolicy(required=True, follow_supersedence=follows)
    if actions(made(*others, rules=rules, ancestors={"u1": line})):
        chain = {name for one in line if one.same_product and one.same_kind for name in one.names}
        assert follows
        assert any(one.update in chain and one.state is ApprovalState.APPROVED for one in others)


@given(st.permutations([hold("KBu0", MONDAY - DAY), said("KBu1"), decline("KBub", MONDAY - 2 * DAY)]))
def test_the_order_of_the_file_matters_only_for_decisions_of_one_moment(ordered):
    line = {"ancestors": {"u1": (older("u0"), older("ub", "u0"))}}
    assert reason(made(*ordered, rules=FOLLOWING, **line)) is Reason.ANY_TIME


# The delay


def test_an_update_waits_for_the_delay_after_its_release_where_no_approval_is_required():
    known = state(at("tue 09:00"), (update("u1", released=at("mon 00:00")),))
    policy = helpdesk(install=ANY_TIME, approval=ApprovalPolicy(delay=3 * DAY))
    assert verdict(plan(DESKTOP, policy, known, at(DAYTIME))).until == at("thu 00:00")
    assert reason(plan(DESKTOP, policy, state(at("thu 00:00"), known.missing), at("thu 00:00"))) is Reason.ANY_TIME


def test_an_update_without_a_release_date_waits_from_when_it_was_first_missing():
    known = state(at("tue 09:00"), (update("u1"),), updates={"u1": UpdateState(first_missing=at("mon 06:00"))})
    policy = helpdesk(install=ANY_TIME, approval=ApprovalPolicy(delay=3 * DAY))
    assert verdict(plan(DESKTOP, policy, known, at(DAYTIME))).until == at("thu 06:00")


def test_where_approvals_are_required_the_delay_counts_from_the_approval():
    assert verdict(made(said("KBu1"), rules=ApprovalPolicy(True, delay=3 * DAY))).until == at("thu 12:00")


@pytest.mark.parametrize("required", [False, True])
def test_an_update_takes_over_the_clock_of_the_one_whose_place_it_took_on_offer(required):
    month = at("mon 00:00", weeks=-4)
    gone = older("u0", released=month, owed_since=month + DAY)
    approvals = (said("KBu0", on=month), said("KBu1", on=at("mon 12:00"))) if required else ()
    rules = ApprovalPolicy(required, delay=28 * DAY)
    result = made(*approvals, rules=rules, ancestors={"u1": (gone,)})
    assert reason(result) is Reason.ANY_TIME


def simulated_months(delay: timedelta, cadence: timedelta, months: int = 12) -> list[int]:
    """Return the months in which something was installed: each month's update replaces the one before on offer.

    The device answers once a day, and its record of what it owes is kept as the ledger does.
    """
    policy = helpdesk(install=ANY_TIME, approval=ApprovalPolicy(delay=delay))
    begin, installed, owed = at("mon 00:00"), list[int](), list[int]()
    for day in range(int(months * cadence / DAY)):
        now = begin + day * DAY
        month = int((now - begin) / cadence)
        if month in installed:
            continue
        owed = [one for one in owed if one < month] + [month]
        line = tuple(
            older(f"u{one}", released=begin + one * cadence, owed_since=begin + one * cadence) for one in owed[:-1]
        )
        missing = (update("u1", released=begin + month * cadence),)
        known = replace(
            told(state(now, missing), ancestors={"u1": line}),
            scan=scan(now),
            observation=seen(now, boot_time=begin - DAY),
        )
        if Action.INSTALL in actions(plan(DESKTOP, policy, known, now)):
            installed.append(month)
            owed = []
    return installed


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 100), st.integers(7, 35))
def test_a_delay_longer_than_the_release_cadence_never_means_never(delay, cadence):
    months = simulated_months(timedelta(days=delay), timedelta(days=cadence))
    longest = -(-delay // cadence)
    assert all(later - earlier <= longest + 1 for earlier, later in zip([-1, *months], [*months, 12], strict=True))


# Emergencies


@pytest.mark.policy("campus 4d")
def test_an_emergency_counts_as_an_approval_and_says_so():
    result = made(emergencies=(emergency("KBu1", at_=at("tue 09:30")),))
    assert "it counts as an approval" in verdict(result).text
    assert decision(result, Action.INSTALL).updates == ("u1",)


def test_an_emergency_overrides_an_earlier_hold_and_gives_way_to_a_later_one():
    urgent = emergency("KBu1", at_=at("tue 09:30"))
    assert reason(made(hold("KBu1"), emergencies=(urgent,))) is Reason.EMERGENCY
    assert reason(made(hold("KBu1", at("tue 09:45")), emergencies=(urgent,))) is Reason.HELD


def test_a_hold_of_the_same_day_without_a_time_is_later_than_an_emergency():
    urgent = emergency("KBu1", at_=at("tue 09:30"))
    assert reason(made(hold("KBu1", at("tue 00:00")), emergencies=(urgent,))) is Reason.HELD


def test_an_emergency_waits_for_no_delay_also_when_somebody_approves_after_it():
    urgent, rules = emergency("KBu1", at_=at("tue 09:30")), ApprovalPolicy(True, delay=7 * DAY)
    assert reason(made(rules=rules, emergencies=(urgent,))) is Reason.EMERGENCY
    assert reason(made(said("KBu1", on=at("tue 09:45")), rules=rules, emergencies=(urgent,))) is Reason.EMERGENCY


def test_campus_installs_as_before_while_nobody_decides_anything():
    known = state(at("tue 09:00"), (update("u1"),))
    assert reason(plan(DESKTOP, campus(), known, at(DAYTIME))) is Reason.ANY_TIME
