# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What holds for every device, policy, state and instant."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.calendar import (
    last_closed,
    next_midnight,
    open_window,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import ScanTrust, Severity, UpdateState
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.plan import (
    Action,
    Decision,
    Disposition,
    Plan,
    plan,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.policy import RestartAfterInstall, WithUsers
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.reasons import Reason
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.severity import effective_severity
from hypothesis import event, given, settings
from hypothesis import strategies as st
from planner_scenes import DAY
from planner_strategies import Scene, lively_scenes, restart_scenes, scenes

MANY = settings(max_examples=30, deadline=None)


def plan_of(scene: Scene) -> Plan:
    return plan(scene.device, scene.policy, scene.state, scene.now)


def of(result: Plan, action: Action) -> list[Decision]:
    return [one for one in result.decisions if one.action is action]


@MANY
@given(lively_scenes())
def test_an_installation_starts_in_an_open_window_or_as_a_catch_up_of_the_day(scene):
    """Rules 2 and 4: never outside an allowed time."""
    result = plan_of(scene)
    if not of(result, Action.INSTALL):
        return
    (install,) = of(result, Action.INSTALL)
    rules, zone, state = scene.policy.install, scene.policy.zone, scene.state
    current = open_window(rules.windows, scene.now, zone)
    event("install: any time" if rules.any_time else "window" if current else "catch-up")
    if rules.any_time:
        assert install.deadline is None
    elif current is not None:
        assert install.deadline == current.closes
    else:
        assert rules.catch_up
        assert state.scan is not None
        since = max(state.served_until or state.known_since, state.known_since)
        missed = last_closed(rules.windows, since, scene.now, zone)
        assert missed is not None
        assert state.scan.finished_at >= missed.closes
        assert state.scan.finished_at + rules.catch_up_delay <= scene.now
        assert state.scan.finished_at.astimezone(zone).date() == scene.now.astimezone(zone).date()
        assert install.deadline == next_midnight(scene.now, zone)


@MANY
@given(lively_scenes())
def test_nothing_is_installed_that_is_unwanted_or_parked(scene):
    """Rules 3, 6 and 8: never below the threshold, declined or parked."""
    result = plan_of(scene)
    for install in of(result, Action.INSTALL):
        assert install.updates
        for name in install.updates:
            (one,) = [missing for missing in scene.state.missing if missing.id == name]
            severity, _ = effective_severity(one, scene.policy, {})
            assert severity in scene.policy.severity.install
            assert severity not in (Severity.LOW, Severity.OTHER)
            assert scene.policy.declined.isdisjoint({name, *one.kbs})
            assert not one.can_request_user_input
            assert not scene.state.updates.get(name, UpdateState()).ticket_open


@MANY
@given(scenes() | lively_scenes())
def test_what_is_installed_is_exactly_what_the_verdicts_say(scene):
    result = plan_of(scene)
    promised = {one.update.id for one in result.verdicts if one.disposition is Disposition.INSTALL}
    assert {name for one in of(result, Action.INSTALL) for name in one.updates} == promised
    assert [one.update for one in result.verdicts] == list(scene.state.missing), "every missing update has one verdict"


@MANY
@given(scenes() | lively_scenes())
def test_at_most_one_ticket_is_raised_for_an_update_and_none_beside_an_open_one(scene):
    """Rule 6: a ticket is raised, once."""
    raised = Counter(one.updates for one in of(plan_of(scene), Action.TICKET))
    assert all(count == 1 for count in raised.values())
    for name in (name for names in raised for name in names):
        memory = scene.state.updates[name]
        assert not memory.ticket_open
        assert memory.ticketed_at is None or (
            memory.ticket_closed_at is not None and memory.ticket_closed_at >= memory.ticketed_at
        )


@MANY
@given(scenes() | lively_scenes())
def test_a_recorded_ticket_is_not_raised_again(scene):
    """Rule 6: once, however often the patrol comes by."""
    first = plan_of(scene)
    raised = [name for one in of(first, Action.TICKET) for name in one.updates]
    memory = dict(scene.state.updates)
    for name in raised:
        memory[name] = replace(memory[name], ticket_open=True, ticketed_at=scene.now)
    again = plan_of(replace(scene, state=replace(scene.state, updates=memory)))
    assert not [one for one in of(again, Action.TICKET) if one.updates]


@MANY
@given(scenes() | lively_scenes())
def test_the_same_question_has_the_same_answer(scene):
    first = plan_of(scene)
    assert plan_of(scene) == first
    tokyo = replace(scene, now=scene.now.astimezone(ZoneInfo("Asia/Tokyo")))
    assert plan_of(tokyo) == first, "whatever zone the clock is read in"


@MANY
@given(scenes() | lively_scenes())
def test_the_next_instant_lies_ahead_and_what_is_served_behind(scene):
    result = plan_of(scene)
    assert result.next_at is None or result.next_at > scene.now
    assert result.serves is None or result.serves <= scene.now
    known = scene.state.served_until
    assert result.serves is None or known is None or result.serves > known
    assert all(one.until is None or one.until > scene.now for one in result.verdicts)


@MANY
@given(scenes() | lively_scenes() | restart_scenes(), st.floats(0, 1))
def test_nothing_is_decided_otherwise_before_the_next_instant(scene, part):
    """Planning at any time before next_at gives the decisions of now, if nothing else changed."""
    result = plan_of(scene)
    end = result.next_at or scene.now + 30 * DAY
    for later in (end - timedelta(seconds=1), scene.now + (end - scene.now) * part * 0.999):
        if later > scene.now:
            again = plan_of(replace(scene, now=later))
            assert again.decisions == result.decisions
            assert again.verdicts == result.verdicts
            assert again.serves == result.serves


@MANY
@given(scenes() | lively_scenes())
def test_a_job_has_the_device_for_itself(scene):
    """No scan, installation or restart while a job is active; one job is started at a time."""
    result = plan_of(scene)
    started = of(result, Action.SCAN) + of(result, Action.INSTALL) + of(result, Action.RESTART)
    assert len(started) <= 1
    if any(job.active for job in scene.state.jobs):
        assert started == []
        assert not result.settled


@MANY
@given(restart_scenes() | scenes())
def test_no_restart_without_a_policy_for_it_inside_its_window_with_its_users_respected(scene):
    """Rule 5: no automatic restart, but for a computer that is kept on."""
    result = plan_of(scene)
    if not of(result, Action.RESTART):
        return
    (restart,) = of(result, Action.RESTART)
    rules, zone = scene.policy.restart, scene.policy.zone
    assert scene.state.observation is not None
    if rules.after_install is RestartAfterInstall.NEVER:
        assert rules.always_on is not None
        assert restart.reason is Reason.RESTART_KEPT_ON
    kept_on = restart.reason is Reason.RESTART_KEPT_ON
    event(restart.reason.code)
    windows = rules.always_on.windows if kept_on and rules.always_on else rules.windows
    current = open_window(windows, scene.now, zone)
    assert current is not None
    assert restart.countdown is not None
    assert scene.now + restart.countdown < current.closes
    assert not scene.state.observation.foreign_restart
    if rules.users is WithUsers.DEFER:
        assert not [user for user in scene.state.observation.users if user.active]


@MANY
@given(lively_scenes())
def test_served_means_that_a_good_scan_leaves_nothing_to_try(scene):
    result = plan_of(scene)
    if result.serves is None:
        return
    assert scene.state.scan is not None
    assert scene.state.scan.trust is not ScanTrust.UNKNOWN
    assert not of(result, Action.SCAN)
    assert not [one for one in result.verdicts if one.disposition is Disposition.INSTALL or one.owed]


@MANY
@given(scenes() | lively_scenes())
def test_every_answer_can_be_put_into_words(scene):
    result = plan_of(scene)
    assert result.decisions, "a plan always says something"
    for one in (*result.decisions, *result.verdicts):
        assert one.text
        assert "{" not in one.text
    assert result.settled == (
        not any(job.active for job in scene.state.jobs)
        and all(one.action is Action.NOTHING for one in result.decisions)
    )


@MANY
@given(scenes() | lively_scenes())
def test_an_unmanaged_device_is_left_alone_whatever_is_known_of_it(scene):
    """Campus 1: never scanned, patched or restarted."""
    result = plan(replace(scene.device, managed=False), scene.policy, scene.state, scene.now)
    assert [one.reason for one in result.decisions] == [Reason.OUT_OF_SCOPE]
    assert result.verdicts == ()
