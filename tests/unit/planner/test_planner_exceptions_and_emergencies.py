# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Exceptions hold for whom they name until they expire; an emergency lifts the windows (campus 1, 4, 6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.fleet import Emergency, Exemption, Scope
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import LoggedOnUser, Severity, UpdateState
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.plan import Action, Disposition, Plan, plan
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.policy import Policy
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.reasons import Reason
from hypothesis import given
from hypothesis import strategies as st
from planner_people import emergency, excepted, pending, told
from planner_scenes import (
    CHICAGO,
    DAY,
    DESKTOP,
    HOUR,
    LAPTOP,
    ROME,
    actions,
    at,
    campus,
    decision,
    failure,
    helpdesk,
    msp,
    state,
    update,
    updates,
    verdict,
)

NOON = at("tue 12:00", ROME)


def lacking(when: str, policy: Policy, count: int = 1, zone=ROME, **facts: object) -> Plan:
    """Return the plan of a desktop that lacks ``count`` updates, an hour after its scan."""
    now = at(when, zone)
    return plan(DESKTOP, policy, told(state(now - HOUR, updates(count), served_until=now - HOUR), **facts), now)


# Exceptions


@pytest.mark.policy("campus 1b")
@pytest.mark.parametrize("urgent", [(), (emergency("KBu1"),)])
def test_campus_1_personal_laptops_are_out_of_scope_even_in_an_emergency(urgent):
    known = told(state(at("mon 09:00"), updates(1)), emergencies=urgent)
    result = plan(replace(LAPTOP, managed=False), campus(), known, at("mon 12:30"))
    assert [one.reason for one in result.decisions] == [Reason.OUT_OF_SCOPE]
    assert result.verdicts == ()


@pytest.mark.policy("campus 6b")
def test_campus_6_an_exception_holds_until_it_expires_and_no_longer():
    until_noon = excepted(Scope.PATCHING, expires=NOON)
    before = lacking("tue 11:59", campus(), exemptions=(until_noon,))
    assert (verdict(before).disposition, verdict(before).reason) == (Disposition.IGNORE, Reason.EXCEPTED)
    assert verdict(before).until == before.next_at == NOON
    assert actions(lacking("tue 12:00", campus(), exemptions=(until_noon,))) == [Action.INSTALL]


def test_a_device_excepted_from_patching_is_still_searched():
    known = told(state(None), exemptions=(excepted(Scope.PATCHING),))
    assert actions(plan(DESKTOP, campus(), known, NOON)) == [Action.SCAN]


def test_an_exception_from_one_update_leaves_the_others():
    result = lacking("tue 12:00", campus(), 2, exemptions=(excepted(Scope.UPDATE, update="KBu1"),))
    assert verdict(result, "u1").reason is Reason.UPDATE_EXCEPTED
    assert decision(result, Action.INSTALL).updates == ("u2",)


def test_what_a_device_is_excepted_from_replaces_nothing():
    missing = (update("u1"), update("u2", supersedes=("u1",)))
    known = told(state(NOON - HOUR, missing), exemptions=(excepted(Scope.UPDATE, update="KBu2"),))
    assert decision(plan(DESKTOP, campus(), known, NOON), Action.INSTALL).updates == ("u1",)


def test_an_exception_from_restarts_stops_every_restart_of_ours():
    policy = helpdesk()  # its desktops restart weekly, if they are kept on
    assert Action.RESTART in actions(pending("fri 04:00", policy, scanned="thu 22:00"))
    free = pending("fri 04:00", policy, scanned="thu 22:00", exemptions=(excepted(Scope.RESTARTS),))
    assert Action.RESTART not in actions(free)
    assert Reason.RESTART_EXCEPTED in [one.reason for one in free.decisions]


def test_an_exception_calls_off_the_restart_that_was_scheduled():
    result = pending("fri 04:00", helpdesk(), at("fri 04:15"), exemptions=(excepted(Scope.RESTARTS),))
    assert decision(result, Action.CANCEL_RESTART).reason is Reason.CANCEL_EXCEPTED


def test_an_exception_from_cloning_is_no_exception_from_patching_or_restarts():
    exemptions = (excepted(Scope.CLONING),)
    assert actions(lacking("tue 12:00", campus(), exemptions=exemptions)) == [Action.INSTALL]
    assert Action.RESTART in actions(pending("fri 04:00", helpdesk(), scanned="thu 22:00", exemptions=exemptions))


def test_of_two_exceptions_the_one_that_lasts_longest_is_named():
    short = excepted(Scope.PATCHING, expires=NOON + HOUR)
    assert verdict(lacking("tue 12:00", campus(), exemptions=(short, excepted(Scope.PATCHING)))).until is None


ends = st.none() | st.integers(-48, 48).map(lambda hours: NOON + hours * HOUR)
exemptions_drawn = st.lists(st.builds(Exemption, st.sampled_from(Scope), st.just("r"), st.just("a"), ends), max_size=5)


@given(exemptions_drawn, st.booleans())
def test_no_device_that_is_excepted_is_patched_whatever_else_holds(drawn, urgent):
    declared = (emergency("KBu1", at_=NOON - HOUR),) if urgent else ()
    result = lacking("tue 12:00", campus(), exemptions=tuple(drawn), emergencies=declared)
    holds = any(one.scope is Scope.PATCHING and (one.expires is None or one.expires > NOON) for one in drawn)
    assert (Action.INSTALL in actions(result)) is not holds


