# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What AWX is told of a window fires when the window opens, also in the nights in which clocks are set."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.awx.rules import RuleError, daily, every, rule_of
from ansible_collections.nightshift.fleet.plugins.plugin_utils.awx.schedules import Wishes, schedules_of
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.calendar import Window, occurrences
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.policy import Policy
from ansible_collections.nightshift.fleet.plugins.plugin_utils.register.read import read_register
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from lab.awx import rrules
from tests.preset_inventories import INVENTORIES, PRESETS, placed

ROME, LONDON, CHICAGO = ZoneInfo("Europe/Rome"), ZoneInfo("Europe/London"), ZoneInfo("America/Chicago")
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
TWO_YEARS = (datetime(2026, 11, 1, tzinfo=UTC), datetime(2028, 11, 30, tzinfo=UTC))
DAILY = frozenset(range(7))
ZONES = ("Europe/Rome", "Europe/London", "America/Chicago", "Australia/Lord_Howe", "Asia/Kolkata", "UTC")


def opens(windows: Iterable[Window], zone: ZoneInfo) -> list[datetime]:
    start, end = TWO_YEARS
    return sorted({o.opens for window in windows for o in occurrences((window,), start, end, zone) if o.opens >= start})


def windows_of(policy: Policy) -> set[Window]:
    restart = policy.restart
    regular = restart.always_on.windows if restart.always_on else ()
    remind = restart.remind.windows if restart.remind else ()
    return {*policy.install.windows, *restart.windows, *regular, *remind}


@pytest.mark.parametrize("preset", PRESETS)
def test_for_two_years_the_schedules_of_a_preset_fire_exactly_when_windows_open(preset: str, tmp_path: Path) -> None:
    rows = read_register(INVENTORIES / preset / "register.csv")
    found = placed(rows, preset, tmp_path / "site", NOW)
    inside = {
        name: found.policies[member.policy].policy
        for name, member in found.members.items()
        if member.device.managed and found.policies[member.policy].policy.managed
    }
    groups = {"all": list(found.members)}
    schedules = schedules_of(inside, groups, Wishes(minutes=0), outside=set(found.members) - set(inside))
    assert schedules
    seen: set[timedelta | None] = set()
    for host, policy in inside.items():
        fired = set()
        for schedule in schedules:
            assert rrules.faults(schedule.rrule) == []
            if schedule.limit == "all" or host in schedule.limit.split(","):
                fired |= set(rrules.fires(schedule.rrule, *TWO_YEARS))
        assert sorted(fired) == opens(windows_of(policy), policy.zone)
        seen |= {moment.astimezone(policy.zone).utcoffset() for moment in fired}
    assert len(seen) == 2, "summer and winter are in it"


@pytest.mark.parametrize(
    ("window", "zone", "text"),
    [
        (
            Window(frozenset({0, 2, 4}), time(16), time(20)),
            LONDON,
            "DTSTART;TZID=Europe/London:20260102T160000 RRULE:FREQ=WEEKLY;INTERVAL=1;BYDAY=MO,WE,FR",
        ),
        (
            Window(DAILY, time(1), time(5)),
            CHICAGO,
            "DTSTART;TZID=America/Chicago:20260101T010000 RRULE:FREQ=DAILY;INTERVAL=1",
        ),
        (
            Window(rrule="FREQ=MONTHLY;BYDAY=2TU;BYHOUR=22", duration=timedelta(hours=6)),
            ROME,
            "DTSTART;TZID=Europe/Rome:20000101T000000 "
            "RRULE:FREQ=MONTHLY;INTERVAL=1;BYDAY=TU;BYHOUR=22;BYMINUTE=0;BYSECOND=0;BYSETPOS=2",
        ),
        (
            Window(rrule="DTSTART:20261206T010000 RRULE:FREQ=WEEKLY;INTERVAL=2", duration=timedelta(hours=4)),
            ROME,
            "DTSTART;TZID=Europe/Rome:20261206T010000 RRULE:FREQ=WEEKLY;INTERVAL=2",
        ),
    ],
)
def test_a_window_becomes_a_rule_that_people_can_read(window: Window, zone: ZoneInfo, text: str) -> None:
    assert rule_of(window, zone) == text


