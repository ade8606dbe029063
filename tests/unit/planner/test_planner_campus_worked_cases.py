# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The institute's sentences on installing and restarting (campus 2, 3, 4), and its worked cases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import (
    LoggedOnUser,
    Outcome,
    Severity,
    UpdateState,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.plan import Action, Plan, plan
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.reasons import Reason
from hypothesis import given, settings
from hypothesis import strategies as st
from planner_scenes import (
    DAY,
    DESKTOP,
    HOUR,
    MONDAY,
    ROME,
    actions,
    at,
    attempt,
    campus,
    decision,
    scan,
    seen,
    state,
    update,
    verdict,
)

CRITICAL = {"awaiting_restart": (update("u9", Severity.CRITICAL),)}
ROUTINE = {"awaiting_restart": (update("u9", Severity.MODERATE), update("u8", Severity.IMPORTANT))}
OPEN = {  # campus 4, without the calendar: (opens, closes) on each day, hours of the local day
    **dict.fromkeys(range(6), ((0, 7), (23, 24))),
    6: ((0, 7), (19, 24)),
}


def night(when: str, weeks: int = 0, **fields: object) -> Plan:
    """Plan for a computer with a pending restart, nobody logged on."""
    now = at(when, ROME, weeks)
    known = state(now - HOUR, **({"awaiting_restart": ()} | fields))
    return plan(DESKTOP, campus(), replace(known, observation=seen(now, pending_restart=("wua",))), now)


@pytest.mark.policy("campus 4c", "case 8")
def test_campus_saturday_2330_critical_pending_and_nobody_logged_on_restarts():
    result = night("sat 23:30", **CRITICAL)
    assert actions(result) == [Action.RESTART]
    assert decision(result, Action.RESTART).text == "KBu9 (critical) takes effect only after a restart"


@pytest.mark.policy("campus 4c")
def test_campus_nobody_can_come_during_a_countdown_that_warns_nobody():
    restart = decision(night("sat 23:30", **CRITICAL), Action.RESTART)
    assert restart.only_unused, "the device looks once more"
    assert restart.countdown is not None and restart.countdown <= timedelta(seconds=10)


@pytest.mark.policy("campus 4a", "case 9")
def test_campus_sunday_noon_waits_until_sunday_1900():
    result = night("sun 12:00", **CRITICAL)
    assert actions(result) == []
    assert result.next_at == at("sun 19:00", ROME)
    assert "a restart waits for the window that opens Sun 2026-11-29 19:00 (Europe/Rome)" in {
        one.text for one in result.decisions
    }
    assert actions(night("sun 19:00", **CRITICAL)) == [Action.RESTART]


@pytest.mark.policy("campus 4b", "case 10")
def test_campus_at_monday_0700_sharp_the_window_is_closed():
    assert actions(night("mon 06:44", **CRITICAL)) == [Action.RESTART]
    result = night("mon 07:00", **CRITICAL)
    assert actions(result) == []
    assert result.next_at == at("mon 23:00", ROME)


@pytest.mark.policy("campus 4b", "case 11")
def test_campus_monday_0300_is_inside_sundays_window():
    assert actions(night("mon 03:00", **CRITICAL)) == [Action.RESTART]
    assert actions(night("sun 06:00", **CRITICAL)) == [Action.RESTART], "Saturday's closes on Sunday at 07:00"


@pytest.mark.policy("campus 2a", "campus 3b", "case 12")
def test_campus_a_routine_update_installs_silently_at_any_time_and_never_restarts():
    routine = update("u1", Severity.MODERATE)
    for when in ("wed 11:00", "sun 12:00", "sat 23:30", "mon 03:00"):
        assert actions(night(when, missing=(routine,))) == [Action.INSTALL], when
        result = night(when, **ROUTINE)
        assert actions(result) == [], when
        assert Reason.RESTART_NOT_CRITICAL in {one.reason for one in result.decisions}


@pytest.mark.policy("campus 2a")
def test_campus_what_can_ask_for_input_is_never_installed():
    asks = update("u1", Severity.CRITICAL, can_request_user_input=True)
    result = night("wed 11:00", missing=(asks,))
    assert actions(result) == []
    assert verdict(result).reason is Reason.NEEDS_INPUT


