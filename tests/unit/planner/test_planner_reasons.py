# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One situation for each reason, and the sentence that an operator reads then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import (
    Attempt,
    DeviceState,
    ErrorClass,
    Job,
    JobKind,
    JobState,
    LoggedOnUser,
    Outcome,
    ScanTrust,
    Severity,
    UpdateState,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.plan import Plan, plan
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.policy import RestartAfterInstall, WithUsers
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.reasons import Reason
from planner_people import SCENES as SCENES_OF_PEOPLE
from planner_phases import SCENES as SCENES_OF_PHASES
from planner_rollbacks import SCENES as SCENES_OF_ROLLBACKS
from planner_scenes import (
    DESKTOP,
    GIB,
    HOUR,
    at,
    attempt,
    campus,
    failure,
    helpdesk,
    install_policy,
    restart_policy,
    scan,
    state,
    update,
    updates,
    window,
)

DOCUMENT = Path(__file__).parents[3] / "docs" / "planner.md"
CASES: dict[Reason, tuple[str, Callable[[], Plan]]] = {**SCENES_OF_PEOPLE, **SCENES_OF_PHASES, **SCENES_OF_ROLLBACKS}
SERVED = {"served_until": at("mon 16:00")}
WAITING = state(at("tue 09:00"), updates(1), **SERVED)  # nothing due before Wednesday 16:00
IDLE = state(at("tue 02:00"), **SERVED)
ADA = (LoggedOnUser("ada"),)


def scene(reason: Reason, sentence: str, result: Callable[[], Plan]) -> None:
    """Declare the situation that gives ``reason`` and the words for it."""
    CASES[reason] = (sentence, result)


def desktop(known: DeviceState, when: datetime, **changes: object) -> Plan:
    return plan(DESKTOP, helpdesk(**changes), known, when)


def seen_as(known: DeviceState, **changes: object) -> DeviceState:
    return replace(known, observation=replace(known.observation, **changes))


def tried(*attempts: Attempt, scanned: str = "mon 18:00") -> DeviceState:
    return state(at(scanned), updates(1), updates={"u1": UpdateState(attempts)})


# The device as a whole
scene(
    Reason.OUT_OF_SCOPE,
    "pc-001 is not managed: it is never scanned, patched or restarted",
    lambda: desktop(WAITING, at("tue 10:00"), managed=False),
)
scene(
    Reason.UP_TO_DATE,
    "nothing is left to install; next occasion: Wed 2026-11-25 16:00 (Europe/London)",
    lambda: desktop(IDLE, at("tue 10:00")),
)
scene(
    Reason.JOB_RUNNING,
    "a job of Nightshift (scan) is at work on the device",
    lambda: desktop(replace(IDLE, jobs=(Job("j", JobKind.SCAN, JobState.RUNNING),)), at("tue 10:00")),
)