def test_a_window_that_opens_in_the_hour_that_is_skipped_is_fired_at_its_end() -> None:
    text = rule_of(Window(DAILY, time(2, 30), time(5)), CHICAGO)
    fired = rrules.fires(text, *TWO_YEARS)
    assert datetime(2027, 3, 14, 8, 0, tzinfo=UTC) in fired, "03:00 daylight time, when 02:30 does not exist"
    assert fired == opens([Window(DAILY, time(2, 30), time(5))], CHICAGO)
    without = rrules.fires(text.rpartition(" ")[0], *TWO_YEARS)
    assert len(fired) - len(without) == 2, "once in each of the two springs"


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=MONTHLY;BYDAY=1MO,3MO,-1FR;BYHOUR=4,22",
        "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=11,12,13,14,15,16,17;BYHOUR=22",
        "FREQ=YEARLY;BYMONTH=3,8;BYDAY=-1SU;BYHOUR=2;BYMINUTE=30",
        "FREQ=YEARLY;BYDAY=20MO;BYHOUR=1",
        "FREQ=MONTHLY;BYMONTHDAY=-1;BYHOUR=23;BYMINUTE=30",
        "FREQ=WEEKLY;BYDAY=SU;BYHOUR=1;UNTIL=20280401",
        "DTSTART:20261122T020000 RRULE:FREQ=DAILY;COUNT=100",
    ],
)
def test_rules_of_a_policy_are_told_in_words_that_awx_takes(rule: str) -> None:
    window = Window(rrule=rule, duration=timedelta(hours=1))
    text = rule_of(window, ROME)
    assert rrules.faults(text) == []
    assert rrules.fires(text, *TWO_YEARS) == opens([window], ROME)


@pytest.mark.parametrize(
    ("window", "words"),
    [
        (Window(rrule="DTSTART:20261122T020000 RRULE:FREQ=DAILY;COUNT=1000", duration=timedelta(hours=1)), "999"),
        (Window(rrule="FREQ=MONTHLY;BYDAY=1MO,TU;BYHOUR=1", duration=timedelta(hours=1)), "no numbered days"),
        (Window(DAILY, time(2, 10), time(2, 50)), None),
        (Window(rrule="FREQ=MONTHLY;BYMONTHDAY=28;BYHOUR=2;BYMINUTE=30", duration=timedelta(hours=1)), "2027-03-28"),
    ],
)
def test_a_window_that_awx_cannot_be_told_exactly_is_refused_with_a_remedy(window: Window, words: str | None) -> None:
    if words is None:  # in the hour that is skipped it does not occur, and AWX does not fire either
        assert rrules.fires(rule_of(window, ROME), *TWO_YEARS) == opens([window], ROME)
        return
    with pytest.raises(RuleError, match=words):
        rule_of(window, ROME)


@settings(max_examples=15, deadline=None)
@given(
    days=st.frozensets(st.integers(0, 6), min_size=1),
    start=st.builds(time, st.integers(0, 23), st.sampled_from((0, 1, 15, 30, 59))),
    end=st.builds(time, st.integers(0, 23), st.sampled_from((0, 30))),
    zone=st.sampled_from(ZONES).map(ZoneInfo),
)
def test_any_window_by_days_is_fired_when_it_opens_and_at_no_other_instant(
    days: frozenset[int], start: time, end: time, zone: ZoneInfo
) -> None:
    window = Window(days, start, end)
    try:
        text = rule_of(window, zone)
    except RuleError:
        assume(False)
        return
    assert rrules.faults(text) == []
    assert rrules.fires(text, *TWO_YEARS) == opens([window], zone)


def test_round_the_clock_and_once_a_day() -> None:
    start = datetime(2026, 11, 23, tzinfo=UTC)
    assert len(rrules.fires(every(15), start, start + timedelta(hours=1))) == 4
    assert rrules.faults(every(15)) == []
    assert [f"{m:%H:%M}" for m in rrules.fires(daily(time(5), ROME), start, start + timedelta(days=1))] == ["04:00"]
    with pytest.raises(RuleError, match="do not divide a day"):
        every(7)