# Emergencies


@pytest.mark.policy("campus 4d")
def test_campus_4_an_emergency_restarts_for_its_update_outside_the_night_windows():
    urgent = emergency("KBu1", at_=at("tue 08:00"))
    assert Action.RESTART not in actions(pending("tue 10:00", campus()))
    result = pending("tue 10:00", campus(), emergencies=(urgent,))
    assert decision(result, Action.RESTART).reason is Reason.RESTART_FOR_EMERGENCY


@pytest.mark.policy("campus 4d")
def test_campus_4_an_emergency_restarts_for_no_other_update():
    result = pending("tue 10:00", campus(), emergencies=(emergency("KBu2", at_=at("tue 08:00")),))
    assert Action.RESTART not in actions(result)


@pytest.mark.policy("campus 4d")
def test_campus_4_an_emergency_ends():
    urgent = Emergency(frozenset({"KBu1"}), "exploited", "ciso", at("tue 08:00"), at("tue 11:00"))
    assert Action.RESTART in actions(pending("tue 10:59", campus(), emergencies=(urgent,)))
    assert Action.RESTART not in actions(pending("tue 11:00", campus(), emergencies=(urgent,)))
    assert pending("tue 10:00", campus(), emergencies=(urgent,)).next_at <= at("tue 11:00")


def test_an_emergency_installs_its_update_outside_the_window_and_only_that():
    urgent = emergency("KBu1", at_=at("tue 08:00"))
    result = lacking("tue 12:00", helpdesk(), 2, emergencies=(urgent,))
    found = decision(result, Action.INSTALL)
    assert (found.updates, found.deadline, found.reason) == (("u1",), urgent.expires, Reason.EMERGENCY)
    assert verdict(result, "u2").reason is Reason.WAIT_FOR_WINDOW


def test_an_emergency_does_not_mark_a_window_as_served():
    result = lacking("tue 12:00", helpdesk(), 2, emergencies=(emergency("KBu1", at_=at("tue 08:00")),))
    assert result.serves is None


def test_in_the_last_minutes_of_a_window_an_emergency_starts_what_would_not_fit():
    urgent = emergency("KBu1", at_=at("sun 08:00", CHICAGO, weeks=-1), lasts=8 * DAY)
    result = lacking("sun 04:55", msp(), 2, zone=CHICAGO, emergencies=(urgent,))
    assert decision(result, Action.INSTALL).updates == ("u1",)
    assert decision(result, Action.INSTALL).deadline == urgent.expires


@pytest.mark.policy("campus 4d")
def test_an_emergency_widens_hours_and_not_scope():
    """A server under the campus's policy has no window at all: it is scanned, and nothing else happens to it."""
    rules = replace(campus().install, any_time=False, windows=())
    known = told(
        state(NOON - HOUR, updates(1), awaiting_restart=(update("u2"),)), emergencies=(emergency("KBu1", "KBu2"),)
    )
    pending = replace(known, observation=replace(known.observation, pending_restart=("wua",)))
    result = plan(DESKTOP, replace(campus(), install=rules), pending, NOON)
    assert {Action.INSTALL, Action.RESTART}.isdisjoint(actions(result))


def test_an_emergency_names_its_updates_whatever_their_severity():
    known = told(state(NOON - HOUR, (update("u1", Severity.LOW),)), emergencies=(emergency("KBu1"),))
    assert verdict(plan(DESKTOP, campus(), known, at("mon 13:00"))).reason is Reason.EMERGENCY


def test_an_emergency_still_defers_to_people_where_the_policy_does():
    known = told(
        state(at("tue 09:00"), served_until=at("mon 16:00"), awaiting_restart=(update("u1"),)),
        emergencies=(emergency("KBu1", at_=at("tue 08:00")),),
    )
    seen = replace(known.observation, pending_restart=("wua",), users=(LoggedOnUser("ada"),))
    result = plan(DESKTOP, campus(), replace(known, observation=seen), at("tue 10:00"))
    assert Reason.RESTART_DEFERRED in [one.reason for one in result.decisions]


def test_an_update_that_failed_too_often_stays_parked_in_an_emergency():
    tried = UpdateState((failure("u1", at("mon 10:00")), failure("u1", at("mon 11:00"))))
    known = told(
        state(at("tue 09:00"), updates(1), updates={"u1": tried}), emergencies=(emergency("KBu1", at_=at("tue 08:00")),)
    )
    assert verdict(plan(DESKTOP, campus(), known, at("tue 10:00"))).disposition is Disposition.PARKED


@given(st.integers(-72, 72), st.integers(1, 72), st.integers(0, 7 * 24 * 4))
def test_outside_windows_an_installation_starts_only_inside_an_emergency(offset, lasts, quarter):
    now = at("mon 00:00") + quarter * timedelta(minutes=15)
    urgent = emergency("KBu1", at_=at("wed 12:00") + offset * HOUR, lasts=lasts * HOUR)
    known = told(state(now - HOUR, updates(1), served_until=now), emergencies=(urgent,))
    result = plan(DESKTOP, helpdesk(), known, now)
    local = now.hour  # London in November is at UTC
    window_open = now.weekday() in (0, 2, 4) and 16 <= local < 20
    declared = urgent.declared_at <= now < urgent.expires
    assert (Action.INSTALL in actions(result)) is (window_open or declared)
