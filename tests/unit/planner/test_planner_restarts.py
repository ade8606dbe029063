# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Restarts and reminders (helpdesk 5), and the restart cases of the other policies that the same rules give."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import (
    DeviceState,
    Job,
    JobKind,
    JobState,
    LoggedOnUser,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.plan import Action, Plan, plan
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.policy import RestartAfterInstall, WithUsers
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.reasons import Reason
from planner_scenes import (
    CHICAGO,
    DESKTOP,
    HOUR,
    actions,
    at,
    decision,
    helpdesk,
    msp,
    restart_policy,
    scan,
    state,
    updates,
    window,
)

IDLE = state(at("tue 02:00"), served_until=at("mon 16:00"))
ADA = LoggedOnUser("ada")


def facing(known: DeviceState, **fields: object) -> DeviceState:
    return replace(known, observation=replace(known.observation, **fields))


def kept_on_since(boot: datetime, when: datetime, **fields: object) -> list[Action]:
    known = facing(state(when - HOUR, served_until=when), boot_time=boot, **fields)
    return actions(plan(DESKTOP, helpdesk(), known, when))


@pytest.mark.policy("helpdesk 5a")
def test_a_pending_restart_never_restarts_a_desktop_by_itself():
    """Rule 5: no automatic restart."""
    known = facing(IDLE, pending_restart=("wua",))
    result = plan(DESKTOP, helpdesk(), known, at("tue 03:30"))
    assert actions(result) == []
    assert result.settled
    assert Reason.RESTART_BY_PEOPLE in {one.reason for one in result.decisions}


@pytest.mark.policy("helpdesk 5d")
def test_a_computer_that_is_kept_on_is_restarted_in_the_last_window_before_its_week_is_over():
    """Rule 5: a computer that is kept on overnight is restarted at least weekly."""
    boot = at("tue 09:00", weeks=-1)
    assert kept_on_since(boot, at("mon 03:30")) == [], "Tuesday's window is still early enough"
    assert kept_on_since(boot, at("tue 03:30")) == [Action.RESTART]


def test_a_computer_that_missed_its_weekly_restart_is_restarted_in_the_next_window():
    assert kept_on_since(at("tue 09:00", weeks=-2), at("tue 02:59")) == []
    assert kept_on_since(at("tue 09:00", weeks=-2), at("tue 03:00")) == [Action.RESTART]


def test_the_weekly_restart_lets_a_user_work_who_is_logged_on():
    boot = at("tue 09:00", weeks=-2)
    assert kept_on_since(boot, at("tue 03:30"), users=(ADA,)) == []
    assert kept_on_since(boot, at("tue 03:30"), users=(replace(ADA, active=False),)) == [Action.RESTART]


def test_without_a_rule_for_it_a_computer_may_stay_on_for_ever():
    policy = helpdesk(restart=restart_policy(always_on=None))
    known = facing(IDLE, boot_time=at("tue 09:00", weeks=-30))
    assert actions(plan(DESKTOP, policy, known, at("tue 03:30"))) == []


PENDING = facing(IDLE, pending_restart=("wua",), users=(ADA,))


@pytest.mark.policy("helpdesk 5b")
def test_people_are_reminded_of_a_pending_restart_at_the_end_of_the_day_once():
    """Rule 5: users are urged to shut down at the end of the day."""
    assert plan(DESKTOP, helpdesk(), PENDING, at("tue 16:29")).next_at == at("tue 16:30")
    assert actions(plan(DESKTOP, helpdesk(), PENDING, at("tue 16:30"))) == [Action.REMIND]
    told = replace(PENDING, last_reminded=at("tue 16:30"))
    assert actions(plan(DESKTOP, helpdesk(), told, at("tue 17:00"))) == []
    tomorrow = replace(told, scan=scan(at("wed 02:00")), served_until=at("wed 16:00"))
    assert actions(plan(DESKTOP, helpdesk(), tomorrow, at("wed 16:30"))) == [Action.REMIND]


@pytest.mark.parametrize(
    ("change", "when"),
    [
        ({"users": ()}, "tue 17:00"),
        ({"users": (replace(ADA, active=False),)}, "tue 17:00"),
        ({"pending_restart": ()}, "tue 17:00"),
        ({}, "tue 18:00"),
        ({"restart_scheduled_at": at("tue 17:10"), "foreign_restart": True}, "tue 17:00"),
    ],
    ids=["nobody there", "disconnected session", "nothing pending", "window closed", "restart on its way"],
)
def test_nobody_is_reminded_for_nothing(change, when):
    assert Action.REMIND not in actions(plan(DESKTOP, helpdesk(), facing(PENDING, **change), at(when)))