# Scans
scene(Reason.NEVER_SCANNED, "the device was never scanned", lambda: desktop(state(None, **SERVED), at("tue 10:00")))
scene(
    Reason.SCAN_DUE,
    "the last scan is from Tue 2026-11-24 02:00 (Europe/London); one is due every 1 day",
    lambda: desktop(IDLE, at("wed 02:00")),
)
UNTRUSTED = replace(WAITING, scan=scan(at("tue 09:00"), ScanTrust.UNKNOWN))
scene(
    Reason.SCAN_AGAIN,
    "the scan of Tue 2026-11-24 09:00 (Europe/London) could not be trusted; it is repeated",
    lambda: desktop(UNTRUSTED, at("tue 10:00")),
)
scene(
    Reason.SCAN_ON_HOLD,
    "the last scan did not succeed; the next one follows Tue 2026-11-24 10:00 (Europe/London)",
    lambda: desktop(UNTRUSTED, at("tue 09:59")),
)
scene(
    Reason.SCAN_NOT_TRUSTED,
    "the scan of Tue 2026-11-24 09:00 (Europe/London) cannot be trusted: nothing is installed from it",
    lambda: desktop(UNTRUSTED, at("tue 09:59")),
)
scene(
    Reason.SCAN_TOO_OLD,
    "the scan of Mon 2026-11-23 09:00 (Europe/London) is too old to install from",
    lambda: desktop(state(at("mon 09:00"), updates(1)), at("mon 16:00"), install=install_policy(scan_max_age=7 * HOUR)),
)
scene(
    Reason.SCAN_AFTER_ATTEMPT,
    "an installation ended Mon 2026-11-23 16:20 (Europe/London): only a new scan tells what is still missing",
    lambda: desktop(tried(failure("u1", at("mon 16:20")), scanned="mon 09:00"), at("mon 16:30")),
)
scene(
    Reason.SCAN_AFTER_START,
    "the device started Tue 2026-11-24 09:30 (Europe/London), after its last scan",
    lambda: desktop(seen_as(WAITING, boot_time=at("tue 09:30")), at("tue 10:00")),
)
MISSED = state(at("mon 09:00"), updates(1), served_until=at("fri 16:00", weeks=-1))
scene(
    Reason.SCAN_FOR_CATCH_UP,
    "the window of Mon 2026-11-23 16:00 (Europe/London) was missed; catching up begins with a scan today",
    lambda: desktop(MISSED, at("tue 08:00")),
)
scene(
    Reason.SCANS_FAIL,
    "3 scans in a row could not be trusted",
    lambda: desktop(replace(UNTRUSTED, failed_scans=3), at("tue 09:59")),
)

# Installed now
scene(
    Reason.WINDOW_OPEN,
    "the window that opened Mon 2026-11-23 16:00 (Europe/London) is open until Mon 2026-11-23 20:00",
    lambda: desktop(MISSED, at("mon 17:00")),
)
scene(
    Reason.ANY_TIME,
    "the policy installs at any time",
    lambda: plan(DESKTOP, campus(), WAITING, at("tue 10:00")),
)
CAUGHT_UP = replace(MISSED, scan=scan(at("tue 08:10")))
scene(
    Reason.CATCH_UP,
    "the window of Mon 2026-11-23 16:00 (Europe/London) was missed; it is made up for today, before midnight",
    lambda: desktop(CAUGHT_UP, at("tue 09:10")),
)

# Not installed at all
scene(
    Reason.DECLINED,
    "KBu1 is declined for everyone",
    lambda: desktop(WAITING, at("wed 16:00"), declined=frozenset({"KBu1"})),
)
scene(
    Reason.BELOW_THRESHOLD,
    "low (wua) is not among the severities that are installed: critical, important, moderate",
    lambda: desktop(replace(WAITING, missing=(update("u1", Severity.LOW),)), at("tue 16:00")),
)
scene(
    Reason.UNRATED,
    "nobody rates its severity, and updates without a rating are not installed",
    lambda: desktop(replace(WAITING, missing=(update("u1", None),)), at("tue 16:00")),
)
scene(
    Reason.NEEDS_INPUT,
    "KBu1 can ask for input and cannot be installed silently",
    lambda: desktop(replace(WAITING, missing=(update("u1", can_request_user_input=True),)), at("tue 16:00")),
)
scene(
    Reason.SUPERSEDED,
    "KBu2, which is missing too, contains it",
    lambda: desktop(replace(WAITING, missing=(update("u1"), update("u2", supersedes=("u1",)))), at("tue 16:00")),
)
scene(
    Reason.PARKED,
    "KBu1 failed 2 times (last Mon 2026-11-23 17:30 (Europe/London): 0x80240438, transient); it is not tried again "
    "until its ticket is closed or it is superseded",
    lambda: desktop(tried(failure("u1", at("mon 16:20")), failure("u1", at("mon 17:30"))), at("mon 18:05")),
)
scene(
    Reason.NEEDS_PERSON,
    "KBu1 failed Mon 2026-11-23 16:20 (Europe/London) in a way that only a person can mend: 0x80240438, needs person; "
    "it is not tried again until its ticket is closed or it is superseded",
    lambda: desktop(tried(failure("u1", at("mon 16:20"), ErrorClass.NEEDS_PERSON)), at("mon 18:05")),
)

