# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What counts as a failure (helpdesk 6), and what a success is worth before a scan confirms it (enterprise 7)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import (
    Attempt,
    ErrorClass,
    Outcome,
    UpdateState,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.plan import Action, Disposition, Plan, plan
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.reasons import Reason
from planner_scenes import DESKTOP, HOUR, actions, at, attempt, decision, failure, helpdesk, state, updates, verdict


def after(*attempts: Attempt, **fields: object) -> Plan:
    """Return the plan of Monday 19:00 with a scan from 18:55, later than every attempt."""
    memory = {"updates": {"u1": UpdateState(attempts)}} | fields
    return plan(DESKTOP, helpdesk(), state(at("mon 18:55"), updates(1), **memory), at("mon 19:00"))


FIRST, SECOND = at("mon 16:20"), at("mon 17:40")


def interrupted(when: datetime) -> Attempt:
    return attempt("u1", when, Outcome.INTERRUPTED)


@pytest.mark.parametrize("error", [None, *(one for one in ErrorClass if one is not ErrorClass.NEEDS_PERSON)])
def test_two_failures_park_unless_they_only_wait_for_power(error):
    """wait_for_power is not a failure; every other class counts."""
    tries = [attempt("u1", when, error_class=error) for when in (FIRST, SECOND)]
    parked = verdict(after(*tries)).disposition is Disposition.PARKED
    assert parked == (error is not ErrorClass.WAIT_FOR_POWER)


def test_a_failure_that_needs_a_person_parks_at_once_with_a_ticket():
    result = after(failure("u1", FIRST, ErrorClass.NEEDS_PERSON))
    assert actions(result) == [Action.TICKET]
    assert decision(result, Action.TICKET).reason is Reason.NEEDS_PERSON


@pytest.mark.parametrize("outcome", [Outcome.NOT_APPLICABLE, Outcome.NOT_STARTED, Outcome.INTERRUPTED])
def test_what_says_nothing_about_the_update_is_no_failure(outcome):
    tries = [attempt("u1", when, outcome) for when in (FIRST, SECOND)]
    assert verdict(after(*tries)).disposition is not Disposition.PARKED


def test_an_interrupted_installation_goes_on_without_delay():
    assert decision(after(interrupted(at("mon 18:50"))), Action.INSTALL).updates == ("u1",)


def test_three_interruptions_count_as_one_failure():
    """policy.retry.interruptions"""
    three = [interrupted(at("mon 16:00") + number * 0.1 * HOUR) for number in range(3)]
    assert verdict(after(*three)).disposition is Disposition.INSTALL
    assert verdict(after(*three[:2], failure("u1", SECOND))).disposition is Disposition.INSTALL
    assert verdict(after(*three, failure("u1", SECOND))).disposition is Disposition.PARKED


def test_an_update_that_is_missing_again_after_two_successes_is_parked():
    """A success that a later scan disproves is a failure: nothing is installed over and over."""
    tries = [attempt("u1", when, Outcome.SUCCEEDED) for when in (FIRST, SECOND)]
    assert verdict(after(tries[0])).disposition is Disposition.INSTALL
    assert actions(after(*tries)) == [Action.TICKET]
    assert "KBu1 failed 2 times (last Mon 2026-11-23 17:40 (Europe/London): succeeded)" in verdict(after(*tries)).text


@pytest.mark.policy("helpdesk 5c")
def test_a_success_that_waits_for_a_restart_is_neither_tried_again_nor_owed():
    """Rule 5: patches that need a restart take effect at the next start."""
    base = state(at("mon 18:55"))
    pending = replace(base.observation, pending_restart=("wua",))
    result = after(attempt("u1", FIRST, Outcome.SUCCEEDED), observation=pending)
    assert actions(result) == []
    assert verdict(result).reason is Reason.RESTART_TO_FINISH
    assert result.serves == at("mon 16:00")
    started = replace(pending, boot_time=at("mon 18:00"))
    assert (
        verdict(after(attempt("u1", FIRST, Outcome.SUCCEEDED), observation=started)).disposition is Disposition.INSTALL
    )


def test_an_update_that_asks_for_a_restart_first_goes_on_after_it():
    refused = failure("u1", FIRST, ErrorClass.RESTART_FIRST)
    pending = replace(state(at("mon 18:55")).observation, pending_restart=("cbs",))
    waiting = after(refused, observation=pending)
    assert (verdict(waiting).reason, waiting.serves) == (Reason.RESTART_FIRST, None)
    started = replace(pending, pending_restart=(), boot_time=at("mon 18:00"))
    assert verdict(after(refused, observation=started)).disposition is Disposition.INSTALL


def test_an_update_that_does_not_apply_is_tried_once_per_window_and_does_not_keep_it_open():
    result = after(attempt("u1", FIRST, Outcome.NOT_APPLICABLE))
    assert (actions(result), result.serves, verdict(result).until) == ([], at("mon 16:00"), at("wed 16:00"))
    known = state(
        at("wed 15:00"),
        updates(1),
        updates={"u1": UpdateState((attempt("u1", FIRST, Outcome.NOT_APPLICABLE),))},
        served_until=at("mon 16:00"),
    )
    assert actions(plan(DESKTOP, helpdesk(), known, at("wed 16:00"))) == [Action.INSTALL]


def test_what_did_not_start_is_not_an_attempt_and_asks_for_no_scan():
    not_started = attempt("u1", at("mon 18:58"), Outcome.NOT_STARTED)
    assert actions(after(not_started)) == [Action.INSTALL]


def test_a_ticket_that_is_open_parks_whatever_the_attempts_say():
    known = state(
        at("mon 18:55"), updates(1), updates={"u1": UpdateState(ticket_open=True, ticketed_at=at("sun 10:00"))}
    )
    result = plan(DESKTOP, helpdesk(), known, at("mon 19:00"))
    assert (actions(result), verdict(result).disposition) == ([], Disposition.PARKED)
    assert "before its ticket was opened" in verdict(result).text


def test_a_ticket_that_is_recorded_but_not_yet_delivered_is_not_raised_again():
    """Once: the ledger's record counts, not the ticket system's answer."""
    tries = (failure("u1", FIRST), failure("u1", SECOND))
    recorded = UpdateState(tries, ticketed_at=at("mon 18:56"), ticket_closed_at=at("sun 10:00", weeks=-1))
    result = after(updates={"u1": recorded})
    assert (actions(result), verdict(result).disposition) == ([], Disposition.PARKED)
