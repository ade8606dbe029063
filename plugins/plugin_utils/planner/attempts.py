# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What earlier attempts mean for the next one: retry, park, ticket (helpdesk 6; enterprise 7).

What counts as a failure:

- an attempt that failed, unless its code asks for power only (``wait_for_power``);
- a success that a later scan disproves: the update is still missing, and no restart is outstanding that
  would explain it. Otherwise an update that undoes itself would be installed for ever;
- ``retry.interruptions`` interrupted attempts together: each one alone says nothing about the update.

Attempts up to the last closing of the update's ticket no longer count.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from .model import Attempt, ErrorClass, Observation, Outcome, Scan, UpdateState
from .policy import RetryPolicy


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one update stands on one device.

    ``unconfirmed``: the success that no later scan has looked at yet. ``unfinished``: the success that
    a pending restart completes. ``last_failure``: the last attempt that counts as a failure.
    ``retry_at``: no new attempt before this instant.
    """

    failures: int = 0
    parked: bool = False
    needs_person: bool = False
    ticket_due: bool = False
    retry_at: datetime | None = None
    last: Attempt | None = None
    last_failure: Attempt | None = None
    unconfirmed: Attempt | None = None
    unfinished: Attempt | None = None


UNTRIED = Standing()


def standing(state: UpdateState | None, retry: RetryPolicy, scan: Scan, seen: Observation | None) -> Standing:
    """Return where a missing update stands, given what is remembered of it and what was last seen."""
    if state is None:
        return UNTRIED
    closed = state.ticket_closed_at
    tries = [a for a in state.attempts if a.outcome is not Outcome.NOT_STARTED and (closed is None or a.at > closed)]
    last = tries[-1] if tries else None
    unconfirmed = unfinished = None
    if last is not None and last.outcome is Outcome.SUCCEEDED:
        if restart_outstanding(last, seen):
            unfinished = last
        elif last.at > scan.finished_at:
            unconfirmed = last
    open_success = unconfirmed or unfinished
    failed = [a for a in tries if a is not open_success and _is_failure(a)]
    interrupted = sum(a.outcome is Outcome.INTERRUPTED for a in tries)
    failures = len(failed) + (interrupted // retry.interruptions if retry.interruptions > 0 else 0)
    needs_person = any(a.error_class is ErrorClass.NEEDS_PERSON for a in failed)
    parked = state.ticket_open or needs_person or failures >= retry.attempts
    has_ticket = state.ticket_open or (state.ticketed_at is not None and (closed is None or closed < state.ticketed_at))
    waits = last is not None and last is not open_success and last.outcome is not Outcome.INTERRUPTED
    return Standing(
        failures=failures,
        parked=parked,
        needs_person=needs_person,
        ticket_due=parked and not has_ticket,
        retry_at=last.at + retry.delay if last is not None and waits else None,
        last=last,
        last_failure=failed[-1] if failed else None,
        unconfirmed=unconfirmed,
        unfinished=unfinished,
    )


def restart_outstanding(attempt: Attempt, seen: Observation | None) -> bool:
    """Return whether a restart is pending and the device has not started since ``attempt``."""
    if seen is None or not seen.pending_restart:
        return False
    return seen.boot_time is None or seen.boot_time <= attempt.at


def _is_failure(attempt: Attempt) -> bool:
    if attempt.outcome is Outcome.FAILED:
        return attempt.error_class is not ErrorClass.WAIT_FOR_POWER
    return attempt.outcome is Outcome.SUCCEEDED
