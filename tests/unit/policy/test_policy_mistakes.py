# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every kind of mistake in a policy gives one clear line: place, key, value, what to write instead.

The policies are written as YAML and read by PyYAML as Ansible reads them, because YAML itself sets some of the traps.
"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import yaml
from ansible_collections.nightshift.fleet.plugins.plugin_utils.policy.load import Layer, PolicyError, load_policy

WEEKDAYS = "use mon, tue, wed, thu, fri, sat or sun"
RULE = 'rrule: "FREQ=WEEKLY;BYDAY=SU;BYHOUR=1"'

MISTAKES = {
    # --- names
    "an unknown key": (
        "instal: {any_time: true}",
        "instal: is not a key of the policy; did you mean 'install'? "
        "use zone, managed, severity, scan, install, retry, restart, declined, approval, priority, "
        "rings, manual, tasks or vendors",
    ),
    "an unknown key inside a section": (
        "scan: {evry: 1d}",
        "scan.evry: is not a key of the policy; did you mean 'every'? use every or retry",
    ),
    "a key of another section": (
        "install: {attempts: 3}",
        "install.attempts: is not a key of the policy; did you mean retry.attempts? "
        "use windows, any_time, catch_up, catch_up_delay, default_minutes, fit, scan_max_age, min_free, on_battery, "
        "restart_minutes or order",
    ),
    "an unknown key in a window": (
        "install: {windows: [{day: [mon], start: '16:00', end: '20:00', days: [mon]}]}",
        "install.windows[0].day: is not a key of a window; did you mean 'days'? "
        "use days, start and end, or rrule and duration",
    ),
    # --- priorities and rings
    "a matrix that leaves systems out": (
        "priority: {due: {1: 2d}, matrix: [{criticality: any, impact: low, critical: 1, important: 1, moderate: 1, "
        "low: 1, other: 1}]}",
        "priority.matrix: has no row for criticality any other with impact any other; add one, or a last row with "
        "criticality: any and impact: any",
    ),
    "a row that is never reached": (
        "priority: {due: {1: 2d}, matrix: [&r {criticality: any, impact: any, critical: 1, important: 1, moderate: 1, "
        "low: 1, other: 1}, *r]}",
        "priority.matrix[1]: is never reached: row 0 covers it; remove it, or put it higher",
    ),
    "a priority without its time": (
        "priority: {due: {1: 2d}, matrix: [{criticality: any, impact: any, critical: 1, important: 2, moderate: 1, "
        "low: 1, other: 1}]}",
        "priority.due: has no time for priority 2; add 2: 30d, or as you need",
    ),
    "more time for what is more urgent": (
        "priority: {due: {1: 2d, 2: 1d}, matrix: [{criticality: any, impact: any, critical: 1, important: 2, "
        "moderate: 1, low: 1, other: 1}]}",
        "priority.due: gives priority 2 less time (1d) than priority 1; use 2d or more for it",
    ),
    "priorities without a matrix": (
        "priority: {grace: 2d}",
        "priority: has no matrix; add priority.matrix, or switch it off with null",
    ),
    "a row without a rating": (
        "priority: {matrix: [{criticality: any, impact: any, critical: 1, important: 2, moderate: 1, low: 1}]}",
        "priority.matrix[0].other: is missing; a row of the matrix needs criticality, impact, critical, important, "
        "moderate, low and other",
    ),
    "an exposure of another name": (
        "priority: {exploited: {dmz: 1}}",
        "priority.exploited: 'dmz' is not one of internal, internet; use internal or internet",
    ),
    "one ring": (
        "rings: [{name: canary}]",
        "rings: is one ring alone, so nothing is phased; add the ring that follows, or use []",
    ),
    "two rings of one name": (
        "rings: [{name: a}, {name: a}]",
        "rings[1].name: 'a' stands twice; give each ring its own name",
    ),
    "a misspelt key of a ring": (
        "rings: [{name: a, sok: 2d}, {name: b}]",
        "rings[0].sok: is not a key of a ring; did you mean 'soak'? use name, soak, success, coverage, count, "
        "per_model or failures",
    ),
    "more than all": (
        "rings: [{name: a, coverage: 101}, {name: b}]",
        "rings[0].coverage: 101 is not a whole number from 0 to 100; use 0 or more",
    ),
    # --- types
    "a section that is no mapping": (
        "install: always",
        "install: 'always' is not a mapping; write keys below it: windows, any_time, catch_up, catch_up_delay, "
        "default_minutes, fit, scan_max_age, min_free, on_battery, restart_minutes, order",
    ),
    "text for a truth": (
        "managed: 'yes'",
        "managed: 'yes' is neither true nor false; use true or false, without quotes",
    ),
    "one window instead of a list": (
        "install: {windows: {days: [mon], start: '16:00', end: '20:00'}}",
        "install.windows: {'days': ['mon'], 'start': '16:00', 'end': '20:00'} is not a list of windows; "
        "write a list, each item with days, start and end",
    ),
    "a word instead of a list": (
        "severity: {install: critical}",
        "severity.install: 'critical' is not a list; write a list, like [a, b], also for one item",
    ),
    "a duration without a unit": (
        "scan: {every: 24}",
        "scan.every: 24 is a duration without a unit; use a number with a unit, like 90s, 15m, 1h or 7d",
    ),
    "a duration that is none": (
        "scan: {every: daily}",
        "scan.every: 'daily' is not a duration; use a number with a unit, like 90s, 15m, 1h or 7d",
    ),
    "a size without a unit": (
        "install: {min_free: 5}",
        "install.min_free: 5 is not a size; use a number with a unit, like 500MB, 5GB or 5GiB",
    ),
    # --- values
    "a weekday that is none": (
        "install: {windows: [{days: [mon], start: '16:00', end: '20:00'}, {days: [Tues], start: '1:00', end: '2:00'}]}",
        f"install.windows[1].days: 'Tues' is not a weekday; {WEEKDAYS}",
    ),
    "no days": (
        "install: {windows: [{days: [], start: '16:00', end: '20:00'}]}",
        f"install.windows[0].days: [] names no day, so the window never opens; {WEEKDAYS}",
    ),
    "an unquoted time, which YAML reads in base 60": (
        "install: {windows: [{days: [mon], start: 16:00, end: '20:00'}]}",
        "install.windows[0].start: 960 is a number: YAML reads an unquoted 16:00 as 960 (base 60); "
        'put the time in quotes: "16:00"',
    ),
    "a time that is none": (
        "install: {windows: [{days: [mon], start: '16:00', end: '25:00'}]}",
        'install.windows[0].end: \'25:00\' is not a time of day; use a time in quotes, from "00:00" to "23:59"',
    ),
    "an unquoted off, which YAML reads as false": (
        "restart: {after_install: off}",
        "restart.after_install: false is what YAML reads for an unquoted on, off, yes or no; "
        "use never, critical or always",
    ),
    "a severity that does not exist": (
        "severity: {install: [critical, severe]}",
        "severity.install[1]: 'severe' is not one of critical, important, moderate, low, other; "
        "use critical, important, moderate, low or other",
    ),
    "a misspelt rating": (
        "severity: {overrides: {KB5068861: importent}}",
        "severity.overrides['KB5068861']: 'importent' is not one of critical, important, moderate, low, other; "
        "did you mean 'important'? use critical, important, moderate, low or other",
    ),
    "a KB without its letters": (
        "declined: [5068861]",
        "declined[0]: 5068861 is not the name of an update; write KB5068861",
    ),
    "a KB that is none": (
        "declined: [KB50x]",
        "declined[0]: 'KB50x' is not the name of an update; use a KB number like KB5068861, or an update id",
    ),
    "a zone that does not exist": (
        "zone: Europe/Londn",
        "zone: 'Europe/Londn' is not a time zone; did you mean Europe/London?",
    ),
    "a city for a zone": ("zone: Chicago", "zone: 'Chicago' is not a time zone; did you mean America/Chicago?"),
    "no attempt at all": (
        "retry: {attempts: 0}",
        "retry.attempts: 0 is not a whole number from 1 to 10; use 1 or more",
    ),
    "negative minutes": (
        "install: {default_minutes: -5}",
        "install.default_minutes: -5 is not a whole number from 1 to 1440; use 1 or more",
    ),
    "a delay that never fits into the same day": (
        "install: {catch_up_delay: 2d}",
        "install.catch_up_delay: '2d' is too long; use 23h59m or less",
    ),
    "an empty message": (
        "restart: {message: ''}",
        "restart.message: '' is not a text; write a sentence in quotes",
    ),
    # --- windows
    "a window without an end": (
        "install: {windows: [{days: [mon], start: '16:00'}]}",
        "install.windows[0].end: is missing; a window by days needs days, start and end",
    ),
    "a rule without a duration": (
        f"install: {{windows: [{{{RULE}}}]}}",
        "install.windows[0].duration: is missing; a window by rrule needs rrule and duration",
    ),
    "both forms of a window": (
        f"install: {{windows: [{{{RULE}, duration: 4h, days: [mon]}}]}}",
        "install.windows[0]: has rrule and days; use one form: rrule and duration, or days, start and end",
    ),
    "days with a duration": (
        "install: {windows: [{days: [mon], start: '16:00', end: '20:00', duration: 4h}]}",
        "install.windows[0].duration: does not belong to a window by days; say when it closes with end",
    ),
    "a window of no length": (
        f"install: {{windows: [{{{RULE}, duration: 0s}}]}}",
        "install.windows[0].duration: '0s' is too short; use 1m or more",
    ),
    "a rule that is none": (
        "install: {windows: [{rrule: every sunday, duration: 4h}]}",
        "install.windows[0].rrule: 'every sunday' cannot be used: 'every sunday' holds 2 rules; "
        "use exactly one, like FREQ=WEEKLY;BYDAY=SU;BYHOUR=1",
    ),
    "a rule that never opens": (
        "install: {windows: [{rrule: 'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;BYHOUR=1', duration: 4h}]}",
        "install.windows[0].rrule: 'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;BYHOUR=1' never opens: no date matches it; "
        "check BYMONTH, BYMONTHDAY, BYDAY, UNTIL and DTSTART",
    ),
    "a rule that is over": (
        "zone: Europe/Rome\ninstall: {windows: [{rrule: 'FREQ=DAILY;BYHOUR=1;UNTIL=20251231', duration: 4h}]}",
        "install.windows[0].rrule: 'FREQ=DAILY;BYHOUR=1;UNTIL=20251231' never opens again: its last opening is over; "
        "change UNTIL or COUNT, or add a window",
    ),
    "a rule in another zone": (
        "zone: Europe/Rome\n"
        "install: {windows: [{rrule: 'DTSTART;TZID=America/Chicago:20261201T220000 RRULE:FREQ=DAILY', duration: 4h}]}",
        "install.windows[0].rrule: 'DTSTART;TZID=America/Chicago:20261201T220000 RRULE:FREQ=... cannot be used: "
        "DTSTART is in America/Chicago and the policy in Europe/Rome; write it in local time without TZID",
    ),
    "a rule that opens again before it has closed": (
        "install: {windows: [{rrule: 'FREQ=DAILY;BYHOUR=1', duration: 36h}]}",
        "install.windows[0].duration: '36h' is longer than the time between two openings; "
        "the rule opens again after 1d: use 1d or less",
    ),
    # --- contradictions
    "windows without a zone": (
        "install: {windows: [{days: daily, start: '16:00', end: '20:00'}]}",
        "zone: is not set, and install.windows needs it; add the zone of the windows, like Europe/London",
    ),
    "windows and any time": (
        "zone: UTC\ninstall: {any_time: true, windows: [{days: daily, start: '16:00', end: '20:00'}]}",
        "install.any_time: true contradicts install.windows, which is not empty; give windows, or any_time: true",
    ),
    "catching up with nothing": (
        "install: {catch_up: true}",
        "install.catch_up: true has nothing to catch up with: there is no window in install.windows; "
        "add a window, or use catch_up: false",
    ),
    "updates longer than every window": (
        "zone: UTC\ninstall: {default_minutes: 90, windows: [{days: daily, start: '16:00', end: '17:00'}]}",
        "install.default_minutes: 90 is more than the longest window (1h), so nothing would ever start; "
        "make the window longer, default_minutes smaller, or use fit: false",
    ),
    "an update and its restart that are longer than every window": (
        "zone: UTC\ninstall: {default_minutes: 30, restart_minutes: 20, "
        "windows: &night [{days: daily, start: '01:00', end: '02:00'}]}\n"
        "restart: {after_install: always, windows: *night}",
        "install.default_minutes: 30 is with a restart more than the longest window (1h), so nothing would ever start; "
        "make the window longer, default_minutes smaller, or use fit: false",
    ),
    "a deadline for restarts that are never made": (
        "restart: {deadline: 7d}",
        "restart.deadline: 7d bounds a restart that restart.after_install never makes; "
        "use never, or let after_install restart",
    ),
    "what follows a deadline that is not there": (
        "restart: {outside_windows_after_deadline: true}",
        "restart.outside_windows_after_deadline: true has no deadline to follow; add restart.deadline, or use false",
    ),
    "a deadline in words": (
        "restart: {deadline: soon}",
        "restart.deadline: 'soon' is not a duration; use never, or a number with a unit, like 90s, 15m, 1h or 7d",
    ),
    "a message with a placeholder that nothing fills": (
        "restart: {deadline_message: 'Until {date}'}",
        "restart.deadline_message: 'Until {date}' has a placeholder that nothing fills, or a brace without its "
        "partner; use {deadline} or {postponed}, and {{ for a brace",
    ),
    "restarts without a window": (
        "restart: {after_install: critical}",
        "restart.after_install: 'critical' would never restart: there is no window in restart.windows; "
        "add a window, or use never",
    ),
    "a weekly restart without a window": (
        "restart: {always_on: {every: 7d}}",
        "restart.always_on: has no windows, so it would never act; "
        "add restart.always_on.windows, or switch it off with null",
    ),
    "a reminder without a window": (
        "restart: {remind: {message: Please shut down.}}",
        "restart.remind: has no windows, so it would never act; add restart.remind.windows, or switch it off with null",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_gives_one_line_that_names_place_value_and_remedy(mistake: str) -> None:
    text, expected = MISTAKES[mistake]
    with pytest.raises(PolicyError) as caught:
        load_policy([Layer("group_vars/all.yml", yaml.safe_load(text))], now=datetime(2026, 11, 21, tzinfo=UTC))
    assert str(caught.value) == f"group_vars/all.yml: nightshift_policy.{expected}"


def test_a_policy_that_is_no_mapping_says_so() -> None:
    with pytest.raises(PolicyError) as caught:
        load_policy([Layer("group laptops", "helpdesk")])
    assert str(caught.value) == (
        "group laptops: nightshift_policy: 'helpdesk' is not a mapping; "
        "write keys below it: zone, managed, severity, scan, install, retry, restart, declined, approval, priority, "
        "rings, manual, tasks, vendors"
    )


def test_every_mistake_of_every_layer_is_reported_each_once_and_with_its_own_place() -> None:
    layers = [
        Layer("group_vars/all.yml", {"zone": "Mars/Base", "scan": {"every": 1}}),
        Layer("group_vars/laptops.yml", {"zone": "Europe/London", "declined": ["x", "y"], "install": {"fit": "no"}}),
    ]
    with pytest.raises(PolicyError) as caught:
        load_policy(layers)
    assert [(p.origin, p.key) for p in caught.value.problems] == [
        ("group_vars/all.yml", "zone"),
        ("group_vars/all.yml", "scan.every"),
        ("group_vars/laptops.yml", "declined[0]"),
        ("group_vars/laptops.yml", "declined[1]"),
        ("group_vars/laptops.yml", "install.fit"),
    ]


def test_several_mistakes_in_one_window_are_all_reported() -> None:
    with pytest.raises(PolicyError) as caught:
        load_policy([Layer("x.yml", {"install": {"windows": [{"days": ["mo", "di"], "start": 960, "stop": "20:00"}]}})])
    assert [p.key for p in caught.value.problems] == [
        "install.windows[0].stop",
        "install.windows[0].end",
        "install.windows[0].days",
        "install.windows[0].days",
        "install.windows[0].start",
    ]


def test_a_mistake_does_not_cause_complaints_about_what_follows_from_it() -> None:
    windows = [{"days": ["mon"], "start": 960, "end": "20:00"}]
    with pytest.raises(PolicyError) as caught:
        load_policy([Layer("x.yml", {"install": {"windows": windows, "catch_up": True}})])
    assert len(caught.value.problems) == 1


def test_a_window_that_is_over_is_no_mistake_beside_one_that_still_opens() -> None:
    over = {"rrule": "FREQ=DAILY;BYHOUR=1;UNTIL=20251231", "duration": "4h"}
    weekly = {"days": ["sun"], "start": "01:00", "end": "05:00"}
    layer = Layer("x.yml", {"zone": "Europe/Rome", "install": {"windows": [over, weekly]}})
    assert len(load_policy([layer], now=datetime(2026, 11, 21, tzinfo=UTC)).policy.install.windows) == 2
