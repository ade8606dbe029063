# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The provider's sentences on windows and restarts (msp 1, 3), and its worked cases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.fleet import FleetFacts
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import (
    DeviceState,
    LoggedOnUser,
    Outcome,
    RestartBehaviour,
    Severity,
    Update,
    UpdateState,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.plan import Action, Plan, plan
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.policy import (
    InstallOrder,
    Policy,
    RestartAfterInstall,
    WithUsers,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.reasons import Reason
from planner_scenes import (
    CHICAGO,
    DAY,
    DESKTOP,
    HOUR,
    actions,
    at,
    attempt,
    decision,
    msp,
    scan,
    seen,
    state,
    update,
    updates,
    verdict,
    window,
)

MINUTE = timedelta(minutes=1)
SERVER = replace(DESKTOP, name="srv-1", device_class="server")


def us(when: str, weeks: int = 0) -> datetime:
    return at(when, CHICAGO, weeks)


def provider(days: str = "daily", minutes: int = 30, restart_minutes: int = 10, **install: object) -> Policy:
    """Return the provider's policy; an update is expected to take half an hour and a restart ten minutes."""
    base = msp(days)
    rules = replace(base.install, default_minutes=minutes, restart_minutes=restart_minutes, **install)
    return replace(base, install=rules)


def lacking(when: datetime, missing: tuple[Update, ...] = updates(1), **fields: object) -> DeviceState:
    """Return a computer that was scanned half an hour before ``when``."""
    known = state(when - 30 * MINUTE, missing, served_until=when - 3 * DAY)
    return replace(known, observation=seen(when, **fields))


def night(when: str, policy: Policy | None = None, known: DeviceState | None = None) -> Plan:
    moment = us(when)
    return plan(DESKTOP, policy or provider(), known or lacking(moment), moment)


@pytest.mark.policy("msp 1a", "msp 1c")
def test_msp_desktops_install_every_day_from_0100_to_0500_us_central():
    for day in ("mon", "wed", "sun"):
        assert actions(night(f"{day} 00:59")) == []
        assert actions(night(f"{day} 01:00")) == [Action.INSTALL]
        assert actions(night(f"{day} 05:00")) == []
    assert us("mon 01:00").hour == 7, "01:00 in Chicago is 07:00 UTC in winter"


@pytest.mark.policy("msp 1b", "case 13")
def test_msp_a_server_on_wednesday_at_0200_waits_for_sunday_0100():
    moment = us("wed 02:00")
    result = plan(SERVER, provider("sun"), lacking(moment), moment)
    assert actions(result) == []
    assert verdict(result).until == us("sun 01:00")
    assert actions(plan(SERVER, provider("sun"), lacking(us("sun 01:00")), us("sun 01:00"))) == [Action.INSTALL]


@pytest.mark.policy("msp 3b", "case 14")
def test_msp_at_0450_an_install_that_needs_30_minutes_does_not_start_and_waits_for_0100():
    result = night("tue 04:50")
    assert actions(result) == []
    assert verdict(result).reason is Reason.NO_TIME_LEFT
    assert verdict(result).until == us("wed 01:00")
    assert verdict(result).text == (
        "it takes about 30 minutes and 10 for its restart and cannot be expected to end before "
        "Tue 2026-11-24 05:00 (America/Chicago)"
    )


@pytest.mark.policy("msp 3b", "case 15")
def test_msp_on_the_night_of_the_spring_change_the_window_is_three_hours_long():
    opens = datetime(2027, 3, 14, 1, 0, tzinfo=CHICAGO).astimezone(UTC)
    for minutes, at_work in ((0, True), (2 * 60 + 19, True), (2 * 60 + 20, False), (3 * 60, False)):
        moment = opens + minutes * MINUTE
        result = plan(DESKTOP, provider(), lacking(moment), moment)
        assert (actions(result) == [Action.INSTALL]) is at_work, minutes
    assert decision(plan(DESKTOP, provider(), lacking(opens), opens), Action.INSTALL).deadline == opens + 3 * HOUR
    skipped = datetime(2027, 3, 14, 2, 30, tzinfo=CHICAGO)
    assert skipped.astimezone(UTC).astimezone(CHICAGO).hour == 3, "02:30 is skipped that night"


@pytest.mark.policy("msp 3b")
def test_msp_the_restart_is_part_of_what_has_to_end_before_the_window_closes():
    assert actions(night("tue 04:19")) == [Action.INSTALL]
    assert actions(night("tue 04:20")) == []
    warned = provider()
    warned = replace(warned, restart=replace(warned.restart, users=WithUsers.WARN))
    assert actions(night("tue 04:04", warned)) == [Action.INSTALL]
    assert actions(night("tue 04:05", warned)) == [], "its warning counts too"


def test_no_time_is_kept_for_a_restart_that_does_not_follow():
    quiet = (update("u1", restart=RestartBehaviour.NEVER),)
    assert actions(night("tue 04:29", known=lacking(us("tue 04:29"), quiet))) == [Action.INSTALL]
    by_people = provider()
    by_people = replace(by_people, restart=replace(by_people.restart, after_install=RestartAfterInstall.NEVER))
    assert actions(night("tue 04:29", by_people)) == [Action.INSTALL]
    critical = replace(by_people, restart=replace(by_people.restart, after_install=RestartAfterInstall.CRITICAL))
    assert actions(night("tue 04:29", critical)) == [Action.INSTALL]
    urgent = lacking(us("tue 04:29"), (update("u1", Severity.CRITICAL),))
    assert actions(night("tue 04:29", critical, urgent)) == []


@pytest.mark.parametrize(
    ("restarts", "last"),
    [("01:00 05:00", "04:19"), ("04:00 05:00", "04:19"), ("01:00 07:00", "04:29"), ("01:00 04:00", "04:29")],
    ids=["the same window", "at its end", "beyond its end", "over before its end"],
)
def test_time_is_kept_for_a_restart_where_its_window_is_open_as_the_installing_one_ends(restarts, last):
    policy = provider()
    policy = replace(policy, restart=replace(policy.restart, windows=(window("daily", *restarts.split()),)))
    assert actions(night(f"tue {last}", policy)) == [Action.INSTALL]
    after = us(f"tue {last}") + MINUTE
    assert actions(plan(DESKTOP, policy, lacking(after), after)) == []


def test_the_device_is_told_what_the_longest_update_and_its_restart_need():
    moment = us("tue 01:00")
    known = lacking(moment, updates(3))
    taught = FleetFacts(expected={"u2": timedelta(minutes=61, seconds=30)})
    result = plan(DESKTOP, provider(), replace(known, fleet=taught), moment)
    install = decision(result, Action.INSTALL)
    assert install.deadline - install.needs == us("tue 05:00") - timedelta(minutes=71, seconds=30)
    assert decision(plan(DESKTOP, provider(), known, moment), Action.INSTALL).needs == 40 * MINUTE
    unbound = replace(provider(), install=replace(provider().install, fit=False))
    assert decision(plan(DESKTOP, unbound, known, moment), Action.INSTALL).needs == timedelta(0)


def test_what_devices_taught_decides_what_fits():
    """msp 3: expected minutes learned per update and device model, with a default."""
    moment = us("tue 04:00")
    known = replace(lacking(moment, updates(2)), fleet=FleetFacts(expected={"u1": 55 * MINUTE}))
    result = plan(DESKTOP, provider(), known, moment)
    assert decision(result, Action.INSTALL).updates == ("u2",)
    assert verdict(result, "u1").text.startswith("it takes about 55 minutes and 10 for its restart and cannot")


def test_the_most_severe_comes_first_unless_the_policy_wants_the_shortest_first():
    moment = us("tue 01:00")
    missing = (update("short", Severity.MODERATE), update("long", Severity.CRITICAL), update("usual"))
    taught = FleetFacts(expected={"short": 5 * MINUTE, "long": 90 * MINUTE})
    known = replace(lacking(moment, missing), fleet=taught)
    assert decision(plan(DESKTOP, provider(), known, moment), Action.INSTALL).updates == ("long", "usual", "short")
    shortest = provider(order=InstallOrder.SHORTEST)
    assert decision(plan(DESKTOP, shortest, known, moment), Action.INSTALL).updates == ("short", "usual", "long")


def test_an_update_that_no_window_can_hold_needs_a_person():
    moment = us("tue 01:00")
    endless = FleetFacts(expected={"u1": 4 * HOUR - 10 * MINUTE})
    result = plan(DESKTOP, provider(), replace(lacking(moment), fleet=endless), moment)
    assert verdict(result).reason is Reason.LONGER_THAN_WINDOWS
    assert verdict(result).reason.attention
    longer = provider(windows=(window("daily", "01:00", "05:00"), window("sun", "01:00", "09:00")))
    result = plan(DESKTOP, longer, replace(lacking(moment), fleet=endless), moment)
    assert verdict(result).reason is Reason.NO_TIME_LEFT, "Sunday's window can hold it"


# Restarts inside the window


def pending(when: str, **fields: object) -> DeviceState:
    return lacking(us(when), (), pending_restart=("wua",), **fields)


@pytest.mark.policy("msp 3a")
def test_msp_after_installing_the_computer_restarts_inside_the_window():
    assert actions(night("tue 02:00", known=pending("tue 02:00"))) == [Action.RESTART]
    late = night("tue 06:00", known=pending("tue 06:00"))
    assert actions(late) == []
    assert late.next_at == us("wed 01:00")


@pytest.mark.policy("msp 3c")
def test_msp_nothing_restarts_after_the_window_closes():
    assert actions(night("tue 04:49", known=pending("tue 04:49"))) == [Action.RESTART]
    for too_late in ("tue 04:50", "tue 04:59", "tue 05:00", "tue 05:01", "tue 12:00"):
        assert actions(night(too_late, known=pending(too_late))) == [], too_late


@pytest.mark.policy("msp 3c")
def test_msp_a_countdown_that_would_end_after_the_closing_does_not_start():
    warned = provider(restart_minutes=0)
    warned = replace(warned, restart=replace(warned.restart, users=WithUsers.WARN))
    ada = {"users": (LoggedOnUser("ada"),)}
    assert actions(night("tue 04:44", warned, pending("tue 04:44", **ada))) == [Action.RESTART]
    result = night("tue 04:45", warned, pending("tue 04:45", **ada))
    assert actions(result) == []
    assert Reason.RESTART_TOO_LATE in {one.reason for one in result.decisions}


@pytest.mark.policy("msp 3c")
def test_msp_a_restart_that_slipped_past_the_closing_is_cancelled():
    slipped = pending("tue 04:55", restart_scheduled_at=us("tue 05:00"))
    assert actions(night("tue 04:55", known=slipped)) == [Action.CANCEL_RESTART]


@pytest.mark.policy("msp 3a")
def test_msp_what_was_just_installed_is_restarted_for_before_it_is_looked_at_again():
    """A scan before the restart would cost minutes of the window and be repeated after it."""
    moment = us("tue 03:00")
    done = UpdateState((attempt("u1", moment - 5 * MINUTE, Outcome.SUCCEEDED),))
    known = replace(lacking(moment, pending_restart=("wua",)), updates={"u1": done})
    assert actions(plan(DESKTOP, provider(), known, moment)) == [Action.RESTART]
    people = replace(provider(), restart=replace(provider().restart, users=WithUsers.DEFER))
    busy = replace(known, observation=replace(known.observation, users=(LoggedOnUser("ada"),)))
    assert actions(plan(DESKTOP, people, busy, moment)) == [Action.SCAN], "the restart waits, the scan need not"


@pytest.mark.policy("msp 3a")
def test_msp_after_each_restart_in_the_window_a_scan_tells_whether_more_is_offered():
    booted = us("tue 03:05")
    known = lacking(us("tue 03:10"), (), boot_time=booted)
    known = replace(known, scan=scan(us("tue 02:00")))
    assert actions(plan(DESKTOP, provider(), known, us("tue 03:10"))) == [Action.SCAN]
    offered = replace(known, scan=scan(us("tue 03:15")), missing=updates(1))
    assert actions(plan(DESKTOP, provider(), offered, us("tue 03:20"))) == [Action.INSTALL]


def test_a_restart_that_changes_nothing_is_not_repeated_for_ever():
    """Field notes, pain 5: update and restart loops."""
    for starts, expected in ((0, [Action.RESTART]), (1, [Action.RESTART]), (2, []), (9, [])):
        result = night("tue 02:00", known=pending("tue 02:00", vain_restarts=starts))
        assert [one for one in actions(result) if one is not Action.TICKET] == expected, starts
        assert (Action.TICKET in actions(result)) == (starts >= 2)
    assert Reason.RESTART_IN_VAIN in {one.reason for one in result.decisions}
    ticketed = replace(pending("tue 02:00", vain_restarts=2), restart_ticket_open=True)
    assert actions(night("tue 02:00", known=ticketed)) == [], "one ticket"