# Waiting
INSTALL_JOB = Job("j", JobKind.INSTALL, JobState.RUNNING, ("u1",))
BUSY = state(at("mon 15:00"), updates(2), jobs=(INSTALL_JOB,))
scene(Reason.INSTALLING, "a job of Nightshift is working on it", lambda: desktop(BUSY, at("mon 16:10")))
scene(Reason.DEVICE_BUSY, "another job of Nightshift is at work on the device", lambda: desktop(BUSY, at("mon 16:10")))
scene(
    Reason.SCAN_FIRST,
    "a scan comes first: the device started Mon 2026-11-23 15:50 (Europe/London), after its last scan",
    lambda: desktop(seen_as(state(at("mon 09:00"), updates(1)), boot_time=at("mon 15:50")), at("mon 16:10")),
)
scene(
    Reason.UNCONFIRMED,
    "installed Mon 2026-11-23 16:20 (Europe/London); it counts when a scan no longer finds it missing",
    lambda: desktop(tried(attempt("u1", at("mon 16:20"), Outcome.SUCCEEDED), scanned="mon 15:00"), at("mon 16:30")),
)
DONE = tried(attempt("u1", at("mon 16:20"), Outcome.SUCCEEDED))
scene(
    Reason.RESTART_TO_FINISH,
    "installed Mon 2026-11-23 16:20 (Europe/London); it takes effect at the next start of the device",
    lambda: desktop(seen_as(DONE, pending_restart=("wua",)), at("mon 18:05")),
)
scene(
    Reason.RESTART_FIRST,
    "its last try Mon 2026-11-23 16:20 (Europe/London) asked for a restart, which is still pending",
    lambda: desktop(
        seen_as(tried(failure("u1", at("mon 16:20"), ErrorClass.RESTART_FIRST)), pending_restart=("cbs",)),
        at("mon 18:05"),
    ),
)
scene(
    Reason.RESTART_COMING,
    "the device is about to restart, Mon 2026-11-23 16:15 (Europe/London)",
    lambda: desktop(seen_as(state(at("mon 15:00"), updates(1)), restart_scheduled_at=at("mon 16:15")), at("mon 16:10")),
)
scene(
    Reason.NOT_APPLICABLE,
    "at its last try Mon 2026-11-23 16:20 (Europe/London) the device said that it does not apply; it is not tried "
    "again before the next window",
    lambda: desktop(tried(attempt("u1", at("mon 16:20"), Outcome.NOT_APPLICABLE)), at("mon 18:05")),
)
scene(
    Reason.RETRY_DELAY,
    "its last try Mon 2026-11-23 17:30 (Europe/London) did not succeed; the next is due Mon 2026-11-23 18:30",
    lambda: desktop(tried(failure("u1", at("mon 17:30"))), at("mon 18:05")),
)
scene(
    Reason.WAIT_FOR_WINDOW,
    "the next window opens Wed 2026-11-25 16:00 (Europe/London)",
    lambda: desktop(WAITING, at("tue 10:00")),
)
scene(
    Reason.NO_WINDOW,
    "the policy has no window that opens again",
    lambda: desktop(WAITING, at("tue 10:00"), install=install_policy(windows=())),
)
scene(
    Reason.CATCH_UP_SCAN,
    "the window of Mon 2026-11-23 16:00 (Europe/London) was missed; it is made up for 1 hour after a scan on the day "
    "on which the device is seen",
    lambda: desktop(MISSED, at("tue 08:00")),
)
scene(
    Reason.CATCH_UP_DELAY,
    "the window of Mon 2026-11-23 16:00 (Europe/London) was missed; it is made up for from Tue 2026-11-24 09:10 on",
    lambda: desktop(CAUGHT_UP, at("tue 09:00")),
)
scene(
    Reason.CATCH_UP_ANOTHER_DAY,
    "the window of Mon 2026-11-23 16:00 (Europe/London) was missed; what cannot start before midnight waits for the "
    "next contact",
    lambda: desktop(replace(MISSED, scan=scan(at("tue 23:30"))), at("tue 23:40")),
)
scene(
    Reason.ON_BATTERY,
    "the device runs on battery",
    lambda: desktop(seen_as(MISSED, on_battery=True), at("mon 17:00")),
)
scene(
    Reason.LOW_SPACE,
    "1.0 GiB are free on the system drive, 2.0 GiB are needed",
    lambda: desktop(seen_as(MISSED, free_bytes=GIB), at("mon 17:00")),
)
scene(
    Reason.NO_TIME_LEFT,
    "it takes about 30 minutes and cannot be expected to end before Mon 2026-11-23 20:00 (Europe/London)",
    lambda: desktop(MISSED, at("mon 19:30"), install=install_policy(fit=True)),
)
scene(
    Reason.LONGER_THAN_WINDOWS,
    "it takes about 260 minutes, and no window is that long",
    lambda: desktop(MISSED, at("mon 16:30"), install=install_policy(fit=True, catch_up=False, default_minutes=260)),
)

