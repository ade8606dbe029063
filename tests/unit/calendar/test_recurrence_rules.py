# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which recurrence rules are understood, and what those are told that are not."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.recurrence import RecurrenceError, parse

ROME = ZoneInfo("Europe/Rome")


@pytest.mark.parametrize(
    ("rule", "first"),
    [
        ("FREQ=WEEKLY;BYDAY=SU;BYHOUR=1", "2026-11-22 01:00"),
        ("RRULE:FREQ=WEEKLY;BYDAY=SU;BYHOUR=1", "2026-11-22 01:00"),
        ("freq=weekly;byday=su;byhour=1;byminute=15", "2026-11-22 01:15"),
        ("DTSTART:20261201T220000 RRULE:FREQ=MONTHLY;INTERVAL=1;BYDAY=TU;BYSETPOS=2", "2026-12-08 22:00"),
        ("DTSTART;TZID=Europe/Rome:20261201T220000 RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=TU", "2026-12-01 22:00"),
        ("DTSTART:20261201T220000\nRRULE:FREQ=DAILY;COUNT=3", "2026-12-01 22:00"),
        ("FREQ=MONTHLY;BYMONTHDAY=-1;BYHOUR=23", "2026-11-30 23:00"),
    ],
)
def test_a_rule_opens_for_the_first_time_after_21_november_2026(rule: str, first: str) -> None:
    assert parse(rule, ROME).first_from(datetime(2026, 11, 21)) == datetime.fromisoformat(first)


@pytest.mark.parametrize(
    ("until", "last"),
    [
        ("20261125", "2026-11-25 16:00"),  # the whole of that day
        ("20261125T160000", "2026-11-25 16:00"),  # wall clock, included
        ("20261125T150000Z", "2026-11-25 16:00"),  # an instant: 16:00 in Rome
        ("20261125T145959Z", "2026-11-24 16:00"),
    ],
)
def test_until_is_the_last_opening_allowed(until: str, last: str) -> None:
    found = parse(f"FREQ=DAILY;BYHOUR=16;UNTIL={until}", ROME).between(datetime(2026, 11, 1), datetime(2027, 1, 1))
    assert found[-1] == datetime.fromisoformat(last)


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        (
            "DTSTART;TZID=America/Chicago:20261201T220000 RRULE:FREQ=DAILY",
            "America/Chicago and the policy in Europe/Rome",
        ),
        ("DTSTART:20261201T220000Z RRULE:FREQ=DAILY", "in UTC and the policy in Europe/Rome"),
        ("DTSTART:20261201 RRULE:FREQ=DAILY", "not a date with a time"),
        ("DTSTART:20261301T220000 RRULE:FREQ=DAILY", "a time that exists"),
        ("FREQ=WEEKLY;BYDAY=SU", "at what hour"),
        ("FREQ=WEEKLY;BYHOUR=1", "on which day"),
        ("FREQ=MONTHLY;BYHOUR=1", "on which day"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=SU;BYHOUR=1", "count from somewhere"),
        ("FREQ=DAILY;COUNT=2;BYHOUR=1", "count from somewhere"),
        ("FREQ=DAILY;INTERVAL=0;BYHOUR=1", "INTERVAL=0"),
        ("FREQ=HOURLY", "YEARLY, MONTHLY, WEEKLY or DAILY"),
        ("BYDAY=SU;BYHOUR=1", "YEARLY, MONTHLY, WEEKLY or DAILY"),
        ("FREQ=WEEKLY;BYDAY=XX;BYHOUR=1", "invalid 'BYDAY'"),
        ("FREQ=WEEKLY;BYDAY=SU;BYHOUR=25", "not a recurrence rule"),
        ("FREQ=WEEKLY;DAYS=SU;BYHOUR=1", "'DAYS=SU'"),
        ("every sunday", "2 rules"),
        ("", "0 rules"),
        ("FREQ=DAILY;BYHOUR=1 EXDATE:20261201T010000", "EXDATE is not supported"),
        ("FREQ=DAILY;BYHOUR=1 FREQ=DAILY;BYHOUR=2", "2 rules"),
        ("FREQ=DAILY;BYHOUR=1;UNTIL=soon", "UNTIL 'SOON'"),
        ("FREQ=DAILY;BYHOUR=1;COUNT=2;UNTIL=20261201", "exclude each other"),
    ],
)
def test_a_rule_that_cannot_be_used_says_why_in_one_line(rule: str, says: str) -> None:
    with pytest.raises(RecurrenceError) as caught:
        parse(rule, ROME)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_utc_may_be_written_where_the_policy_is_in_utc() -> None:
    rule = parse("DTSTART:20261201T220000Z RRULE:FREQ=DAILY", ZoneInfo("UTC"))
    assert rule.first_from(datetime(2026, 12, 2)) == datetime(2026, 12, 2, 22)
