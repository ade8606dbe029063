# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The worked cases of the policy semantics that are a question to the calendar alone."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.calendar import (
    Window,
    describe,
    last_closed,
    next_midnight,
    next_opening,
    occurrences,
    open_window,
)

LONDON, ROME, CHICAGO = ZoneInfo("Europe/London"), ZoneInfo("Europe/Rome"), ZoneInfo("America/Chicago")
MON, TUE, WED, THU, FRI, SAT, SUN = range(7)

HELPDESK_DESKTOPS = (Window(frozenset({MON, WED, FRI}), time(16), time(20)),)
HELPDESK_LAPTOPS = (Window(frozenset({TUE, THU, SAT}), time(16), time(20)),)
CAMPUS = (
    Window(frozenset({MON, TUE, WED, THU, FRI, SAT}), time(23), time(7)),
    Window(frozenset({SUN}), time(19), time(7)),
)
MSP_DESKTOPS = (Window(frozenset(range(7)), time(1), time(5)),)
MSP_SERVERS = (Window(frozenset({SUN}), time(1), time(5)),)


def at(zone: ZoneInfo, text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def opening(windows: tuple[Window, ...], now: datetime, zone: ZoneInfo) -> str:
    found = next_opening(windows, now, zone)
    assert found is not None
    return describe(found, zone)


def test_helpdesk_desktop_on_monday_at_15_59_waits_until_16_00() -> None:
    now = at(LONDON, "2026-11-23 15:59")
    assert open_window(HELPDESK_DESKTOPS, now, LONDON) is None
    assert opening(HELPDESK_DESKTOPS, now, LONDON) == "Mon 2026-11-23 16:00"


def test_helpdesk_desktop_on_monday_at_16_00_is_in_its_window() -> None:
    found = open_window(HELPDESK_DESKTOPS, at(LONDON, "2026-11-23 16:00"), LONDON)
    assert found is not None
    assert (found.opens, found.closes) == (
        datetime(2026, 11, 23, 16, tzinfo=UTC),
        datetime(2026, 11, 23, 20, tzinfo=UTC),
    )


def test_helpdesk_desktop_on_tuesday_at_16_00_waits_until_wednesday() -> None:
    now = at(LONDON, "2026-11-24 16:00")
    assert open_window(HELPDESK_DESKTOPS, now, LONDON) is None
    assert opening(HELPDESK_DESKTOPS, now, LONDON) == "Wed 2026-11-25 16:00"


def test_helpdesk_laptop_seen_on_wednesday_morning_has_missed_tuesdays_window() -> None:
    served = at(LONDON, "2026-11-21 17:00")
    missed = last_closed(HELPDESK_LAPTOPS, served, at(LONDON, "2026-11-25 09:10"), LONDON)
    assert missed is not None
    assert describe(missed, LONDON) == "Tue 2026-11-24 16:00"


def test_helpdesk_laptop_seen_at_23_30_has_thirty_minutes_left_of_its_day() -> None:
    now = at(LONDON, "2026-11-25 23:30")
    assert next_midnight(now, LONDON) - now.astimezone(UTC) == timedelta(minutes=30)


def test_helpdesk_laptop_that_was_served_on_tuesday_has_missed_nothing() -> None:
    served = at(LONDON, "2026-11-24 16:00")
    assert last_closed(HELPDESK_LAPTOPS, served, at(LONDON, "2026-11-25 09:10"), LONDON) is None


def test_campus_saturday_23_30_is_inside_saturdays_window() -> None:
    found = open_window(CAMPUS, at(ROME, "2026-11-21 23:30"), ROME)
    assert found is not None
    assert describe(found, ROME) == "Sat 2026-11-21 23:00"
    assert found.closes == at(ROME, "2026-11-22 07:00")


def test_campus_sunday_noon_waits_until_sunday_19_00() -> None:
    now = at(ROME, "2026-11-22 12:00")
    assert open_window(CAMPUS, now, ROME) is None
    assert opening(CAMPUS, now, ROME) == "Sun 2026-11-22 19:00"


def test_campus_monday_07_00_sharp_is_closed() -> None:
    assert open_window(CAMPUS, at(ROME, "2026-11-23 07:00"), ROME) is None
    assert open_window(CAMPUS, at(ROME, "2026-11-23 06:59:59"), ROME) is not None


def test_campus_monday_03_00_is_inside_sundays_window() -> None:
    found = open_window(CAMPUS, at(ROME, "2026-11-23 03:00"), ROME)
    assert found is not None
    assert describe(found, ROME) == "Sun 2026-11-22 19:00"


def test_msp_server_on_wednesday_at_02_00_waits_until_sunday() -> None:
    now = at(CHICAGO, "2026-11-25 02:00")
    assert open_window(MSP_SERVERS, now, CHICAGO) is None
    assert opening(MSP_SERVERS, now, CHICAGO) == "Sun 2026-11-29 01:00"


def test_msp_desktop_at_04_50_has_ten_minutes_left_and_then_waits_until_01_00() -> None:
    now = at(CHICAGO, "2026-11-25 04:50")
    found = open_window(MSP_DESKTOPS, now, CHICAGO)
    assert found is not None
    assert found.closes - now.astimezone(UTC) == timedelta(minutes=10)
    assert opening(MSP_DESKTOPS, now, CHICAGO) == "Thu 2026-11-26 01:00"


def test_msp_window_on_the_night_of_the_spring_change_is_three_hours_long() -> None:
    night = list(occurrences(MSP_DESKTOPS, at(CHICAGO, "2026-03-08 00:00"), at(CHICAGO, "2026-03-08 23:00"), CHICAGO))
    assert [(o.opens, o.closes) for o in night] == [
        (datetime(2026, 3, 8, 7, tzinfo=UTC), datetime(2026, 3, 8, 10, tzinfo=UTC))
    ]
    assert night[0].closes.astimezone(CHICAGO).time() == time(5)


def test_msp_window_on_the_night_of_the_autumn_change_is_five_hours_long() -> None:
    found = open_window(MSP_DESKTOPS, at(CHICAGO, "2026-11-01 04:00"), CHICAGO)
    assert found is not None
    assert found.closes - found.opens == timedelta(hours=5)


@pytest.mark.policy("enterprise 3a")
def test_second_tuesday_plus_three_days_is_a_rule_with_a_range_of_month_days() -> None:
    friday = Window(
        rrule="FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=11,12,13,14,15,16,17;BYHOUR=22", duration=timedelta(hours=4)
    )
    year = occurrences((friday,), at(ROME, "2026-01-01 00:00"), at(ROME, "2027-01-01 00:00"), ROME)
    days = [o.opens.astimezone(ROME).date() for o in year]
    tuesdays = [day - timedelta(days=3) for day in days]
    assert len(days) == 12
    assert all(day.weekday() == TUE and 8 <= day.day <= 14 for day in tuesdays)


@pytest.mark.parametrize("offset", range(8))
def test_second_tuesday_plus_days_survives_the_ends_of_months(offset: int) -> None:
    """ConfigMgr's offset from Patch Tuesday is known to go wrong across month ends."""
    low, weekday = 8 + offset, ("TU", "WE", "TH", "FR", "SA", "SU", "MO", "TU")[offset]
    rule = f"FREQ=MONTHLY;BYDAY={weekday};BYMONTHDAY={','.join(str(low + n) for n in range(7))};BYHOUR=1"
    window = Window(rrule=rule, duration=timedelta(hours=4))
    months = set()
    for found in occurrences((window,), at(ROME, "2026-01-01 00:00"), at(ROME, "2028-01-01 00:00"), ROME):
        tuesday = found.opens.astimezone(ROME).date() - timedelta(days=offset)
        assert tuesday.weekday() == TUE and 8 <= tuesday.day <= 14
        months.add((tuesday.year, tuesday.month))
    assert len(months) == 24
