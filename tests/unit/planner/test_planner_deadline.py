# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Restart with people present: defer, warn or go ahead, bounded by deadline and grace."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.deadline import forced_at
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.fleet import (
    Approval,
    ApprovalState,
    FleetFacts,
    RingGate,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import (
    DeviceState,
    LoggedOnUser,
    Severity,
    UpdateState,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.plan import Action, Plan, plan
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.policy import (
    Policy,
    RemindPolicy,
    RestartAfterInstall,
    WithUsers,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.reasons import Reason
from hypothesis import event, given, settings
from hypothesis import strategies as st
from planner_scenes import (
    DAY,
    DESKTOP,
    HOUR,
    actions,
    at,
    decision,
    helpdesk,
    restart_policy,
    scan,
    seen,
    state,
    update,
    window,
)

DAY_0 = at("mon 00:00", weeks=-3)
ADA = (LoggedOnUser("ada"),)
NIGHT = (window("daily", "01:00", "05:00"),)
TOLD = "From {deadline} on it restarts. Put off: {postponed}."


def day(number: float) -> datetime:
    return DAY_0 + number * DAY


def bounded(deadline: float | None = 7, grace: float = 2, **changes: object) -> Policy:
    rules = {
        "after_install": RestartAfterInstall.ALWAYS,
        "windows": NIGHT,
        "deadline": None if deadline is None else deadline * DAY,
        "grace": grace * DAY,
        "deadline_message": TOLD,
        "always_on": None,
        "remind": None,
    }
    return helpdesk(restart=restart_policy(**rules | changes))


def waiting(now: datetime, since: datetime, facts: FleetFacts | None = None, **fields: object) -> DeviceState:
    """Return a device on which u1 waits for its restart since ``since``, with Ada at work."""
    known = state(now - HOUR, served_until=now, awaiting_restart=(update("u1"),))
    observed = {"pending_restart": ("wua",), "pending_since": since, "users": ADA} | fields
    return replace(
        known,
        scan=scan(now - HOUR),
        observation=seen(now, boot_time=since - DAY, **observed),
        fleet=facts or FleetFacts(first_seen={"u1": day(0)}),
    )


def night_of(number: int) -> datetime:
    """Return 02:00 of a day, in the window."""
    return day(number) + 2 * HOUR


def planned(now: datetime, since: datetime, policy: Policy | None = None, **fields: object) -> Plan:
    return plan(DESKTOP, policy or bounded(), waiting(now, since, **fields), now)


def reasons(result: Plan) -> list[Reason]:
    return [one.reason for one in result.decisions]


def sentences(result: Plan) -> list[str]:
    return [one.text for one in result.decisions]


# The arithmetic, with a deadline of 7 days and a grace of 2 (field notes 2.3)


@pytest.mark.parametrize(
    ("there", "pending", "forced"),
    [(0, 1, 7), (0, 6, 8), (0, 14, 16)],
    ids=["installed at once", "installed late", "away for two weeks"],
)
def test_a_restart_is_forced_at_the_later_of_deadline_and_grace(there, pending, forced):
    assert forced_at(day(there), day(pending), 7 * DAY, 2 * DAY) == day(forced)


def forced_day(facts: FleetFacts, pending: float, **memory: datetime) -> int:
    """Return the first day in whose night the restart does not wait for Ada any more."""
    for number in range(int(pending), 40):
        known = waiting(night_of(number), day(pending), facts)
        known = replace(known, updates={"u1": UpdateState(**memory)})
        if actions(plan(DESKTOP, bounded(), known, night_of(number))) == [Action.RESTART]:
            return number
    raise AssertionError("the restart waits for ever")


def test_our_clock_starts_when_the_ring_opens_so_a_machine_that_was_away_gets_its_grace_and_no_more():
    """Off since before the release, discovered on day 14: Windows' own rule (22H2) says day 21, ours says 16."""
    discovered = {"first_missing": day(14)}
    assert forced_day(FleetFacts(gates={"u1": RingGate(day(0))}), 14, **discovered) == 16
    assert forced_at(day(14), day(14), 7 * DAY, 2 * DAY) == day(21), "the rule that we do not have"


@pytest.mark.parametrize("name", ["u1", "KBu1"])
def test_without_a_ring_the_clock_starts_with_the_approval(name):
    approved = Approval(name, ApprovalState.APPROVED, "ada", day(0))
    assert forced_day(FleetFacts(approvals=(approved,)), 14, first_missing=day(14)) == 16
    later = replace(approved, not_before=day(9))
    assert forced_day(FleetFacts(approvals=(later,)), 10, first_missing=day(8)) == 16, "9 + 7: not before its embargo"
    held = replace(approved, state=ApprovalState.HELD)
    assert forced_day(FleetFacts(approvals=(held,)), 14, first_missing=day(14)) == 21


def test_without_ring_and_approval_the_clock_starts_when_the_fleet_first_lacked_the_update():
    assert forced_day(FleetFacts(first_seen={"u1": day(0)}), 14, first_missing=day(14)) == 16
    assert forced_day(FleetFacts(), 3, first_missing=day(1)) == 8, "what this device remembers"


def test_a_ring_that_has_not_opened_starts_no_clock():
    """It was installed by somebody else: the approval, or the fleet, tells since when it is there."""
    closed = RingGate(None, why="soaking")
    assert forced_day(FleetFacts(gates={"u1": closed}, first_seen={"u1": day(0)}), 1) == 7


def test_a_restart_that_nothing_explains_runs_from_when_it_was_pending():
    assert forced_day(FleetFacts(), 3) == 10


def test_of_several_updates_the_first_one_that_is_due_decides():
    now = night_of(7)
    facts = FleetFacts(first_seen={"u1": day(4), "u2": day(0)})
    known = waiting(now, day(4), facts)
    both = replace(known, awaiting_restart=(update("u1"), update("u2")))
    assert actions(plan(DESKTOP, bounded(), known, now)) == []
    assert actions(plan(DESKTOP, bounded(), both, now)) == [Action.RESTART]


def test_only_critical_updates_run_the_clock_where_only_they_restart_the_device():
    now = night_of(7)
    policy = bounded(after_install=RestartAfterInstall.CRITICAL)
    known = waiting(now, day(4), FleetFacts(first_seen={"u1": day(4), "u2": day(0)}))
    routine = replace(known, awaiting_restart=(update("u1", Severity.CRITICAL), update("u2")))
    assert actions(plan(DESKTOP, policy, routine, now)) == []
    critical = replace(known, awaiting_restart=(update("u1"), update("u2", Severity.CRITICAL)))
    assert actions(plan(DESKTOP, policy, critical, now)) == [Action.RESTART]


# What happens to people


def test_before_the_deadline_a_restart_waits_for_people_and_says_until_when():
    result = planned(night_of(6), day(1), postponed=5, postponed_in=day(5) + HOUR)
    assert actions(result) == []
    assert (
        "a restart waits while someone is logged on (ada), until Mon 2026-11-09 00:00 (Europe/London) at the latest; "
        "windows in which it was put off: 5"
    ) in sentences(result)


def test_after_the_deadline_it_goes_ahead_with_its_countdown_and_says_so_to_the_people():
    result = planned(night_of(7), day(1), postponed=6)
    restart = decision(result, Action.RESTART)
    assert restart.reason is Reason.RESTART_DEADLINE
    assert restart.countdown == timedelta(minutes=15)
    assert restart.notice == "From Mon 2026-11-09 00:00 on it restarts. Put off: 6."


def test_the_warning_before_the_deadline_tells_the_deadline_too():
    result = planned(night_of(3), day(1), bounded(users=WithUsers.WARN), postponed=0)
    restart = decision(result, Action.RESTART)
    assert restart.reason is Reason.RESTART_AFTER_INSTALL
    assert restart.notice == "From Mon 2026-11-09 00:00 on it restarts. Put off: 0."
    assert decision(planned(night_of(3), day(1), bounded(None, users=WithUsers.WARN)), Action.RESTART).notice == ""


def test_the_reminder_tells_the_deadline_and_how_often_it_was_put_off():
    reminders = RemindPolicy((window("daily", "16:00", "18:00"),), "Please shut down.")
    afternoon = day(3) + 17 * HOUR
    remind = decision(planned(afternoon, day(1), bounded(remind=reminders), postponed=2), Action.REMIND)
    assert remind.notice == "From Mon 2026-11-09 00:00 on it restarts. Put off: 2."


def test_nobody_at_the_device_needs_no_deadline():
    restart = decision(planned(night_of(2), day(1), users=()), Action.RESTART)
    assert restart.reason is Reason.RESTART_AFTER_INSTALL


def test_after_the_deadline_a_restart_still_waits_for_its_window():
    """msp 3: nothing restarts after it closes; campus 4: only inside those windows."""
    noon = day(9) + 12 * HOUR
    result = planned(noon, day(1))
    assert actions(result) == []
    assert "a restart waits for the window that opens Thu 2026-11-12 01:00 (Europe/London)" in sentences(result)
    assert actions(planned(day(10) + HOUR, day(1))) == [Action.RESTART]
    assert actions(planned(noon, day(1), users=())) == []


def test_a_policy_may_let_the_deadline_override_the_windows():
    override = bounded(overrides_windows=True)
    assert actions(planned(day(7) - timedelta(seconds=1), day(1), override)) == []
    result = planned(day(7), day(1), override)
    assert decision(result, Action.RESTART).countdown == timedelta(minutes=15)
    noon = day(9) + 12 * HOUR
    assert actions(planned(noon, day(1), override)) == [Action.RESTART]
    scheduled = planned(noon, day(1), override, restart_scheduled_at=noon + timedelta(minutes=10))
    assert reasons(scheduled)[-1] is Reason.RESTART_SCHEDULED, "it is not cancelled again"


def test_a_scheduled_restart_is_cancelled_for_people_only_before_the_deadline():
    soon = timedelta(minutes=15)
    before = planned(night_of(3), day(1), restart_scheduled_at=night_of(3) + soon)
    assert reasons(before) == [Reason.CANCEL_USERS]
    after = planned(night_of(7), day(1), restart_scheduled_at=night_of(7) + soon)
    assert reasons(after)[-1] is Reason.RESTART_SCHEDULED


def test_without_a_deadline_a_restart_waits_for_people_for_ever():
    assert actions(planned(night_of(39), day(1), bounded(None))) == []


# Counting how often it was put off


def test_a_window_in_which_a_restart_is_put_off_is_counted_once():
    opens = day(3) + HOUR
    assert planned(night_of(3), day(1)).postpones == opens
    assert planned(night_of(3), day(1), postponed=1, postponed_in=opens).postpones is None
    assert planned(night_of(4), day(1), postponed=1, postponed_in=opens).postpones == opens + DAY
    assert planned(night_of(3), day(1), bounded(None)).postpones == opens, "also without a deadline"


def test_what_is_not_put_off_is_not_counted():
    assert planned(night_of(3), day(1), users=()).postpones is None
    assert planned(day(3) + 12 * HOUR, day(1)).postpones is None, "no window is open"
    assert planned(night_of(8), day(1)).postpones is None, "it goes ahead"
    assert planned(night_of(3), day(1), pending_restart=()).postpones is None


def test_a_restart_that_is_cancelled_because_someone_came_counts_as_put_off():
    result = planned(night_of(3), day(1), restart_scheduled_at=night_of(3) + timedelta(minutes=5))
    assert actions(result) == [Action.CANCEL_RESTART]
    assert result.postpones == day(3) + HOUR


# Properties

MANY = settings(max_examples=200, deadline=None)
days = st.integers(0, 30 * 24).map(lambda hours: hours / 24)


@MANY
@given(days, days, days, days, days)
def test_more_deadline_more_grace_or_a_later_start_never_force_a_restart_earlier(start, pending, deadline, grace, more):
    known = forced_at(day(start), day(pending), deadline * DAY, grace * DAY)
    assert known >= day(pending) + grace * DAY, "people always have the grace"
    assert known >= day(start) + deadline * DAY
    assert known <= max(day(start), day(pending)) + max(deadline, grace) * DAY
    assert forced_at(day(start), day(pending), (deadline + more) * DAY, grace * DAY) >= known
    assert forced_at(day(start), day(pending), deadline * DAY, (grace + more) * DAY) >= known
    assert forced_at(day(start + more), day(pending), deadline * DAY, grace * DAY) >= known
    assert forced_at(day(start), day(pending + more), deadline * DAY, grace * DAY) >= known


@MANY
@given(
    days,
    st.integers(0, 29 * 96),
    st.sampled_from([None, 0, 2, 7]),
    st.sampled_from([0, 2]),
    st.booleans(),
    st.booleans(),
    st.sampled_from(WithUsers),
)
def test_people_are_respected_until_the_deadline_and_windows_always_unless_the_policy_says_otherwise(
    pending, quarters, deadline, grace, override, present, users
):
    """Against the arithmetic and the hours, not against the planner's calendar."""
    now = day(pending) + quarters * timedelta(minutes=15)
    policy = bounded(deadline, grace, overrides_windows=override and deadline is not None, users=users)
    result = plan(DESKTOP, policy, waiting(now, day(pending), users=ADA if present else ()), now)
    limit = None if deadline is None else max(day(0) + deadline * DAY, day(pending) + grace * DAY)
    over = limit is not None and now >= limit
    warning = timedelta(0) if users is WithUsers.PROCEED else timedelta(minutes=15)
    hour = now.hour + now.minute / 60
    inside = hour >= 1 and hour + warning / HOUR < 5
    may = inside or (over and policy.restart.overrides_windows)
    willing = not present or users is not WithUsers.DEFER or over
    event(f"may: {may}, willing: {willing}")
    assert (actions(result) == [Action.RESTART]) == (may and willing)


@MANY
@given(days, st.integers(0, 60))
def test_once_forced_a_restart_stays_forced_in_every_later_night(pending, later):
    first = next(n for n in range(int(pending) + 1, 60) if actions(planned(night_of(n), day(pending))))
    number = first + later
    assert actions(planned(night_of(number), day(pending))) == [Action.RESTART]
