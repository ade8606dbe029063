# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When installations may start: windows that fit, missed ones, midnight, clock changes, jobs in the way."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import (
    Job,
    JobKind,
    JobState,
    ScanTrust,
    Severity,
    UpdateState,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.plan import Action, plan
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.policy import ScanPolicy
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.reasons import Reason
from planner_scenes import (
    CHICAGO,
    DAY,
    DESKTOP,
    HOUR,
    LONDON,
    actions,
    at,
    decision,
    failure,
    helpdesk,
    install_policy,
    msp,
    scan,
    state,
    update,
    updates,
    verdict,
    window,
)

AWAY = state(at("thu 09:00", weeks=-1), updates(2), served_until=at("wed 16:00", weeks=-1))


def test_several_missed_windows_collapse_into_one():
    """Friday's and Monday's windows were missed: one catch-up on Tuesday serves both."""
    scanned = replace(AWAY, scan=scan(at("tue 09:00")))
    assert actions(plan(DESKTOP, helpdesk(), scanned, at("tue 10:00"))) == [Action.INSTALL]
    done = replace(scanned, missing=(), scan=scan(at("tue 11:00")))
    served = plan(DESKTOP, helpdesk(), done, at("tue 11:01")).serves
    assert served == at("mon 16:00")
    after = plan(DESKTOP, helpdesk(), replace(done, served_until=served), at("tue 11:02"))
    assert (actions(after), after.settled) == ([], True)


def test_a_catch_up_with_nothing_to_install_serves_at_once_without_the_delay():
    scanned = replace(AWAY, scan=scan(at("tue 09:00")), missing=())
    assert plan(DESKTOP, helpdesk(), scanned, at("tue 09:01")).serves == at("mon 16:00")


def test_a_window_that_opens_during_the_delay_of_a_catch_up_serves_normally():
    scanned = replace(AWAY, scan=scan(at("mon 15:30")), served_until=at("wed 16:00", weeks=-1))
    waiting = plan(DESKTOP, helpdesk(), scanned, at("mon 15:45"))
    assert (actions(waiting), waiting.next_at) == ([], at("mon 16:00"))
    result = plan(DESKTOP, helpdesk(), scanned, at("mon 16:00"))
    assert decision(result, Action.INSTALL).reason is Reason.WINDOW_OPEN


def test_what_a_window_leaves_unserved_is_caught_up_the_same_evening():
    """The retry was due after the window closed: scan at 20:00, an hour later the second try."""
    once = {"u1": UpdateState((failure("u1", at("mon 19:30")),))}
    late = state(at("mon 19:40"), updates(1), updates=once)
    closing = plan(DESKTOP, helpdesk(), late, at("mon 19:59"))
    assert (actions(closing), closing.serves, closing.next_at) == ([], None, at("mon 20:00"))
    assert actions(plan(DESKTOP, helpdesk(), late, at("mon 20:00"))) == [Action.SCAN]
    again = replace(late, scan=scan(at("mon 20:05")))
    assert actions(plan(DESKTOP, helpdesk(), again, at("mon 21:05"))) == [Action.INSTALL]


def test_a_device_known_since_after_the_window_has_not_missed_it():
    new = state(at("tue 09:00"), updates(1), known_since=at("tue 08:00"), served_until=None)
    result = plan(DESKTOP, helpdesk(), new, at("tue 12:00"))
    assert (actions(result), verdict(result).until) == ([], at("wed 16:00"))


def test_without_catch_up_a_missed_window_waits_for_the_next():
    """msp server, Wednesday 02:00: wait; next Sunday 01:00"""
    now = at("wed 02:00", CHICAGO)
    result = plan(replace(DESKTOP, device_class="server"), msp("sun"), replace(AWAY, scan=scan(now - HOUR)), now)
    assert actions(result) == []
    assert verdict(result).until == at("sun 01:00", CHICAGO)
    assert verdict(result).text == "the next window opens Sun 2026-11-29 01:00 (America/Chicago)"


def test_an_installation_that_cannot_end_before_the_window_closes_does_not_start():
    """msp desktop, 04:50, an install that needs 30 minutes: does not start; next day 01:00"""
    late = at("tue 04:50", CHICAGO)
    result = plan(DESKTOP, msp("daily"), replace(AWAY, scan=scan(late - HOUR)), late)
    assert actions(result) == []
    assert verdict(result).reason is Reason.NO_TIME_LEFT
    assert verdict(result).until == at("wed 01:00", CHICAGO)
    early = at("tue 04:29", CHICAGO)
    assert actions(plan(DESKTOP, msp("daily"), replace(AWAY, scan=scan(early - HOUR)), early)) == [Action.INSTALL]


