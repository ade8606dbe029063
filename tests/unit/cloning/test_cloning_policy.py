# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""``nightshift_cloning`` is read as people write it, and every mistake gives one line: place, key, value, remedy."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest
import yaml
from ansible_collections.nightshift.fleet.plugins.plugin_utils.cloning.days import YearDay
from ansible_collections.nightshift.fleet.plugins.plugin_utils.cloning.load import load_cloning
from ansible_collections.nightshift.fleet.plugins.plugin_utils.cloning.policy import CalendarSource, Stale
from ansible_collections.nightshift.fleet.plugins.plugin_utils.cloning.problem import CloningError

WHOLE = """
zone: Europe/Rome
seasons:
  - {name: summer, from: 06-15, to: 09-15}
  - {name: winter, from: 12-15, to: 02-28}
windows:
  - {days: mon-fri, start: "20:00", end: "06:00"}
closed: [12-25, {from: 2026-12-27, to: 2026-12-30, why: no heating}]
blackout:
  - {from: 2027-01-11, to: 2027-01-22, why: exams, rooms: [B-204]}
calendars:
  - {source: bookings.ics, rooms: location}
  - {source: "https://calendar.example.org/b204.ics", rooms: [B-204]}
  - {source: holidays.ics, rooms: all}
limits: {per_night: 2, per_server: 1}
estimate: 3h
margin: 30m
attempts: 2
order: [B-204]
image: lab
images:
  lab: {made: 2026-11-20, version: "7", lacks: [KB5068861]}
freshness: {max_age: 60d, stale: warn}
server: fog-1
rooms:
  B-204: {server: fog-2, estimate: 2h}
since: 2026-06-01
"""


def test_every_key_arrives_as_a_typed_value() -> None:
    policy = load_cloning(yaml.safe_load(WHOLE), "all.yml", rooms=["B-204", "204"])
    assert [season.name for season in policy.seasons] == ["summer", "winter"]
    assert str(policy.seasons[1].beginning_in(2026)) == "winter 2026/27"
    assert policy.windows[0].start == time(20)
    assert policy.closed[0].first == YearDay(12, 25)
    assert policy.closed[1].covers(date(2026, 12, 28))
    assert policy.blackout[0].concerns("B-204")
    assert not policy.blackout[0].concerns("204")
    assert policy.calendars == (
        CalendarSource("bookings.ics", by_location=True),
        CalendarSource("https://calendar.example.org/b204.ics", frozenset({"B-204"})),
        CalendarSource("holidays.ics"),
    )
    assert (policy.per_night, policy.per_server, policy.attempts, policy.order) == (2, 1, 2, ("B-204",))
    assert policy.needs("B-204") == timedelta(hours=2, minutes=30)
    assert policy.needs("204") == timedelta(hours=3, minutes=30)
    assert (policy.server_of("B-204"), policy.server_of("204")) == ("fog-2", "fog-1")
    assert (policy.image_of("B-204"), policy.images["lab"].made) == ("lab", date(2026, 11, 20))
    assert policy.images["lab"].lacks == {"KB5068861"}
    assert (policy.image_max_age, policy.image_stale, policy.since) == (
        timedelta(days=60),
        Stale.WARN,
        date(2026, 6, 1),
    )


BASE = yaml.safe_load(
    "zone: Europe/Rome\nseasons: [{name: summer, from: 06-15, to: 09-15}]\n"
    'windows: [{days: mon-fri, start: "20:00", end: "06:00"}]'
)

