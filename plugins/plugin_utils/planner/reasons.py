# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why: a closed list. One reason, one sentence template, one policy key, one test each."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum


class Reason(Enum):
    """value = (code, template, policy key[, attention]); the key is below ``nightshift_policy``, or ``-``.

    ``docs/planner.md`` lists them all; a test keeps the two together.
    """

    # About the device as a whole
    OUT_OF_SCOPE = ("out_of_scope", "{device} is not managed: it is never scanned, patched or restarted", "managed")
    UP_TO_DATE = ("up_to_date", "nothing is left to install; next occasion: {next}", "install.windows")
    JOB_RUNNING = ("job_running", "a job of Nightshift ({kind}) is at work on the device", "-")

    # Why a scan, or why not yet
    NEVER_SCANNED = ("never_scanned", "the device was never scanned", "scan.every")
    SCAN_DUE = ("scan_due", "the last scan is from {scanned} ({zone}); one is due every {every}", "scan.every")
    SCAN_AGAIN = (
        "scan_again",
        "the scan of {scanned} ({zone}) could not be trusted; it is repeated",
        "scan.retry",
        True,
    )
    SCAN_ON_HOLD = (
        "scan_on_hold",
        "the last scan did not succeed; the next one follows {at} ({zone})",
        "scan.retry",
        True,
    )
    SCAN_TOO_OLD = (
        "scan_too_old",
        "the scan of {scanned} ({zone}) is too old to install from",
        "install.scan_max_age",
    )
    SCAN_AFTER_ATTEMPT = (
        "scan_after_attempt",
        "an installation ended {ended} ({zone}): only a new scan tells what is still missing",
        "-",
    )
    SCAN_AFTER_START = (
        "scan_after_start",
        "the device started {started} ({zone}), after its last scan",
        "-",
    )
    SCAN_FOR_CATCH_UP = (
        "scan_for_catch_up",
        "the window of {window} ({zone}) was missed; catching up begins with a scan today",
        "install.catch_up",
    )
    SCANS_FAIL = ("scans_fail", "{failures} scans in a row could not be trusted", "retry.attempts", True)

    # Why an update is installed now
    WINDOW_OPEN = ("window_open", "the window that opened {window} ({zone}) is open until {closes}", "install.windows")
    ANY_TIME = ("any_time", "the policy installs at any time", "install.any_time")
    CATCH_UP = (
        "catch_up",
        "the window of {window} ({zone}) was missed; it is made up for today, before midnight",
        "install.catch_up",
    )

    EMERGENCY = (
        "emergency",
        "{by} declared an emergency, until {until} ({zone}): {why}; it counts as an approval and lifts the windows",
        "-",
    )

    ROLLBACK = ("rollback", "{by} rolled {updates} back on {on} ({zone}): {why}", "-")

    # Why an update is not installed at all
    ROLLED_BACK = ("rolled_back", "{update} was rolled back by {by} on {on} ({zone}): {why}", "-")
    VENDOR_UNWANTED = (
        "vendor_unwanted",
        "{update}: the policy does not want updates of {product}",
        "vendors",
    )
    DECLINED = ("declined", "{update} is declined for everyone", "declined")
    DECLINED_HERE = ("declined_here", "{update} is declined by {by} since {on} ({zone}): {why}", "approval")
    EXCEPTED = ("excepted", "the device is excepted from patching {until}: {why} (authorised by {by})", "-")
    UPDATE_EXCEPTED = (
        "update_excepted",
        "the device is excepted from {update} {until}: {why} (authorised by {by})",
        "-",
    )
    BELOW_THRESHOLD = (
        "below_threshold",
        "{severity} ({source}) is not among the severities that are installed: {installed}",
        "severity.install",
    )
    UNRATED = (
        "unrated",
        "nobody rates its severity, and updates without a rating are not installed",
        "severity.install",
    )
    NEEDS_INPUT = ("needs_input", "{update} can ask for input and cannot be installed silently", "-", True)
    SUPERSEDED = ("superseded", "{by}, which is missing too, contains it", "-")
    PARKED = (
        "parked",
        (
            "{update} failed {failures} times (last {failed} ({zone}): {error}); it is not tried again until its "
            "ticket is closed or it is superseded"
        ),
        "retry.attempts",
        True,
    )
    NEEDS_PERSON = (
        "needs_person",
        (
            "{update} failed {failed} ({zone}) in a way that only a person can mend: {error}; it is not "
            "tried again until its ticket is closed or it is superseded"
        ),
        "-",
        True,
    )

    # Why an update waits for people
    NOT_APPROVED = (
        "not_approved",
        "{update} is not approved: nobody decided about it yet",
        "approval.required",
        True,
    )
    RING_NOT_APPROVED = (
        "ring_not_approved",
        "{update} is approved for other rings ({rings}); this device is in {ring}",
        "approval.required",
    )
    HELD = ("held", "{update} is held by {by} since {on} ({zone}): {why}", "approval")
    HELD_BEFORE = (
        "held_before",
        "{old}, which {update} replaces, is held by {by} since {on} ({zone}): {why}",
        "approval",
    )
    EMBARGO = ("embargo", "{update} is approved by {by} since {on}, not before {at} ({zone}): {why}", "approval")
    MATURING = (
        "maturing",
        "it waits {delay} from {since} on ({event}): until {at} ({zone})",
        "approval.delay",
    )

    BY_HAND = ("by_hand", "{device} is patched by hand, by {who}", "manual")

    # Why a person is called
    MANUAL_TASK = ("manual_task", "a task for {who}, until a result is recorded: {why}", "tasks", True)
    REMOVAL_FAILS = (
        "removal_fails",
        "{update}, which {by} rolled back on {on} ({zone}), is still installed: {why}",
        "retry.attempts",
        True,
    )
    EMERGENCY_WANTED = (
        "emergency_wanted",
        "{update} closes a vulnerability that is exploited ({urgency}); an emergency approval is asked for: {why}",
        "priority",
        True,
    )

    # Why an update waits
    RING_NOT_OPEN = ("ring_not_open", "{update} has not come to ring {ring} yet: {why}", "rings")
    RING_HALTED = (
        "ring_halted",
        "the rollout of {update} is halted, until a person lets it go on: {why}",
        "rings",
        True,
    )
    INSTALLING = ("installing", "a job of Nightshift is working on it", "-")
    REMOVAL_FIRST = ("removal_first", "an update is removed from the device first", "-")
    DEVICE_BUSY = ("device_busy", "another job of Nightshift is at work on the device", "-")
    SCAN_NOT_TRUSTED = (
        "scan_not_trusted",
        "the scan of {scanned} ({zone}) cannot be trusted: nothing is installed from it",
        "scan.retry",
        True,
    )
    SCAN_FIRST = ("scan_first", "a scan comes first: {why}", "install.scan_max_age")
    UNCONFIRMED = (
        "unconfirmed",
        "installed {installed} ({zone}); it counts when a scan no longer finds it missing",
        "-",
    )
    RESTART_TO_FINISH = (
        "restart_to_finish",
        "installed {installed} ({zone}); it takes effect at the next start of the device",
        "restart.after_install",
    )
    RESTART_FIRST = (
        "restart_first",
        "its last try {failed} ({zone}) asked for a restart, which is still pending",
        "restart.after_install",
    )
    RESTART_COMING = (
        "restart_coming",
        "the device is about to restart, {at} ({zone})",
        "restart.countdown",
    )
    NOT_APPLICABLE = (
        "not_applicable",
        (
            "at its last try {tried} ({zone}) the device said that it does not apply; it is not tried "
            "again before the next window"
        ),
        "-",
    )
    RETRY_DELAY = ("retry_delay", "its last try {tried} ({zone}) did not succeed; the next is due {at}", "retry.delay")
    WAIT_FOR_WINDOW = ("wait_for_window", "the next window opens {window} ({zone})", "install.windows")
    NO_WINDOW = ("no_window", "the policy has no window that opens again", "install.windows", True)
    CATCH_UP_SCAN = (
        "catch_up_scan",
        (
            "the window of {window} ({zone}) was missed; it is made up for {delay} after a scan on the day "
            "on which the device is seen"
        ),
        "install.catch_up",
    )
    CATCH_UP_DELAY = (
        "catch_up_delay",
        "the window of {window} ({zone}) was missed; it is made up for from {at} on",
        "install.catch_up_delay",
    )
    CATCH_UP_ANOTHER_DAY = (
        "catch_up_another_day",
        ("the window of {window} ({zone}) was missed; what cannot start before midnight waits for the next contact"),
        "install.catch_up_delay",
    )
    ON_BATTERY = ("on_battery", "the device runs on battery", "install.on_battery")
    LOW_SPACE = (
        "low_space",
        "{free} are free on the system drive, {needed} are needed",
        "install.min_free_bytes",
        True,
    )
    NO_TIME_LEFT = (
        "no_time_left",
        "it takes about {minutes} minutes{restart} and cannot be expected to end before {closes} ({zone})",
        "install.fit",
    )
    LONGER_THAN_WINDOWS = (
        "longer_than_windows",
        "it takes about {minutes} minutes{restart}, and no window is that long",
        "install.windows",
        True,
    )

    # Why a restart, or why not
    RESTART_AFTER_INSTALL = ("restart_after_install", "a restart is pending ({sources})", "restart.after_install")
    RESTART_FOR_CRITICAL = (
        "restart_for_critical",
        "{updates} (critical) takes effect only after a restart",
        "restart.after_install",
    )
    RESTART_FOR_EMERGENCY = (
        "restart_for_emergency",
        "{updates} takes effect only after a restart, and {by} declared an emergency, until {until} ({zone}): {why}",
        "-",
    )
    RESTART_KEPT_ON = (
        "restart_kept_on",
        ("the device is on since {started} ({zone}); one that is kept on restarts at least every {every}"),
        "restart.always_on",
    )
    RESTART_BY_PEOPLE = (
        "restart_by_people",
        "a restart is pending ({sources}); the policy leaves it to the people at the device",
        "restart.after_install",
    )
    RESTART_NOT_CRITICAL = (
        "restart_not_critical",
        "a restart is pending ({sources}), for nothing critical: no automatic restart",
        "restart.after_install",
    )
    RESTART_EXCEPTED = (
        "restart_excepted",
        "the device is excepted from restarts {until}: {why} (authorised by {by})",
        "-",
    )
    RESTART_WAITS = ("restart_waits", "a restart waits for the window that opens {window} ({zone})", "restart.windows")
    RESTART_NO_WINDOW = (
        "restart_no_window",
        "a restart waits, and the policy has no window for one that opens again",
        "restart.windows",
        True,
    )
    RESTART_TOO_LATE = (
        "restart_too_late",
        "too little is left before {closes} ({zone}) for a restart, which needs {needed} with its warning",
        "restart.countdown",
    )
    RESTART_DEFERRED = ("restart_deferred", "a restart waits while someone is logged on ({users})", "restart.users")
    RESTART_DEFERRED_UNTIL = (
        "restart_deferred_until",
        (
            "a restart waits while someone is logged on ({users}), until {deadline} ({zone}) at the latest; windows "
            "in which it was put off: {postponed}"
        ),
        "restart.deadline",
    )
    RESTART_DEADLINE = (
        "restart_deadline",
        (
            "a restart is pending ({sources}) and waits for nobody since {deadline} ({zone}); windows in which it "
            "was put off: {postponed}"
        ),
        "restart.deadline",
    )
    RESTART_IN_VAIN = (
        "restart_in_vain",
        "a restart is pending ({sources}) after {count} restarts that changed nothing: it is not restarted again",
        "restart.attempts",
        True,
    )
    RESTART_ASKED = ("restart_asked", "a restart was asked for {asked} ({zone}); the device has yet to do it", "-")
    RESTART_FOREIGN = ("restart_foreign", "somebody else scheduled a restart; it is left alone", "-")
    RESTART_SCHEDULED = ("restart_scheduled", "the restart that Nightshift scheduled follows {at} ({zone})", "-")
    CANCEL_NOT_NEEDED = ("cancel_not_needed", "the scheduled restart is no longer needed", "restart.after_install")
    CANCEL_NOT_ALLOWED = (
        "cancel_not_allowed",
        "the restart scheduled for {at} ({zone}) lies outside every window",
        "restart.windows",
    )
    CANCEL_EXCEPTED = (
        "cancel_excepted",
        "the device is excepted from restarts, the scheduled one included, {until}: {why} (authorised by {by})",
        "-",
    )
    CANCEL_USERS = ("cancel_users", "someone logged on before the scheduled restart ({users})", "restart.users")
    CANCEL_INSTALLING = ("cancel_installing", "an installation is running: the scheduled restart would cut it off", "-")

    # Why people are told
    REMIND = ("remind", "a restart is pending ({sources}) and people are logged on ({users})", "restart.remind")

    def __init__(self, code: str, template: str, policy_key: str, attention: bool = False) -> None:
        self.code = code  #: stable machine name
        self.template = template  #: the sentence, with its placeholders
        self.policy_key = policy_key  #: what to change in the policy for another answer; ``-``: nothing
        self.attention = attention  #: whether an operator should look at it: time alone does not mend it

    def words(self, detail: Mapping[str, str]) -> str:
        """Fill the template. Raises KeyError when a placeholder is missing: that is a defect, not bad input."""
        return self.template.format(**detail)