def test_the_night_of_the_spring_change_is_three_hours_long():
    """msp, window on the night of the spring change (02:00 skipped in US Central): open 01:00 to 05:00 local"""
    opens = datetime(2027, 3, 14, 1, 0, tzinfo=CHICAGO).astimezone(UTC)
    policy = msp("daily")
    known = state(opens - HOUR, updates(1), served_until=opens - DAY)
    assert actions(plan(DESKTOP, policy, known, opens - timedelta(seconds=1))) == []
    result = plan(DESKTOP, policy, known, opens)
    assert decision(result, Action.INSTALL).deadline == opens + 3 * HOUR
    assert "open until Sun 2027-03-14 05:00" in decision(result, Action.INSTALL).text


def test_a_catch_up_ends_at_local_midnight_also_when_the_clocks_change_that_day():
    """25 October 2026 is 25 hours long in London; midnight is the local one."""
    policy = helpdesk(install=install_policy(windows=(window("sat", "16:00", "20:00"),)))
    seen_at = datetime(2026, 10, 25, 12, 0, tzinfo=LONDON).astimezone(UTC)
    known = state(seen_at, updates(1), served_until=seen_at - 7 * DAY, known_since=seen_at - 30 * DAY)
    result = plan(DESKTOP, policy, known, seen_at + HOUR)
    assert decision(result, Action.INSTALL).deadline == datetime(2026, 10, 26, 0, 0, tzinfo=UTC)


def test_a_search_is_not_started_over_and_over_when_it_is_more_frequent_than_the_catch_up_delay():
    """Scans every 30 minutes must not push the hour's delay of a catch-up ahead for ever."""
    policy = helpdesk(scan=ScanPolicy(every=0.5 * HOUR, retry=HOUR), install=install_policy(scan_max_age=HOUR))
    scanned = replace(AWAY, scan=scan(at("tue 09:00")))
    assert actions(plan(DESKTOP, policy, scanned, at("tue 09:30"))) == []
    assert actions(plan(DESKTOP, policy, scanned, at("tue 10:00"))) == [Action.INSTALL]


def test_a_failed_search_keeps_a_window_unserved_and_is_repeated_after_its_delay():
    """A broken WUA that finds nothing must not look like a device that lacks nothing."""
    broken = state(at("mon 15:00"), scan=scan(at("mon 15:30"), ScanTrust.UNKNOWN), failed_scans=1)
    result = plan(DESKTOP, helpdesk(), broken, at("mon 16:00"))
    assert (actions(result), result.serves, result.next_at) == ([], None, at("mon 16:30"))
    assert actions(plan(DESKTOP, helpdesk(), broken, at("mon 16:30"))) == [Action.SCAN]


def test_a_search_job_that_failed_is_repeated_after_its_delay_too():
    failed = Job("s", JobKind.SCAN, JobState.FAILED, started_at=at("tue 10:00"))
    known = state(at("mon 09:00"), served_until=at("mon 16:00"), jobs=(failed,))
    assert actions(plan(DESKTOP, helpdesk(), known, at("tue 10:59"))) == []
    assert actions(plan(DESKTOP, helpdesk(), known, at("tue 11:00"))) == [Action.SCAN]
    recorded = replace(known, jobs=(), failed_scan_at=at("tue 10:00"))
    assert plan(DESKTOP, helpdesk(), recorded, at("tue 10:59")).next_at == at("tue 11:00")


def test_scans_that_keep_failing_raise_one_ticket():
    broken = state(at("tue 09:00"), scan=scan(at("tue 09:00"), ScanTrust.UNKNOWN), failed_scans=2)
    broken = replace(broken, served_until=at("mon 16:00"))
    result = plan(DESKTOP, helpdesk(), broken, at("tue 09:10"))
    assert decision(result, Action.TICKET).updates == ()
    assert actions(plan(DESKTOP, helpdesk(), replace(broken, scan_ticket_open=True), at("tue 09:10"))) == []


def test_a_degraded_scan_is_good_enough_to_install_from():
    known = state(at("mon 15:00"), updates(1), scan=scan(at("mon 15:00"), ScanTrust.DEGRADED))
    assert actions(plan(DESKTOP, helpdesk(), known, at("mon 16:00"))) == [Action.INSTALL]


