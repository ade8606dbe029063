# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What holds in every night: nothing starts that cannot be expected to end, nothing restarts where it may not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, timedelta

from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.calendar import open_window
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.fleet import FleetFacts
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import RestartBehaviour, Severity
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.plan import (
    Action,
    Decision,
    Disposition,
    Plan,
    plan,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.policy import (
    InstallOrder,
    RestartAfterInstall,
    WithUsers,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.reasons import Reason
from hypothesis import event, given, settings
from hypothesis import strategies as st
from planner_scenes import CHICAGO, DAY, HOUR, msp, scan
from planner_strategies import NAMES, Scene, instants, lively_scenes, restart_scenes

MANY = settings(max_examples=30, deadline=None)
MINUTE = timedelta(minutes=1)
lengths = st.integers(1, 300).map(lambda number: number * MINUTE)


def in_the_night(scene: Scene, minute: int) -> Scene:
    """Return ``scene`` under the provider's windows, ``minute`` minutes after one opened, scanned a moment ago."""
    opens = scene.now.astimezone(CHICAGO).replace(hour=1, minute=0)
    now = (opens + minute * MINUTE).astimezone(UTC)
    observation = replace(scene.state.observation, at=now, boot_time=now - 3 * DAY)
    state = replace(scene.state, scan=scan(now - MINUTE), observation=observation, updates={}, served_until=None)
    return replace(scene, policy=msp("daily"), state=state, now=now)


@st.composite
def nights(draw: st.DrawFn) -> Scene:
    """Draw a scene under a policy that looks at fit, restarts, deadlines and what devices taught."""
    scene = draw(lively_scenes() | restart_scenes())
    deadline = draw(st.sampled_from([None, 0, 2, 7]))
    if draw(st.sampled_from([True, True, False])):  # a night in which much is possible
        scene = in_the_night(scene, draw(st.integers(0, 240)))
    install = replace(
        scene.policy.install,
        fit=draw(st.sampled_from([True, True, False])),
        default_minutes=draw(st.sampled_from([5, 30, 100])),
        restart_minutes=draw(st.sampled_from([0, 10, 45])),
        order=draw(st.sampled_from(InstallOrder)),
    )
    restart = replace(
        scene.policy.restart,
        users=draw(st.sampled_from(WithUsers)),
        deadline=None if deadline is None else deadline * DAY,
        grace=draw(st.sampled_from([0, 2])) * DAY,
        overrides_windows=deadline is not None and draw(st.booleans()),
        deadline_message="{deadline} {postponed}",
    )
    observation = replace(
        scene.state.observation,
        pending_since=scene.now - draw(st.integers(0, 10 * 24)) * HOUR,
        vain_restarts=draw(st.sampled_from([0, 0, 0, 1, 2])),
        postponed=draw(st.integers(0, 5)),
    )
    names = (*NAMES, "u5", "done")
    fleet = FleetFacts(
        expected=draw(st.dictionaries(st.sampled_from(names), lengths)),
        first_seen=draw(st.dictionaries(st.sampled_from(names), instants(scene.now - 20 * DAY, scene.now))),
    )
    missing = tuple(replace(one, restart=draw(st.sampled_from(RestartBehaviour))) for one in scene.state.missing)
    state = replace(scene.state, observation=observation, fleet=fleet, missing=missing)
    return replace(scene, policy=replace(scene.policy, install=install, restart=restart), state=state)


def plan_of(scene: Scene) -> Plan:
    return plan(scene.device, scene.policy, scene.state, scene.now)


def of(result: Plan, action: Action) -> list[Decision]:
    return [one for one in result.decisions if one.action is action]


def takes(scene: Scene, name: str) -> timedelta:
    """Return how long an update is expected to take."""
    default = timedelta(minutes=scene.policy.install.default_minutes)
    return scene.state.fleet.expected.get(name, default)


def warning(scene: Scene) -> timedelta:
    rules = scene.policy.restart
    return timedelta(0) if rules.users is WithUsers.PROCEED else rules.countdown


def needs_restart(scene: Scene, name: str, severity: Severity) -> bool:
    (one,) = [update for update in scene.state.missing if update.id == name]
    after = scene.policy.restart.after_install
    allowed = after is RestartAfterInstall.ALWAYS or (
        after is RestartAfterInstall.CRITICAL and severity is Severity.CRITICAL
    )
    return allowed and one.restart is not RestartBehaviour.NEVER


@MANY
@given(nights())
def test_nothing_starts_that_cannot_be_expected_to_end_with_its_restart_before_the_window_closes(scene):
    """Msp 3. For policies that install and restart in the same windows, as the provider's does."""
    scene = replace(
        scene,
        policy=replace(scene.policy, restart=replace(scene.policy.restart, windows=scene.policy.install.windows or ())),
    )
    result = plan_of(scene)
    severities = {one.update.id: one.severity for one in result.verdicts}
    for install in of(result, Action.INSTALL):
        if not scene.policy.install.fit or install.deadline is None:
            event("no limit")
            assert install.needs == timedelta(0)
            continue
        current = open_window(scene.policy.install.windows, scene.now, scene.policy.zone)
        restart = warning(scene) + scene.policy.install.restart_minutes * MINUTE
        for name in install.updates:
            ends = scene.now + takes(scene, name)
            if current is not None and needs_restart(scene, name, severities[name]):
                event("with a restart")
                ends += restart
            assert ends < install.deadline or current is None
            assert install.needs >= takes(scene, name), "the device keeps as much free for each"
        assert scene.now + install.needs < install.deadline


@MANY
@given(nights(), st.integers(1, 120))
def test_an_update_that_is_expected_to_take_longer_never_starts_where_a_shorter_one_did_not(scene, more):
    longer = {name: takes(scene, name) + more * MINUTE for name in (*NAMES, "u5")}
    slower = replace(scene, state=replace(scene.state, fleet=replace(scene.state.fleet, expected=longer)))

    def started(one: Scene) -> set[str]:
        return {found.update.id for found in plan_of(one).verdicts if found.disposition is Disposition.INSTALL}

    assert started(slower) <= started(scene)


@MANY
@given(nights(), st.integers(1, 60))
def test_a_restart_that_is_expected_to_take_longer_lets_nothing_start_or_restart_later(scene, more):
    install = scene.policy.install
    slow = replace(scene.policy, install=replace(install, restart_minutes=install.restart_minutes + more))
    slower = replace(scene, policy=slow)
    before, after = plan_of(scene), plan_of(slower)
    started = {name for one in of(before, Action.INSTALL) for name in one.updates}
    assert {name for one in of(after, Action.INSTALL) for name in one.updates} <= started
    if of(after, Action.RESTART) and not started:
        assert of(before, Action.RESTART)


@MANY
@given(nights())
def test_no_restart_lies_outside_its_windows_unless_its_deadline_overrides_them(scene):
    result = plan_of(scene)
    for restart in of(result, Action.RESTART):
        rules, seen = scene.policy.restart, scene.state.observation
        if restart.only_unused:
            assert rules.users is WithUsers.DEFER
            assert restart.countdown == timedelta(seconds=10), "nobody works there who could be warned"
        else:
            assert restart.countdown == warning(scene)
        if restart.reason is Reason.RESTART_KEPT_ON:
            continue
        assert seen.pending_restart
        assert seen.vain_restarts < rules.attempts
        limit = None if rules.deadline is None else seen.pending_since + rules.grace
        over = limit is not None and scene.now >= limit
        current = open_window(rules.windows, scene.now, scene.policy.zone)
        event(f"inside: {current is not None}, over: {over}")
        if current is None:
            assert rules.overrides_windows
            assert over, "at least the grace is over"
        elif not rules.overrides_windows:
            fits = scene.policy.install.restart_minutes * MINUTE if scene.policy.install.fit else timedelta(0)
            assert scene.now + restart.countdown + fits < current.closes
        if rules.users is WithUsers.DEFER and any(user.active for user in seen.users):
            assert over and not restart.only_unused


@MANY
@given(nights(), st.floats(0, 1))
def test_nothing_is_decided_otherwise_before_the_next_instant(scene, part):
    result = plan_of(scene)
    end = result.next_at or scene.now + 30 * DAY
    for later in (end - timedelta(seconds=1), scene.now + (end - scene.now) * part * 0.999):
        if later > scene.now:
            again = plan_of(replace(scene, now=later))
            assert again.decisions == result.decisions
            assert again.verdicts == result.verdicts


@MANY
@given(nights())
def test_a_window_is_counted_as_put_off_only_when_people_kept_a_pending_restart_from_it(scene):
    result = plan_of(scene)
    if result.postpones is None:
        return
    seen = scene.state.observation
    assert seen.pending_restart
    assert any(user.active for user in seen.users)
    assert scene.policy.restart.users is WithUsers.DEFER
    assert not of(result, Action.RESTART)
    assert result.postpones <= scene.now
    noted = replace(scene.state, observation=replace(seen, postponed_in=result.postpones))
    assert plan_of(replace(scene, state=noted)).postpones is None, "once"