@pytest.mark.policy("campus 2a")
def test_campus_nobody_is_told_anything_by_a_routine_patch():
    now = at("wed 17:00", ROME)
    known = state(now - HOUR, **ROUTINE)
    busy = replace(known, observation=seen(now, pending_restart=("wua",), users=(LoggedOnUser("ada"),)))
    assert actions(plan(DESKTOP, campus(), busy, now)) == []


@pytest.mark.policy("campus 4a")
def test_campus_a_critical_update_is_installed_at_any_time():
    urgent = update("u1", Severity.CRITICAL)
    for when in ("wed 11:00", "sun 12:00", "sat 23:30"):
        assert actions(night(when, missing=(urgent,))) == [Action.INSTALL], when


@pytest.mark.policy("campus 3a")
def test_campus_an_installed_routine_update_waits_for_the_next_start_and_nothing_is_owed():
    now = at("sat 23:30", ROME)
    success = UpdateState((attempt("u1", now - 2 * HOUR, Outcome.SUCCEEDED),))
    result = night("sat 23:30", missing=(update("u1", Severity.IMPORTANT),), updates={"u1": success})
    assert actions(result) == []
    assert verdict(result).reason is Reason.RESTART_TO_FINISH
    assert not verdict(result).owed


@pytest.mark.policy("campus 4c")
def test_campus_a_critical_update_that_the_scan_still_lists_counts_as_pending():
    now = at("sat 23:30", ROME)
    success = UpdateState((attempt("u1", now - 2 * HOUR, Outcome.SUCCEEDED),))
    listed = night("sat 23:30", missing=(update("u1", Severity.CRITICAL),), updates={"u1": success})
    assert actions(listed) == [Action.RESTART]


@pytest.mark.policy("campus 3b")
def test_campus_a_critical_update_that_asked_for_no_restart_lends_its_rating_to_no_other():
    """Installed in one job with a routine update that did ask for one, and no scan has looked since."""
    now = at("sat 23:30", ROME)
    missing = (update("quiet", Severity.CRITICAL), update("routine", Severity.MODERATE))
    memory = {
        "quiet": UpdateState((attempt("quiet", now - HOUR / 2, Outcome.SUCCEEDED, restart_required=False),)),
        "routine": UpdateState((attempt("routine", now - HOUR / 2, Outcome.SUCCEEDED),)),
    }
    assert actions(night("sat 23:30", missing=missing, updates=memory)) == [Action.SCAN]
    asked = memory | {"quiet": UpdateState((attempt("quiet", now - HOUR / 2, Outcome.SUCCEEDED),))}
    assert actions(night("sat 23:30", missing=missing, updates=asked)) == [Action.RESTART]


@pytest.mark.policy("campus 4c")
@settings(max_examples=200, deadline=None)
@given(
    st.integers(0, 14 * 24 * 12 - 1).map(lambda number: number * timedelta(minutes=5)),
    st.booleans(),
    st.sampled_from([0, 10]),
)
def test_campus_only_a_critical_update_restarts_a_computer_and_only_in_the_night_windows(offset, critical, minutes):
    """Every five minutes of two weeks, against the hours of the published text."""
    wall = MONDAY - 7 * DAY + offset
    now = wall.replace(tzinfo=ROME)
    known = state(at("mon 00:00", weeks=-2), **(CRITICAL if critical else ROUTINE))
    known = replace(known, scan=scan(now - HOUR), observation=seen(now, pending_restart=("wua",)))
    policy = campus()
    policy = replace(policy, install=replace(policy.install, fit=True, restart_minutes=minutes))
    restarts = actions(plan(DESKTOP, policy, known, now)) == [Action.RESTART]

    needed = timedelta(seconds=10) + timedelta(minutes=minutes)  # nobody works there: it comes at once
    hour, left = wall.hour, timedelta(hours=31) - timedelta(hours=wall.hour, minutes=wall.minute)
    inside = any(first <= hour < last for first, last in OPEN[wall.weekday()])
    left = left if hour >= 7 else left - DAY
    assert restarts == (critical and inside and needed < left)
