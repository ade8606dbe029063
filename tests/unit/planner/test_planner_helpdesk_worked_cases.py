# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The worked cases of the help desk's policy, one test each; the docstrings quote the cases and the rules."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.calendar import WEEKDAYS
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import (
    Outcome,
    Severity,
    SeveritySource,
    UpdateState,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.plan import Action, Disposition, plan
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.policy import ScanPolicy
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.reasons import Reason
from planner_scenes import (
    DAY,
    DESKTOP,
    HOUR,
    LAPTOP,
    actions,
    at,
    attempt,
    decision,
    failure,
    helpdesk,
    helpdesk_laptops,
    scan,
    seen,
    state,
    update,
    updates,
    verdict,
)


@pytest.mark.policy("helpdesk 2a", "case 1")
def test_a_desktop_on_monday_1559_with_three_important_missing_waits_until_monday_1600():
    """helpdesk desktop, Monday 15:59, 3 important missing: wait; next Monday 16:00 (rule 2)."""
    result = plan(DESKTOP, helpdesk(), state(at("mon 09:00"), updates(3)), at("mon 15:59"))
    assert actions(result) == []
    assert [one.disposition for one in result.verdicts] == [Disposition.WAIT] * 3
    assert [one.until for one in result.verdicts] == [at("mon 16:00")] * 3
    assert result.next_at == at("mon 16:00")
    assert result.settled
    assert result.serves is None
    assert result.decisions[0].text == "the next window opens Mon 2026-11-23 16:00 (Europe/London)"


@pytest.mark.policy("helpdesk 2a", "helpdesk 3a", "case 2")
def test_a_desktop_on_monday_1600_installs_the_three():
    """same, Monday 16:00: install 3."""
    result = plan(DESKTOP, helpdesk(), state(at("mon 09:00"), updates(3)), at("mon 16:00"))
    install = decision(result, Action.INSTALL)
    assert actions(result) == [Action.INSTALL]
    assert set(install.updates) == {"u1", "u2", "u3"}
    assert install.deadline == at("mon 20:00")
    assert not result.settled
    assert result.serves is None
    assert install.text == (
        "the window that opened Mon 2026-11-23 16:00 (Europe/London) is open until Mon 2026-11-23 20:00"
    )


@pytest.mark.policy("helpdesk 2a", "case 3")
def test_a_desktop_that_installed_on_monday_has_nothing_to_do_on_tuesday_1600_but_on_wednesday_1600():
    """same, Tuesday 16:00, was on all Monday and installed: nothing; next Wednesday 16:00."""
    served = state(at("tue 10:00"), served_until=at("mon 16:00"))
    result = plan(DESKTOP, helpdesk(), served, at("tue 16:00"))
    assert actions(result) == []
    assert result.settled
    assert result.decisions[0].text == "nothing is left to install; next occasion: Wed 2026-11-25 16:00 (Europe/London)"
    with_new = plan(DESKTOP, helpdesk(), replace(served, missing=updates(1)), at("tue 16:00"))
    assert verdict(with_new).until == at("wed 16:00")


def test_monday_is_served_only_when_a_scan_after_the_installation_finds_nothing_left():
    """The same Monday: install, scan again, served; nothing of it remains for Tuesday (rule 2, enterprise 7)."""
    tried = {"u1": UpdateState((attempt("u1", at("mon 16:20"), Outcome.SUCCEEDED),))}
    installed = state(at("mon 09:00"), updates(1), updates=tried)
    verify = plan(DESKTOP, helpdesk(), installed, at("mon 16:25"))
    assert actions(verify) == [Action.SCAN]
    assert verify.serves is None
    verified = plan(DESKTOP, helpdesk(), replace(installed, scan=scan(at("mon 16:40")), missing=()), at("mon 16:41"))
    assert verified.serves == at("mon 16:00")
    assert verified.settled


LAPTOP_AWAY = state(at("mon 17:00"), updates(2), served_until=at("sat 16:00", weeks=-1))


@pytest.mark.policy("helpdesk 4a", "case 4")
def test_a_laptop_off_on_tuesday_is_scanned_when_it_is_seen_on_wednesday_0910():
    """helpdesk laptop off on Tuesday 14:00-22:00, seen Wednesday 09:10: scan now (rule 4)."""
    back = replace(LAPTOP_AWAY, observation=seen(at("wed 09:10"), boot_time=at("wed 09:05")))
    result = plan(LAPTOP, helpdesk_laptops(), back, at("wed 09:10"))
    assert actions(result) == [Action.SCAN]
    assert result.decisions[0].text == (
        "the window of Tue 2026-11-24 16:00 (Europe/London) was missed; catching up begins with a scan today"
    )
    assert {one.reason for one in result.verdicts} == {Reason.CATCH_UP_SCAN}


@pytest.mark.policy("helpdesk 4b", "case 4")
def test_the_laptop_then_installs_later_on_wednesday_an_hour_after_that_scan():
    """install later on Wednesday (not before a settable delay after that scan, one hour in the preset)."""
    scanned = replace(
        LAPTOP_AWAY, scan=scan(at("wed 09:15")), observation=seen(at("wed 09:16"), boot_time=at("wed 09:05"))
    )
    before = plan(LAPTOP, helpdesk_laptops(), scanned, at("wed 10:14:59"))
    assert actions(before) == []
    assert before.next_at == at("wed 10:15")
    assert verdict(before).reason is Reason.CATCH_UP_DELAY
    assert "made up for from Wed 2026-11-25 10:15 on" in verdict(before).text
    after = plan(LAPTOP, helpdesk_laptops(), scanned, at("wed 10:15"))
    assert actions(after) == [Action.INSTALL]
    assert decision(after, Action.INSTALL).deadline == at("thu 00:00")
    done = replace(scanned, scan=scan(at("wed 11:00")), missing=())
    assert plan(LAPTOP, helpdesk_laptops(), done, at("wed 11:01")).serves == at("tue 16:00")


@pytest.mark.policy("case 4")
def test_the_delay_of_the_catch_up_can_be_set():
    """not before a settable delay"""
    policy = helpdesk_laptops()
    policy = replace(policy, install=replace(policy.install, catch_up_delay=3 * HOUR))
    scanned = replace(LAPTOP_AWAY, scan=scan(at("wed 09:15")))
    assert plan(LAPTOP, policy, scanned, at("wed 12:14")).next_at == at("wed 12:15")
    assert actions(plan(LAPTOP, policy, scanned, at("wed 12:15"))) == [Action.INSTALL]


@pytest.mark.policy("case 5")
def test_a_laptop_first_seen_at_2330_is_scanned_and_waits_for_its_next_contact_still_as_catch_up():
    """same, seen for the first time at 23:30: scan now; what cannot start before midnight waits, never lost."""
    back = replace(LAPTOP_AWAY, observation=seen(at("wed 23:30"), boot_time=at("wed 23:28")))
    assert actions(plan(LAPTOP, helpdesk_laptops(), back, at("wed 23:30"))) == [Action.SCAN]

    scanned = replace(back, scan=scan(at("wed 23:35")))
    waiting = plan(LAPTOP, helpdesk_laptops(), scanned, at("wed 23:59:59"))
    assert actions(waiting) == []
    assert verdict(waiting).reason is Reason.CATCH_UP_ANOTHER_DAY
    assert waiting.serves is None

    next_contact = plan(LAPTOP, helpdesk_laptops(), scanned, at("thu 08:00"))
    assert actions(next_contact) == [Action.SCAN]
    assert next_contact.decisions[0].reason is Reason.SCAN_FOR_CATCH_UP
    anew = replace(scanned, scan=scan(at("thu 08:05")))
    assert actions(plan(LAPTOP, helpdesk_laptops(), anew, at("thu 09:05"))) == [Action.INSTALL]


@pytest.mark.policy("helpdesk 3b", "case 6")
def test_low_and_unrated_updates_are_ignored_with_the_reason_and_never_installed():
    """helpdesk, one Low and one unrated update: ignored, with the reason; never installed (rule 3)."""
    missing = (update("low", Severity.LOW), update("blank", None, categories=("Drivers",)))
    result = plan(DESKTOP, helpdesk(), state(at("mon 09:00"), missing), at("mon 16:00"))
    assert actions(result) == []
    assert result.serves == at("mon 16:00")
    low, blank = verdict(result, "low"), verdict(result, "blank")
    assert (low.disposition, low.reason, low.severity) == (Disposition.IGNORE, Reason.BELOW_THRESHOLD, Severity.LOW)
    assert low.text == "low (wua) is not among the severities that are installed: critical, important, moderate"
    assert (blank.disposition, blank.reason, blank.severity) == (Disposition.IGNORE, Reason.UNRATED, Severity.OTHER)
    assert low.until is None and blank.until is None


def test_a_cumulative_update_without_rating_is_installed_by_its_category():
    """Rule 3 must not skip the monthly cumulative update, which WUA often leaves without a severity."""
    monthly = update("lcu", None, categories=("Security Updates", "Windows 11"))
    result = plan(DESKTOP, helpdesk(), state(at("mon 09:00"), (monthly,)), at("mon 16:00"))
    assert decision(result, Action.INSTALL).updates == ("lcu",)
    assert verdict(result, "lcu").severity_source is SeveritySource.INFERRED


TWICE = {"u1": UpdateState((failure("u1", at("mon 16:20")), failure("u1", at("mon 17:40"))))}


@pytest.mark.policy("helpdesk 6b", "helpdesk 6c", "case 7")
def test_an_update_that_failed_twice_gets_one_ticket_is_parked_and_the_others_go_on():
    """helpdesk, KB failed twice: one ticket; parked; other updates go on (rule 6)."""
    failed = state(at("mon 18:00"), updates(2), updates=TWICE)
    result = plan(DESKTOP, helpdesk(), failed, at("mon 18:01"))
    assert actions(result) == [Action.TICKET, Action.INSTALL]
    assert decision(result, Action.TICKET).updates == ("u1",)
    assert decision(result, Action.INSTALL).updates == ("u2",)
    assert verdict(result).disposition is Disposition.PARKED
    assert verdict(result).text == (
        "KBu1 failed 2 times (last Mon 2026-11-23 17:40 (Europe/London): 0x80240438, transient); it is not tried again "
        "until its ticket is closed or it is superseded"
    )
    ticketed = {"u1": replace(TWICE["u1"], ticket_open=True, ticketed_at=at("mon 18:01"))}
    again = plan(DESKTOP, helpdesk(), replace(failed, updates=ticketed, missing=updates(1)), at("mon 18:02"))
    assert actions(again) == []
    assert again.serves == at("mon 16:00")


@pytest.mark.policy("helpdesk 6a")
def test_a_failed_installation_is_retried_in_the_same_window():
    """Rule 6: a failed installation is retried."""
    once = {"u1": UpdateState((failure("u1", at("mon 16:20")),))}
    failed = state(at("mon 16:30"), updates(1), updates=once)
    waiting = plan(DESKTOP, helpdesk(), failed, at("mon 16:31"))
    assert actions(waiting) == []
    assert (verdict(waiting).reason, verdict(waiting).until) == (Reason.RETRY_DELAY, at("mon 17:20"))
    assert waiting.serves is None, "the window is not served while a retry is pending in it"
    assert waiting.next_at == at("mon 17:20")
    assert decision(plan(DESKTOP, helpdesk(), failed, at("mon 17:20")), Action.INSTALL).updates == ("u1",)


@pytest.mark.policy("helpdesk 6c")
def test_a_parked_update_is_tried_again_when_its_ticket_is_closed():
    """Rule 6: not tried again on that computer until the ticket is closed."""
    closed = replace(TWICE["u1"], ticketed_at=at("mon 18:01"), ticket_closed_at=at("tue 11:00"))
    fixed = state(at("wed 09:00"), updates(1), updates={"u1": closed}, served_until=at("mon 16:00"))
    assert decision(plan(DESKTOP, helpdesk(), fixed, at("wed 16:00")), Action.INSTALL).updates == ("u1",)


def test_after_a_closed_ticket_two_new_failures_raise_a_new_one():
    """Rule 6: attempts after the closing count anew."""
    tries = (*TWICE["u1"].attempts, failure("u1", at("wed 16:20")))
    once = UpdateState(tries, ticketed_at=at("mon 18:01"), ticket_closed_at=at("tue 11:00"))
    twice = replace(once, attempts=(*tries, failure("u1", at("wed 17:30"))))
    seen_once = state(at("wed 16:30"), updates(1), updates={"u1": once}, served_until=at("mon 16:00"))
    assert Action.TICKET not in actions(plan(DESKTOP, helpdesk(), seen_once, at("wed 16:31")))
    seen_twice = replace(seen_once, scan=scan(at("wed 17:40")), updates={"u1": twice})
    assert actions(plan(DESKTOP, helpdesk(), seen_twice, at("wed 17:41"))) == [Action.TICKET]


@pytest.mark.policy("helpdesk 6c")
def test_a_parked_update_that_is_superseded_makes_way_without_a_ticket():
    """Rule 6: until the patch is superseded."""
    missing = (update("u1"), update("u2", supersedes=("u1",)))
    result = plan(DESKTOP, helpdesk(), state(at("mon 18:00"), missing, updates=TWICE), at("mon 18:01"))
    assert actions(result) == [Action.INSTALL]
    assert decision(result, Action.INSTALL).updates == ("u2",)
    assert verdict(result).text == "KBu2, which is missing too, contains it"


@pytest.mark.policy("helpdesk 1a", "enterprise 3a")
def test_every_device_is_scanned_every_day():
    """Rule 1: every desktop and laptop is scanned every day."""
    scanned = state(at("mon 21:00"), served_until=at("mon 16:00"))
    assert plan(DESKTOP, helpdesk(), scanned, at("tue 20:59:59")).next_at == at("tue 21:00")
    due = plan(DESKTOP, helpdesk(), scanned, at("tue 21:00"))
    assert actions(due) == [Action.SCAN]
    assert due.decisions[0].text == "the last scan is from Mon 2026-11-23 21:00 (Europe/London); one is due every 1 day"


@pytest.mark.policy("helpdesk 1b")
def test_every_two_days_is_a_setting():
    """Rule 1: a second sentence says every two days; the interval is a setting."""
    policy = helpdesk(scan=ScanPolicy(every=2 * DAY, retry=HOUR))
    scanned = state(at("mon 21:00"), served_until=at("mon 16:00"))
    assert actions(plan(DESKTOP, policy, scanned, at("tue 21:00"))) == []
    late = replace(scanned, served_until=at("wed 16:00"))
    assert actions(plan(DESKTOP, policy, late, at("wed 21:00"))) == [Action.SCAN]


@pytest.mark.policy("helpdesk 2a", "helpdesk 2b", "helpdesk 2c")
def test_desktops_and_laptops_have_their_own_days():
    """Rule 2: desktops on Monday, Wednesday and Friday, laptops on Tuesday, Thursday and Saturday."""
    for number, day in enumerate(WEEKDAYS):
        served = state(at(f"{day} 10:00"), updates(1), served_until=at(f"{day} 15:00"))
        desktop = actions(plan(DESKTOP, helpdesk(), served, at(f"{day} 16:00")))
        laptop = actions(plan(LAPTOP, helpdesk_laptops(), served, at(f"{day} 16:00")))
        assert (desktop == [Action.INSTALL]) == (number in (0, 2, 4)), day
        assert (laptop == [Action.INSTALL]) == (number in (1, 3, 5)), day


def test_an_unmanaged_device_is_not_even_scanned():
    """managed false: nothing at all (campus 1)."""
    for device, policy in ((replace(DESKTOP, managed=False), helpdesk()), (DESKTOP, helpdesk(managed=False))):
        result = plan(device, policy, state(None), at("mon 16:00"))
        assert actions(result) == []
        assert (result.verdicts, result.next_at, result.serves, result.settled) == ((), None, None, True)
        assert result.decisions[0].text == "pc-001 is not managed: it is never scanned, patched or restarted"
