# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""msp 4: one that was off is reported, with the night that it missed."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.calendar import describe
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.nights import (
    Attendance,
    MissedNight,
    Spell,
    missed_nights,
)
from hypothesis import given
from hypothesis import strategies as st
from planner_scenes import CHICAGO, DAY, HOUR, at, window

NIGHTS = (window("daily", "01:00", "05:00"),)
MINUTE = timedelta(minutes=1)


def us(when: str, weeks: int = 0) -> datetime:
    return at(when, CHICAGO, weeks)


def there(first: str, last: str) -> Spell:
    return Spell(True, us(first), us(last), 2)


def silent(first: str, last: str, why: str = "timed out") -> Spell:
    return Spell(False, us(first), us(last), 2, why)


def missed(*spells: Spell, since: str = "mon 00:00", until: str = "sat 00:00", **known: datetime) -> list[str]:
    attendance = Attendance(**({"known_since": us("mon 00:00", -4)} | known), spells=spells)
    found = missed_nights(NIGHTS, CHICAGO, attendance, us(since), us(until))
    return [describe(one.window, CHICAGO)[:3] for one in found]


@pytest.mark.policy("msp 4a")
def test_msp_a_computer_that_was_off_is_reported_with_the_night_that_it_missed():
    spells = (there("mon 01:10", "mon 17:00"), silent("mon 18:00", "tue 08:00"), there("tue 08:15", "sat 00:00"))
    attendance = Attendance(us("mon 00:00", -4), None, spells)
    (night,) = missed_nights(NIGHTS, CHICAGO, attendance, us("mon 00:00"), us("sat 00:00"))
    assert isinstance(night, MissedNight)
    assert (night.window.opens, night.window.closes) == (us("tue 01:00"), us("tue 05:00"))
    assert (night.why, night.made_up) == ("timed out", False)
    assert night.words(CHICAGO) == "Tue 2026-11-24 01:00"


def test_every_night_of_a_long_silence_was_missed():
    assert missed(there("mon 01:10", "mon 17:00"), silent("mon 18:00", "fri 12:00")) == ["Tue", "Wed", "Thu", "Fri"]


def test_one_answer_in_the_window_is_enough():
    assert missed(silent("mon 22:00", "tue 04:44"), there("tue 04:59", "fri 23:00")) == []
    assert missed(silent("mon 22:00", "tue 04:44"), there("tue 05:00", "fri 23:00")) == ["Tue"]


def test_a_night_in_which_nobody_asked_is_not_held_against_the_device():
    assert missed(silent("mon 22:00", "mon 23:00"), there("tue 08:00", "fri 23:00")) == []


def test_a_night_that_is_not_over_yet_is_not_missed_yet():
    assert missed(silent("mon 22:00", "tue 04:00"), until="tue 04:30") == []
    assert missed(silent("mon 22:00", "tue 05:00"), until="tue 05:00") == ["Tue"]


def test_a_night_before_the_device_was_known_is_not_held_against_it():
    silence = silent("mon 22:00", "thu 12:00")
    assert missed(silence, known_since=us("wed 00:00")) == ["Wed", "Thu"]


def test_a_night_that_was_made_up_for_says_so():
    spells = (silent("mon 22:00", "tue 08:00"), there("tue 09:00", "tue 12:00"))
    attendance = Attendance(us("mon 00:00", -4), us("tue 01:00"), spells)
    (night,) = missed_nights(NIGHTS, CHICAGO, attendance, us("mon 00:00"), us("sat 00:00"))
    assert night.made_up
    assert night.words(CHICAGO) == "Tue 2026-11-24 01:00 (made up for)"


@given(st.lists(st.tuples(st.integers(0, 7 * 24 * 4), st.booleans()), min_size=1, max_size=40), st.integers(0, 7 * 24))
def test_two_reports_side_by_side_tell_what_one_over_both_times_tells(tries, cut):
    start = us("mon 00:00")
    spells: list[Spell] = []
    for quarter, answered in sorted(set(tries)):
        moment = start + quarter * 15 * MINUTE
        if spells and spells[-1].answered is answered:
            spells[-1] = Spell(answered, spells[-1].first_at, moment, spells[-1].tries + 1)
        else:
            spells.append(Spell(answered, moment, moment, 1))
    attendance = Attendance(start - DAY, None, tuple(spells))

    def between(first: datetime, last: datetime) -> tuple[MissedNight, ...]:
        return missed_nights(NIGHTS, CHICAGO, attendance, first, last)

    middle, end = start + cut * HOUR, start + 8 * DAY
    assert between(start, middle) + between(middle, end) == between(start, end)
    for night in between(start, end):
        tried = [one for one in spells if one.first_at < night.window.closes and one.last_at >= night.window.opens]
        assert tried
        assert not any(one.answered for one in tried)
