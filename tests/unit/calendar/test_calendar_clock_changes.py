# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Windows on the two nights of the year on which clocks lie."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.calendar import (
    Window,
    instant,
    next_opening,
    occurrences,
    open_until,
    open_window,
)

DAILY = frozenset(range(7))
ROME, LONDON = ZoneInfo("Europe/Rome"), ZoneInfo("Europe/London")


def on_day(window: Window, day: str, zone: ZoneInfo) -> list[tuple[str, str]]:
    """Opening and closing (UTC) of what opens on the local day."""
    start = datetime.fromisoformat(day)
    found = occurrences((window,), instant(start, zone), instant(start + timedelta(days=1), zone), zone)
    return [(f"{o.opens:%d %H:%M}", f"{o.closes:%d %H:%M}") for o in found if o.opens >= instant(start, zone)]


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (time(2, 30), time(5), [("29 01:00", "29 03:00")]),  # opens in the gap: first instant after it
        (time(1), time(2, 30), [("29 00:00", "29 01:00")]),  # closes in the gap: likewise
        (time(2), time(3), []),  # the gap itself: does not occur
        (time(2, 10), time(2, 50), []),  # inside the gap: does not occur
        (time(3), time(4), [("29 01:00", "29 02:00")]),  # opens as the gap ends
        (time(2), time(2), [("29 01:00", "30 00:00")]),  # a whole day, one hour short
    ],
)
def test_rome_spring_change_skips_02_00_to_03_00(start: time, end: time, expected: list[tuple[str, str]]) -> None:
    assert on_day(Window(DAILY, start, end), "2026-03-29", ROME) == expected


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (time(2, 30), time(5), [("25 00:30", "25 04:00")]),  # opens at the first 02:30
        (time(1), time(2, 30), [("24 23:00", "25 00:30")]),  # closes at the first 02:30
        (time(2), time(3), [("25 00:00", "25 02:00")]),  # its end lies after the repeated hour: open through both
        (time(2, 10), time(2, 50), [("25 00:10", "25 00:50")]),  # inside the repeated hour: once, not twice
        (time(3), time(4), [("25 02:00", "25 03:00")]),
        (time(2, 30), time(2, 30), [("25 00:30", "26 01:30")]),  # a whole day, one hour long
    ],
)
def test_rome_autumn_change_repeats_02_00_to_03_00(start: time, end: time, expected: list[tuple[str, str]]) -> None:
    assert on_day(Window(DAILY, start, end), "2026-10-25", ROME) == expected


def test_a_window_inside_the_gap_is_skipped_by_next_opening() -> None:
    window = Window(DAILY, time(2, 10), time(2, 50))
    found = next_opening((window,), datetime(2026, 3, 29, 0, 0, tzinfo=UTC), ROME)
    assert found is not None
    assert found.opens == datetime(2026, 3, 30, 0, 10, tzinfo=UTC)


def test_windows_that_meet_inside_the_repeated_hour_neither_overlap_nor_leave_a_break() -> None:
    first, second = Window(DAILY, time(0), time(1, 30)), Window(DAILY, time(1, 30), time(3))
    night = list(occurrences((first, second), instant(datetime(2026, 10, 25), LONDON),
                             instant(datetime(2026, 10, 25, 12), LONDON), LONDON))  # fmt: skip
    assert [o.window for o in night] == [first, second]
    assert night[0].closes == night[1].opens


def test_lord_howe_moves_its_clock_by_thirty_minutes() -> None:
    zone = ZoneInfo("Australia/Lord_Howe")
    window = Window(DAILY, time(1), time(5))
    spring = on_day(window, "2026-10-04", zone)  # 02:00 becomes 02:30
    autumn = on_day(window, "2026-04-05", zone)  # 02:00 becomes 01:30
    assert spring == [("03 14:30", "03 18:00")]
    assert autumn == [("04 14:00", "04 18:30")]


def test_sao_paulo_skipped_midnight_opens_the_day_at_01_00() -> None:
    zone = ZoneInfo("America/Sao_Paulo")
    assert on_day(Window(DAILY, time(0), time(4)), "2018-11-04", zone) == [("04 03:00", "04 06:00")]