MISTAKES = {
    "an unknown key": ("window: []", ".window: is not a key of nightshift_cloning; did you mean 'windows'? use zone"),
    "no seasons": ("seasons: []", ".seasons: has no season, so no room would ever be cloned; add one"),
    "a season without an end": (
        "seasons: [{name: s, from: 06-15}]",
        ".seasons[0].to: is missing; a season needs name, from and to",
    ),
    "a day that does not exist": (
        "seasons: [{name: s, from: 06-31, to: 07-01}]",
        ".seasons[0].from: '06-31' is a day that no calendar has; use month and day in quotes, like 06-15",
    ),
    "the leap day": (
        "seasons: [{name: s, from: 02-01, to: 02-29}]",
        ".seasons[0].to: '02-29' is missing in three years of four; use 02-28 or 03-01",
    ),
    "seasons that overlap over New Year": (
        "seasons: [{name: a, from: 12-01, to: 01-31}, {name: b, from: 01-31, to: 03-01}]",
        ".seasons: has days that a and b share; let one end before the other begins",
    ),
    "two seasons of one name": (
        "seasons: [{name: a, from: 12-01, to: 01-31}, {name: a, from: 02-01, to: 03-01}]",
        ".seasons[1].name: 'a' stands twice; give each season its own name",
    ),
    "no windows": ("windows: []", ".windows: has no window, so no room would ever be cloned; add one"),
    "an unquoted time": (
        "windows: [{days: mon, start: 20:00, end: '06:00'}]",
        ".windows[0].start: 1200 is a number: YAML reads an unquoted 20:00 as 1200 (base 60); put the time in quotes",
    ),
    "a night of two days": (
        'windows: [{rrule: "FREQ=WEEKLY;BYDAY=SA;BYHOUR=1", duration: 2d}]',
        ".windows: 2d is open for more than a day; nights are windows of 24h at most",
    ),
    "an estimate longer than any night": (
        "estimate: 10h",
        ".estimate: 10h is with the margin more than the longest window (10h), so it would never begin",
    ),
    "a zone that nobody knows": (
        "zone: Europe/Roma",
        ".zone: 'Europe/Roma' is not a time zone; did you mean Europe/Rome?",
    ),
    "a blackout that ends before it begins": (
        "blackout: [{from: 2027-02-01, to: 2027-01-01}]",
        ".blackout[0]: '2027-02-01 to 2027-01-01' ends before it begins; exchange from and to",
    ),
    "a blackout of two kinds of days": (
        "blackout: [{from: 12-24, to: 2027-01-01}]",
        ".blackout[0]: '12-24 to 2027-01-01' mixes a day of every year with one of one year; write both in one form",
    ),
    "a calendar of nobody": (
        "calendars: [{source: a.ics, rooms: some}]",
        ".calendars[0].rooms: 'some' does not say whose bookings these are; use a list of rooms, all or location",
    ),
    "too many rooms on a server": (
        "limits: {per_server: 6}",
        ".limits.per_server: 6 is not a whole number from 1 to 5; use 1 or more",
    ),
    "an image that nobody made": (
        "{image: labb, images: {lab: {made: 2026-11-20}}}",
        ".image: 'labb' is no image; did you mean 'lab'? add it to images, with the day on which it was made",
    ),
    "a room that is not in the register": (
        "rooms: {B-205: {server: x}}",
        ".rooms: 'B-205' is no room of the register; did you mean 'B-204'? use a room of its devices",
    ),
    "a blackout of a strange room": (
        "blackout: [{from: 01-11, to: 01-12, rooms: [cellar]}]",
        ".blackout[0].rooms: 'cellar' is no room of the register; use a room of its devices",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_with_its_place_and_its_remedy(name: str) -> None:
    written, told = MISTAKES[name]
    with pytest.raises(CloningError) as caught:
        load_cloning({**BASE, **yaml.safe_load(written)}, "all.yml", rooms=["B-204"])
    (problem,) = caught.value.problems
    assert str(problem).startswith(f"all.yml: nightshift_cloning{told}")


def test_all_mistakes_are_told_at_once() -> None:
    wrong = {**BASE, "estimate": 3, "attempts": 0, "limits": {"per_nite": 2}, "closed": ["Xmas"]}
    with pytest.raises(CloningError) as caught:
        load_cloning(wrong, "all.yml")
    assert [problem.key for problem in caught.value.problems] == [
        f"nightshift_cloning{at}" for at in (".estimate", ".attempts", ".limits.per_nite", ".closed[0]")
    ]


@pytest.mark.parametrize("raw", [None, [], "summer", 3])
def test_what_is_no_mapping_is_refused(raw: object) -> None:
    with pytest.raises(CloningError, match="is not nightshift_cloning"):
        load_cloning(raw, "all.yml")