def test_nothing_is_started_beside_a_running_job():
    busy = state(at("mon 09:00"), updates(2), jobs=(Job("j", JobKind.INSTALL, JobState.INTENDED, ("u1",)),))
    result = plan(DESKTOP, helpdesk(), busy, at("mon 16:00"))
    assert (actions(result), result.settled, result.serves) == ([], False, None)
    assert verdict(result).reason is Reason.INSTALLING
    assert verdict(result, "u2").reason is Reason.DEVICE_BUSY


def test_a_device_on_battery_stays_owed_its_window():
    known = state(at("mon 15:00"), updates(1))
    on_battery = replace(known, observation=replace(known.observation, on_battery=True))
    assert plan(DESKTOP, helpdesk(), on_battery, at("mon 16:00")).serves is None
    allowed = helpdesk(install=install_policy(on_battery=True))
    assert actions(plan(DESKTOP, allowed, on_battery, at("mon 16:00"))) == [Action.INSTALL]


def test_the_most_severe_updates_come_first_then_the_oldest():
    missing = (
        update("new", Severity.IMPORTANT, released=at("mon 08:00")),
        update("old", Severity.IMPORTANT, released=at("mon 08:00", weeks=-4)),
        update("worst", Severity.CRITICAL),
    )
    result = plan(DESKTOP, helpdesk(), state(at("mon 09:00"), missing), at("mon 16:00"))
    assert decision(result, Action.INSTALL).updates == ("worst", "old", "new")
    assert [one.update.id for one in result.verdicts] == ["new", "old", "worst"], "verdicts keep the scan's order"


def test_a_device_that_is_registered_anew_owes_nothing_from_before():
    new = state(at("tue 09:00"), updates(1), known_since=at("tue 08:00"), served_until=at("wed 16:00", weeks=-1))
    assert actions(plan(DESKTOP, helpdesk(), new, at("tue 12:00"))) == []


def test_a_window_is_served_from_a_fresh_scan_only():
    """Nothing missing, says a scan of Sunday morning: too old to say so on Monday."""
    old = state(at("sun 15:00", weeks=-1), scan=scan(at("sun 18:00", weeks=-1)))
    policy = helpdesk(scan=ScanPolicy(every=7 * DAY, retry=HOUR), install=install_policy(scan_max_age=6 * HOUR))
    result = plan(DESKTOP, policy, old, at("mon 16:00"))
    assert (actions(result), result.serves) == ([Action.SCAN], None)
    assert result.decisions[0].reason is Reason.SCAN_TOO_OLD


def test_what_appears_in_a_window_that_was_served_is_installed_from_a_fresh_scan_too():
    policy = helpdesk(install=install_policy(scan_max_age=HOUR))
    new = state(at("mon 17:00"), updates(1), served_until=at("mon 16:00"))
    assert actions(plan(DESKTOP, policy, new, at("mon 17:30"))) == [Action.INSTALL]
    assert actions(plan(DESKTOP, policy, new, at("mon 18:00"))) == [Action.SCAN]


def test_a_window_that_was_served_is_not_served_again_and_asks_for_no_scan():
    policy = helpdesk(install=install_policy(scan_max_age=HOUR))
    served = state(at("mon 16:00"), served_until=at("mon 16:00"))
    result = plan(DESKTOP, policy, served, at("mon 18:00"))
    assert (actions(result), result.serves) == ([], None)


def test_windows_that_overlap_are_served_together():
    two = (window("mon", "16:00", "20:00"), window("mon", "17:00", "18:00"))
    result = plan(DESKTOP, helpdesk(install=install_policy(windows=two)), state(at("mon 17:20")), at("mon 17:30"))
    assert result.serves == at("mon 17:00")


def test_a_search_that_was_cut_off_is_begun_again_at_once():
    """A laptop that was closed during the search says nothing about the search."""
    cut = Job("s", JobKind.SCAN, JobState.INTERRUPTED, started_at=at("tue 10:00"))
    known = state(at("mon 09:00"), served_until=at("mon 16:00"), jobs=(cut,))
    assert actions(plan(DESKTOP, helpdesk(), known, at("tue 10:10"))) == [Action.SCAN]


def test_an_update_that_waits_for_a_scan_still_tells_from_when_on_its_time_is_too_short():
    late = at("tue 04:20", CHICAGO)
    known = state(late - HOUR, updates(1))
    started = replace(known, observation=replace(known.observation, boot_time=late - 0.5 * HOUR))
    result = plan(DESKTOP, msp("daily"), started, late)
    assert verdict(result).reason is Reason.SCAN_FIRST
    assert result.next_at == at("tue 04:30", CHICAGO)