# Restarts
NIGHTS = (window("mon tue wed thu fri sat", "23:00", "07:00"), window("sun", "19:00", "07:00"))


def restart(known: DeviceState, when: datetime, **changes: object) -> Plan:
    rules = {"after_install": RestartAfterInstall.ALWAYS, "windows": NIGHTS} | changes
    return desktop(known, when, restart=restart_policy(**rules))


PENDING = seen_as(IDLE, pending_restart=("wua", "cbs"))
scene(Reason.RESTART_AFTER_INSTALL, "a restart is pending (wua, cbs)", lambda: restart(PENDING, at("tue 06:00")))
scene(
    Reason.RESTART_FOR_CRITICAL,
    "KBu9 (critical) takes effect only after a restart",
    lambda: restart(
        replace(PENDING, awaiting_restart=(update("u9", Severity.CRITICAL),)),
        at("tue 06:00"),
        after_install=RestartAfterInstall.CRITICAL,
    ),
)
scene(
    Reason.RESTART_KEPT_ON,
    "the device is on since Tue 2026-11-17 09:00 (Europe/London); one that is kept on restarts at least every 7 days",
    lambda: desktop(seen_as(IDLE, boot_time=at("tue 09:00", weeks=-1)), at("tue 04:00")),
)
scene(
    Reason.RESTART_BY_PEOPLE,
    "a restart is pending (wua, cbs); the policy leaves it to the people at the device",
    lambda: desktop(PENDING, at("tue 10:00")),
)
scene(
    Reason.RESTART_NOT_CRITICAL,
    "a restart is pending (wua, cbs), for nothing critical: no automatic restart",
    lambda: restart(PENDING, at("tue 06:00"), after_install=RestartAfterInstall.CRITICAL),
)
scene(
    Reason.RESTART_WAITS,
    "a restart waits for the window that opens Tue 2026-11-24 23:00 (Europe/London)",
    lambda: restart(PENDING, at("tue 07:00")),
)
scene(
    Reason.RESTART_NO_WINDOW,
    "a restart waits, and the policy has no window for one that opens again",
    lambda: restart(PENDING, at("tue 07:00"), windows=()),
)
scene(
    Reason.RESTART_TOO_LATE,
    "too little is left before Tue 2026-11-24 07:00 (Europe/London) for a restart, which needs 15 minutes with its "
    "warning",
    lambda: restart(PENDING, at("tue 06:45"), users=WithUsers.WARN),
)
scene(
    Reason.RESTART_DEFERRED,
    "a restart waits while someone is logged on (ada)",
    lambda: restart(seen_as(PENDING, users=ADA), at("tue 06:00")),
)
PUT_OFF = seen_as(PENDING, users=ADA, pending_since=at("wed 08:00", weeks=-1), postponed=3)
BOUNDED = {"deadline": timedelta(days=7), "grace": timedelta(days=2)}
scene(
    Reason.RESTART_DEFERRED_UNTIL,
    "a restart waits while someone is logged on (ada), until Wed 2026-11-25 08:00 (Europe/London) at the latest; "
    "windows in which it was put off: 3",
    lambda: restart(PUT_OFF, at("tue 06:00"), **BOUNDED),
)
scene(
    Reason.RESTART_DEADLINE,
    "a restart is pending (wua, cbs) and waits for nobody since Mon 2026-11-23 08:00 (Europe/London); windows in "
    "which it was put off: 3",
    lambda: restart(PUT_OFF, at("tue 06:00"), **BOUNDED | {"deadline": timedelta(days=5)}),
)
scene(
    Reason.RESTART_IN_VAIN,
    "a restart is pending (wua, cbs) after 2 restarts that changed nothing: it is not restarted again",
    lambda: restart(seen_as(PENDING, vain_restarts=2), at("tue 06:00")),
)
scene(
    Reason.RESTART_ASKED,
    "a restart was asked for Tue 2026-11-24 06:00 (Europe/London); the device has yet to do it",
    lambda: restart(replace(PENDING, last_restart_asked=at("tue 06:00")), at("tue 06:14")),
)
scene(
    Reason.RESTART_FOREIGN,
    "somebody else scheduled a restart; it is left alone",
    lambda: restart(seen_as(PENDING, foreign_restart=True), at("tue 06:00")),
)
SCHEDULED = seen_as(PENDING, restart_scheduled_at=at("tue 06:15"))
scene(
    Reason.RESTART_SCHEDULED,
    "the restart that Nightshift scheduled follows Tue 2026-11-24 06:15 (Europe/London)",
    lambda: restart(SCHEDULED, at("tue 06:05")),
)
scene(
    Reason.CANCEL_NOT_NEEDED,
    "the scheduled restart is no longer needed",
    lambda: restart(seen_as(SCHEDULED, pending_restart=()), at("tue 06:05")),
)
scene(
    Reason.CANCEL_NOT_ALLOWED,
    "the restart scheduled for Tue 2026-11-24 06:15 (Europe/London) lies outside every window",
    lambda: restart(SCHEDULED, at("tue 06:05"), windows=(window("sun", "19:00", "23:00"),)),
)
scene(
    Reason.CANCEL_USERS,
    "someone logged on before the scheduled restart (ada)",
    lambda: restart(seen_as(SCHEDULED, users=ADA), at("tue 06:05")),
)
scene(
    Reason.CANCEL_INSTALLING,
    "an installation is running: the scheduled restart would cut it off",
    lambda: restart(replace(SCHEDULED, jobs=(INSTALL_JOB,)), at("tue 06:05")),
)
scene(
    Reason.REMIND,
    "a restart is pending (wua, cbs) and people are logged on (ada)",
    lambda: desktop(seen_as(PENDING, users=ADA), at("tue 17:00")),
)