def test_apia_skipped_a_whole_friday_and_its_window_did_not_occur() -> None:
    zone = ZoneInfo("Pacific/Apia")
    friday = Window(frozenset({4}), time(1), time(5))
    found = next_opening((friday,), instant(datetime(2011, 12, 29), zone), zone)
    assert found is not None
    assert found.opens.astimezone(zone).date().isoformat() == "2012-01-06"


def test_apia_overnight_window_into_the_skipped_friday_closes_as_saturday_begins() -> None:
    zone = ZoneInfo("Pacific/Apia")
    found = next_opening((Window(frozenset({3}), time(22), time(5)),), instant(datetime(2011, 12, 29), zone), zone)
    assert found is not None
    assert found.closes == instant(datetime(2011, 12, 31), zone) == datetime(2011, 12, 30, 10, tzinfo=UTC)


def test_a_rule_lasts_its_duration_in_elapsed_time_on_the_night_of_the_spring_change() -> None:
    """RFC 5545, 3.3.6: hours are exact. The form by days ends at its wall time instead."""
    rule = Window(rrule="FREQ=DAILY;BYHOUR=1", duration=timedelta(hours=4))
    assert on_day(rule, "2026-03-29", ROME) == [("29 00:00", "29 04:00")]
    assert on_day(Window(DAILY, time(1), time(5)), "2026-03-29", ROME) == [("29 00:00", "29 03:00")]


def test_a_rule_in_the_gap_opens_at_the_first_instant_after_it_and_only_once() -> None:
    rule = Window(rrule="FREQ=DAILY;BYHOUR=2,3;BYMINUTE=0,30", duration=timedelta(minutes=10))
    opens = [start for start, _ in on_day(rule, "2026-03-29", ROME)]
    assert opens == ["29 01:00", "29 01:30"]


def test_a_rule_in_the_repeated_hour_opens_at_the_first_of_the_two() -> None:
    rule = Window(rrule="FREQ=DAILY;BYHOUR=2;BYMINUTE=30", duration=timedelta(hours=1))
    assert on_day(rule, "2026-10-25", ROME) == [("25 00:30", "25 01:30")]


def test_windows_that_touch_chain_into_one_time_to_work() -> None:
    windows = (Window(frozenset({5}), time(16), time(0)), Window(frozenset({6}), time(0), time(12)))
    saturday = datetime(2026, 11, 21, 17, tzinfo=UTC)
    found = open_window(windows, saturday, LONDON)
    assert found is not None
    assert found.closes == datetime(2026, 11, 22, tzinfo=UTC)
    assert open_until(windows, saturday, LONDON) == datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_windows_without_a_break_are_open_until_the_limit() -> None:
    always = (Window(DAILY, time(0), time(0)),)
    now = datetime(2026, 11, 21, 17, tzinfo=UTC)
    assert open_until(always, now, LONDON, timedelta(days=2)) == now + timedelta(days=2)
    assert open_until((Window(frozenset({0}), time(1), time(2)),), now, LONDON) is None


def test_of_several_open_windows_the_one_that_closes_last_is_returned() -> None:
    long, short = Window(DAILY, time(16), time(20)), Window(DAILY, time(17), time(19))
    found = open_window((short, long), datetime(2026, 11, 23, 18, tzinfo=UTC), LONDON)
    assert found is not None
    assert found.window is long


@pytest.mark.parametrize("function", [open_window, next_opening])
def test_a_naive_instant_is_refused(function: object) -> None:
    with pytest.raises(ValueError, match="no time zone"):
        function((Window(DAILY, time(1), time(2)),), datetime(2026, 1, 1), ROME)  # type: ignore[operator]


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"days": frozenset({7}), "start": time(1), "end": time(2)},
        {"days": frozenset({1}), "start": time(1)},
        {"rrule": "FREQ=DAILY;BYHOUR=1"},
        {"rrule": "FREQ=DAILY;BYHOUR=1", "duration": timedelta(0)},
        {"rrule": "FREQ=DAILY;BYHOUR=1", "duration": timedelta(1), "days": frozenset({1})},
    ],
)
def test_half_a_window_cannot_be_made(fields: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="a window by"):
        Window(**fields)  # type: ignore[arg-type]
