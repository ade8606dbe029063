# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Policies, devices and moments that the planner's tests share.

The week is that of Monday 23 November 2026. ``at("mon 16:00")`` is an instant of it in London;
``at("mon 16:00", weeks=1)`` one a week later.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.calendar import (
    WEEKDAYS,
    Window,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import (
    Attempt,
    Device,
    DeviceState,
    ErrorClass,
    Observation,
    Outcome,
    Scan,
    ScanTrust,
    Severity,
    Update,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.plan import (
    Action,
    Decision,
    Plan,
    Verdict,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.policy import (
    AlwaysOnPolicy,
    InstallPolicy,
    Policy,
    RemindPolicy,
    RestartAfterInstall,
    RestartPolicy,
    RetryPolicy,
    ScanPolicy,
    SeverityPolicy,
    WithUsers,
)

LONDON = ZoneInfo("Europe/London")
ROME = ZoneInfo("Europe/Rome")
CHICAGO = ZoneInfo("America/Chicago")
MONDAY = datetime(2026, 11, 23)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
GIB = 2**30


def at(when: str, zone: ZoneInfo = LONDON, weeks: int = 0) -> datetime:
    """Return the instant of ``mon 16:00`` (or ``mon 16:00:30``) in the week of the tests, in UTC."""
    day, clock = when.split()
    date = MONDAY + timedelta(days=WEEKDAYS.index(day), weeks=weeks)
    return datetime.combine(date, time.fromisoformat(clock), tzinfo=zone).astimezone(UTC)


def window(days: str, start: str, end: str) -> Window:
    """Return a weekly window; ``days`` like ``mon wed fri`` or ``daily``."""
    names = WEEKDAYS if days == "daily" else days.split()
    numbers = frozenset(WEEKDAYS.index(name) for name in names)
    return Window(days=numbers, start=time.fromisoformat(start), end=time.fromisoformat(end))


def install_policy(**changes: Any) -> InstallPolicy:
    base = InstallPolicy(
        windows=(window("mon wed fri", "16:00", "20:00"),),
        any_time=False,
        catch_up=True,
        catch_up_delay=HOUR,
        default_minutes=30,
        fit=False,
        scan_max_age=DAY,
        min_free_bytes=2 * GIB,
        on_battery=False,
    )
    return replace(base, **changes)


def restart_policy(**changes: Any) -> RestartPolicy:
    base = RestartPolicy(
        after_install=RestartAfterInstall.NEVER,
        windows=(),
        users=WithUsers.DEFER,
        countdown=timedelta(minutes=15),
        message="The computer restarts.",
        always_on=AlwaysOnPolicy(every=timedelta(days=7), windows=(window("daily", "03:00", "05:00"),)),
        remind=RemindPolicy(windows=(window("mon tue wed thu fri", "16:30", "18:00"),), message="Please shut down."),
    )
    return replace(base, **changes)


def helpdesk(**changes: Any) -> Policy:
    """Return the help desk's policy for desktops: rules 1 to 6."""
    base = Policy(
        zone=LONDON,
        managed=True,
        severity=SeverityPolicy(
            install=frozenset({Severity.MODERATE, Severity.IMPORTANT, Severity.CRITICAL}),
            infer={
                "Security Updates": Severity.IMPORTANT,
                "Critical Updates": Severity.IMPORTANT,
                "Update Rollups": Severity.IMPORTANT,
            },
        ),
        scan=ScanPolicy(every=DAY, retry=HOUR),
        install=install_policy(),
        retry=RetryPolicy(attempts=2, delay=HOUR, interruptions=3),
        restart=restart_policy(),
    )
    return replace(base, **changes)


def helpdesk_laptops(**changes: Any) -> Policy:
    """Return the help desk's policy for laptops."""
    return helpdesk(**({"install": install_policy(windows=(window("tue thu sat", "16:00", "20:00"),))} | changes))


def campus(**changes: Any) -> Policy:
    """Return the institute's policy: install at any time, restart for critical updates in the night windows."""
    nights = (window("mon tue wed thu fri sat", "23:00", "07:00"), window("sun", "19:00", "07:00"))
    base = helpdesk(
        zone=ROME,
        install=install_policy(windows=(), any_time=True),
        restart=restart_policy(after_install=RestartAfterInstall.CRITICAL, windows=nights, always_on=None, remind=None),
    )
    return replace(base, **changes)


def msp(days: str = "sun", **changes: Any) -> Policy:
    """Return the provider's policy: install and restart inside the window, nothing that cannot end in it."""
    nights = (window(days, "01:00", "05:00"),)
    base = helpdesk(
        zone=CHICAGO,
        install=install_policy(windows=nights, catch_up=False, fit=True),
        restart=restart_policy(
            after_install=RestartAfterInstall.ALWAYS,
            windows=nights,
            users=WithUsers.PROCEED,
            always_on=None,
            remind=None,
        ),
    )
    return replace(base, **changes)


def update(name: str = "u1", severity: Severity | None = Severity.IMPORTANT, **fields: Any) -> Update:
    """Return an update whose id and KB tell its name."""
    return Update(id=name, title=f"Update {name}", kbs=(f"KB{name}",), severity=severity, **fields)


def updates(count: int) -> tuple[Update, ...]:
    return tuple(update(f"u{number}") for number in range(1, count + 1))


def attempt(name: str, when: datetime, outcome: Outcome = Outcome.FAILED, **fields: Any) -> Attempt:
    return Attempt(update_id=name, job_id="j1", at=when, outcome=outcome, **fields)


def failure(name: str, when: datetime, error: ErrorClass = ErrorClass.TRANSIENT) -> Attempt:
    return attempt(name, when, hresult=0x80240438, error_class=error)


def seen(when: datetime, **fields: Any) -> Observation:
    """Return what a healthy desktop said: on since last Friday, on mains, 100 GiB free, nobody there."""
    base = Observation(at=when, boot_time=at("fri 08:00", weeks=-1), on_battery=False, free_bytes=100 * GIB)
    return replace(base, **fields)


def scan(when: datetime, trust: ScanTrust = ScanTrust.TRUSTED) -> Scan:
    return Scan(id=f"scan-{when:%d%H%M}", finished_at=when, trust=trust)


def state(scanned: datetime | None, missing: tuple[Update, ...] = (), **fields: Any) -> DeviceState:
    """Return the state of a device that is known for long and was served last Saturday."""
    base = DeviceState(
        known_since=at("mon 08:00", weeks=-8),
        served_until=at("sat 16:00", weeks=-1),
        scan=scan(scanned) if scanned else None,
        missing=missing,
        observation=seen(scanned) if scanned else None,
    )
    return replace(base, **fields)


DESKTOP = Device(name="pc-001", device_class="desktop")
LAPTOP = Device(name="nb-017", device_class="laptop")


def actions(result: Plan) -> list[Action]:
    """Return what the plan does, in order, leaving out the statements that do nothing."""
    return [one.action for one in result.decisions if one.action is not Action.NOTHING]


def decision(result: Plan, action: Action) -> Decision:
    """Return the only decision with ``action``."""
    (found,) = [one for one in result.decisions if one.action is action]
    return found


def verdict(result: Plan, name: str = "u1") -> Verdict:
    """Return the verdict on one update."""
    (found,) = [one for one in result.verdicts if one.update.id == name]
    return found