def test_nobody_is_asked_to_shut_down_while_an_installation_runs():
    busy = replace(PENDING, jobs=(Job("j", JobKind.INSTALL, JobState.RUNNING, ("u1",)),))
    assert actions(plan(DESKTOP, helpdesk(), busy, at("tue 17:00"))) == []


def with_users(users: WithUsers, *people: LoggedOnUser) -> Plan:
    policy = helpdesk(
        restart=restart_policy(
            after_install=RestartAfterInstall.ALWAYS, windows=(window("daily", "01:00", "05:00"),), users=users
        )
    )
    return plan(DESKTOP, policy, facing(IDLE, pending_restart=("wua",), users=people), at("tue 03:30"))


def test_what_a_restart_does_about_people_is_a_setting():
    """Is someone logged on, and what does the policy do then: defer, warn with a countdown, go ahead?"""
    assert actions(with_users(WithUsers.DEFER, ADA)) == []
    assert actions(with_users(WithUsers.DEFER)) == [Action.RESTART]
    assert decision(with_users(WithUsers.WARN, ADA), Action.RESTART).countdown == timedelta(minutes=15)
    assert decision(with_users(WithUsers.PROCEED, ADA), Action.RESTART).countdown == timedelta(0)


def test_a_restart_is_asked_for_again_only_after_its_countdown():
    known = facing(IDLE, boot_time=at("tue 09:00", weeks=-2))
    asked = replace(known, last_restart_asked=at("tue 03:00"))
    waiting = plan(DESKTOP, helpdesk(), asked, at("tue 03:10"))
    assert actions(waiting) == []
    assert waiting.next_at == at("tue 03:15")
    assert actions(plan(DESKTOP, helpdesk(), asked, at("tue 03:15"))) == [Action.RESTART]


def test_an_installation_and_a_scan_come_before_a_restart():
    policy = msp("daily")
    night = at("tue 03:30", CHICAGO)
    known = facing(state(night - HOUR, updates(1)), pending_restart=("wua",))
    assert actions(plan(DESKTOP, policy, known, night)) == [Action.INSTALL]
    booted = facing(known, boot_time=night - 0.5 * HOUR)
    assert actions(plan(DESKTOP, policy, booted, night)) == [Action.SCAN]
    assert actions(plan(DESKTOP, policy, replace(known, missing=()), night)) == [Action.RESTART]


def test_a_device_that_has_started_since_may_be_asked_again():
    """The weekly restart was done at 03:05; a restart that is pending since then is another one."""
    policy = helpdesk(
        restart=restart_policy(after_install=RestartAfterInstall.ALWAYS, windows=(window("daily", "01:00", "05:00"),))
    )
    known = facing(state(at("tue 03:07"), served_until=at("mon 16:00")), pending_restart=("wua",))
    known = replace(known, last_restart_asked=at("tue 03:00"))
    assert actions(plan(DESKTOP, policy, known, at("tue 03:10"))) == []
    assert actions(plan(DESKTOP, policy, facing(known, boot_time=at("tue 03:05")), at("tue 03:10"))) == [Action.RESTART]


def test_no_restart_is_asked_for_while_a_job_runs():
    known = facing(IDLE, boot_time=at("tue 09:00", weeks=-2))
    busy = replace(known, jobs=(Job("s", JobKind.SCAN, JobState.RUNNING),))
    assert actions(plan(DESKTOP, helpdesk(), busy, at("tue 03:30"))) == []


def test_no_job_is_begun_while_our_restart_is_on_its_way():
    known = facing(
        state(at("mon 03:00"), updates(1), served_until=at("mon 16:00")),
        boot_time=at("tue 09:00", weeks=-2),
        restart_scheduled_at=at("tue 03:45"),
    )
    result = plan(DESKTOP, helpdesk(), known, at("tue 03:30"))
    assert (actions(result), result.next_at) == ([], at("tue 03:45"))


def test_a_restart_whose_time_has_passed_is_no_longer_on_its_way():
    known = facing(state(at("mon 15:00"), updates(1)), restart_scheduled_at=at("mon 15:30"))
    assert actions(plan(DESKTOP, helpdesk(), known, at("mon 16:00"))) == [Action.INSTALL]


def test_a_reminder_window_over_midnight_reminds_on_both_days():
    remind = restart_policy(remind=replace(restart_policy().remind, windows=(window("daily", "22:00", "02:00"),)))
    told = replace(PENDING, scan=scan(at("tue 21:00")), last_reminded=at("tue 22:00"))
    late = plan(DESKTOP, helpdesk(restart=remind), told, at("tue 23:00"))
    assert (actions(late), late.next_at) == ([], at("wed 00:00"))
    assert actions(plan(DESKTOP, helpdesk(restart=remind), told, at("wed 00:00"))) == [Action.REMIND]
