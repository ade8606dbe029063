# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What holds for all windows, in all zones, at all instants."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.calendar import (
    Window,
    instant,
    last_closed,
    next_opening,
    occurrences,
    open_until,
    open_window,
)
from hypothesis import given, settings
from hypothesis import strategies as st

ZONES = (
    "Europe/Rome", "Europe/London", "Europe/Dublin", "America/Chicago", "America/Sao_Paulo", "America/St_Johns",
    "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kolkata", "Asia/Tehran", "Africa/Casablanca", "UTC",
)  # fmt: skip
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
RULES = (
    "FREQ=DAILY;BYHOUR=2;BYMINUTE=30",
    "FREQ=WEEKLY;BYDAY=SU,WE;BYHOUR=1",
    "FREQ=MONTHLY;BYDAY=2TU;BYHOUR=22",
    "FREQ=MONTHLY;BYMONTHDAY=-1;BYHOUR=23;BYMINUTE=30",
    "DTSTART:20100104T160000 RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO",
    "DTSTART:20120101T020000 RRULE:FREQ=DAILY;COUNT=400",
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYHOUR=1",
)

zones = st.sampled_from(ZONES).map(ZoneInfo)
clocks = st.builds(time, st.integers(0, 23), st.sampled_from((0, 1, 15, 30, 59)))
by_days = st.builds(Window, st.frozensets(st.integers(0, 6), min_size=1), clocks, clocks)
by_rule = st.builds(
    Window, rrule=st.sampled_from(RULES), duration=st.integers(1, 60 * 60).map(lambda minutes: minutes * MINUTE)
)
window_lists = st.lists(by_days | by_rule, min_size=1, max_size=3).map(tuple)


def _changes() -> list[datetime]:
    """The instants of 2010 to 2027, to the hour, around which one of the zones changes its clock."""
    found = []
    for name in ZONES:
        zone, day = ZoneInfo(name), datetime(2010, 1, 1, tzinfo=UTC)
        while day.year < 2028:
            if day.astimezone(zone).utcoffset() != (day + DAY).astimezone(zone).utcoffset():
                found.append(day)
            day += DAY
    return found


instants = st.one_of(
    st.datetimes(datetime(2010, 2, 1), datetime(2027, 12, 1)).map(lambda moment: moment.replace(tzinfo=UTC)),
    st.builds(lambda day, minutes: day + minutes * MINUTE, st.sampled_from(_changes()), st.integers(-24 * 60, 48 * 60)),
)
props = settings(max_examples=150, deadline=None)


@props
@given(window_lists, instants, zones)
def test_the_next_opening_lies_in_the_future_and_nothing_opens_before_it(
    windows: tuple[Window, ...], now: datetime, zone: ZoneInfo
) -> None:
    found = next_opening(windows, now, zone)
    horizon = now + 40 * DAY if found is None else min(found.opens, now + 40 * DAY)
    assert found is None or found.opens > now
    assert [o for o in occurrences(windows, now, horizon, zone) if o.opens > now] == []


@props
@given(window_lists, instants, zones)
def test_the_open_window_is_the_one_of_the_occurrences_at_that_instant_that_closes_last(
    windows: tuple[Window, ...], now: datetime, zone: ZoneInfo
) -> None:
    around = occurrences(windows, now - 4 * DAY, now + 4 * DAY, zone)
    holding = [o for o in around if o.opens <= now < o.closes]
    found = open_window(windows, now, zone)
    assert (found is None) == (not holding)
    if found is not None:
        assert found in holding
        assert found.closes == max(o.closes for o in holding)


@props
@given(window_lists, instants, zones)
def test_occurrences_are_ordered_not_empty_and_overlap_what_was_asked(
    windows: tuple[Window, ...], now: datetime, zone: ZoneInfo
) -> None:
    end = now + 20 * DAY
    found = list(occurrences(windows, now, end, zone))
    assert found == sorted(found, key=lambda o: o.opens)
    assert all(o.opens < o.closes and o.closes > now and o.opens < end for o in found)
    assert all(o.opens.tzinfo is UTC and o.closes.tzinfo is UTC for o in found)


@props
@given(window_lists, instants, zones)
def test_walking_from_opening_to_opening_meets_every_occurrence(
    windows: tuple[Window, ...], now: datetime, zone: ZoneInfo
) -> None:
    end = now + 20 * DAY
    expected = sorted({o.opens for o in occurrences(windows, now, end, zone) if o.opens > now})
    walked, after = [], now
    while (found := next_opening(windows, after, zone)) is not None and found.opens < end:
        walked.append(found.opens)
        after = found.opens
    assert walked == expected


@props
@given(window_lists, instants, zones, st.integers(0, 30))
def test_the_last_closed_is_the_latest_that_opened_and_closed_in_between(
    windows: tuple[Window, ...], now: datetime, zone: ZoneInfo, days: int
) -> None:
    since = now - days * DAY
    between = [o for o in occurrences(windows, since, now + MINUTE, zone) if o.opens > since and o.closes <= now]
    found = last_closed(windows, since, now, zone)
    assert (found is None) == (not between)
    if found is not None:
        assert found in between
        assert found.closes == max(o.closes for o in between)


@props
@given(window_lists, instants, zones)
def test_until_open_until_a_window_is_open_at_every_step(
    windows: tuple[Window, ...], now: datetime, zone: ZoneInfo
) -> None:
    limit = 3 * DAY
    end = open_until(windows, now, zone, limit)
    assert (end is None) == (open_window(windows, now, zone) is None)
    if end is not None:
        assert now < end <= now + limit
        edges = [o.closes for o in occurrences(windows, now, end, zone) if o.closes < end]
        assert all(open_window(windows, edge, zone) is not None for edge in edges)
        assert end == now + limit or open_window(windows, end, zone) is None


@props
@given(by_days, instants, zones)
def test_far_from_clock_changes_the_wall_clock_alone_tells_whether_a_window_is_open(
    window: Window, now: datetime, zone: ZoneInfo
) -> None:
    local = now.astimezone(zone)
    if len({(local + n * DAY).utcoffset() for n in (-2, -1, 0, 1, 2)}) > 1:
        return
    assert window.start is not None and window.end is not None
    clock, today, yesterday = local.time(), local.weekday() in window.days, (local.weekday() - 1) % 7 in window.days
    if window.end > window.start:
        expected = today and window.start <= clock < window.end
    else:
        expected = (today and clock >= window.start) or (yesterday and clock < window.end)
    assert (open_window((window,), now, zone) is not None) == expected


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(_changes()), st.integers(-6 * 60, 30 * 60), zones)
def test_a_wall_time_means_the_first_instant_at_which_the_clock_shows_it_or_a_later_time(
    day: datetime, minutes: int, zone: ZoneInfo
) -> None:
    """One definition for both changes: after the gap in spring, the first of the two in autumn."""
    wall = (day.astimezone(zone) + minutes * MINUTE).replace(tzinfo=None, fold=0)
    moment = wall.replace(tzinfo=UTC) - timedelta(hours=40)
    while moment.astimezone(zone).replace(tzinfo=None, fold=0) < wall:
        moment += MINUTE
    assert instant(wall, zone) == moment