@pytest.mark.parametrize("reason", CASES, ids=lambda one: one.code)
def test_the_situation_gives_the_reason_in_these_words(reason):
    sentence, result = CASES[reason]
    plan_made = result()
    found = {one.reason: one.text for one in (*plan_made.verdicts, *plan_made.decisions)}
    assert reason in found, sorted(one.code for one in found)
    assert found[reason] == sentence


def test_every_reason_has_its_situation():
    assert set(CASES) == set(Reason)


def test_codes_are_unique_and_templates_too():
    assert len({one.code for one in Reason}) == len(Reason) == len({one.template for one in Reason})


def test_a_missing_placeholder_is_an_error_and_not_a_half_sentence():
    with pytest.raises(KeyError):
        Reason.WAIT_FOR_WINDOW.words({"zone": "Europe/London"})


def test_the_documentation_lists_exactly_these_reasons():
    """docs/planner.md ends with a table of all of them; each failure prints the row to write."""
    rows = [line for line in DOCUMENT.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    keys = {one: f"`{one.policy_key}`" if one.policy_key != "-" else "" for one in Reason}
    assert rows == [
        f"| `{one.code}` | {one.template} | {keys[one]} | {'yes' if one.attention else ''} |" for one in Reason
    ]


def test_every_policy_key_of_a_reason_exists():
    for one in Reason:
        value: object = helpdesk()
        for name in one.policy_key.split(".") if one.policy_key != "-" else ():
            assert name in {field.name for field in fields(value)}, one.policy_key
            value = getattr(value, name)
