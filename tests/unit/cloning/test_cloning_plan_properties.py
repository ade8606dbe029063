# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whatever is asked: the checker finds nothing wrong with a proposal, and no search finds room for one room more."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.cloning.days import Season, YearDay
from ansible_collections.nightshift.fleet.plugins.plugin_utils.cloning.model import Booking, CloneRun, Outcome, Room
from ansible_collections.nightshift.fleet.plugins.plugin_utils.cloning.plan import propose
from ansible_collections.nightshift.fleet.plugins.plugin_utils.cloning.policy import CloningPolicy, Image, RoomRule
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.calendar import Window
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.cloning.checker import DAY, Clone, Rules, faults, utc

ROME = ZoneInfo("Europe/Rome")
FIRST, LAST = date(2027, 3, 26), date(2027, 3, 29)  # the clocks change on the 28th: one night is nine hours long
ROOMS = ("a", "b", "c", "d", "e")
BASE = CloningPolicy(
    zone=ROME,
    seasons=(Season("spring", YearDay(3, 26), YearDay(3, 29)),),
    windows=(Window(frozenset(range(7)), time(20), time(6)),),
    image="lab",
    images={"lab": Image("lab", date(2027, 3, 1))},
    per_night=1,
)
NOW = datetime(2027, 3, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)
START = utc(FIRST, time(0), ROME)
NEEDS = BASE.estimate + BASE.margin

spans = st.builds(
    lambda room, start, length: Booking(START + start * HOUR, START + (start + length) * HOUR, "Course", "x", room),
    st.sampled_from([*ROOMS, None]),
    st.integers(0, 120),
    st.integers(1, 30),
)
runs = st.builds(
    lambda room, start, outcome: CloneRun(room, START + start * HOUR, outcome, START + (start + 2) * HOUR),
    st.sampled_from(ROOMS),
    st.integers(0, 100),
    st.sampled_from([Outcome.FAILED, Outcome.DONE, Outcome.CANCELLED]),
)


def rules(policy: CloningPolicy) -> Rules:
    return Rules(
        zone=ROME,
        weekdays=frozenset(range(7)),
        opens=time(20),
        closes=time(6),
        seasons={"spring 2027": (FIRST, LAST)},
        per_night=policy.per_night,
        per_server=policy.per_server,
        needs=NEEDS,
        server_of=policy.server_of,
    )


def truth(bookings: list[Booking]) -> dict[str, list[tuple[datetime, datetime]]]:
    return {room: [(one.start, one.end) for one in bookings if one.room in (room, None)] for room in ROOMS}


@given(
    st.lists(spans, max_size=25),
    st.integers(1, 4),
    st.integers(1, 3),
    st.sets(st.sampled_from(ROOMS)),
    st.lists(runs, max_size=4),
    st.integers(-12, 110),
)
@settings(max_examples=150, deadline=None)
def test_no_proposal_breaks_a_rule(
    bookings: list[Booking], per_night: int, per_server: int, second: set[str], history: list[CloneRun], hours: int
) -> None:
    now = START + hours * HOUR
    policy = replace(
        BASE,
        per_night=per_night,
        per_server=per_server,
        rooms={room: RoomRule(server="second") for room in second},
    )
    known = [run for run in history if run.started <= now]
    proposal = propose([Room(room) for room in ROOMS], policy, bookings, history, now, 1)
    clones = [Clone(one.room, str(one.season), one.start, one.until) for one in proposal.planned]
    if proposal.seasons[0].first == FIRST:
        assert faults(clones, rules(policy), truth(bookings)) == []
        done = {run.room for run in known if run.outcome is Outcome.DONE and run.started >= utc(FIRST, time(6), ROME)}
        assert not done & {one.room for one in clones}
    assert all(one.start >= now for one in clones)
    told = Counter(
        one.room for group in (proposal.planned, proposal.unplaced, proposal.under_way, proposal.done) for one in group
    )
    assert told == Counter(ROOMS)


def most(options: dict[str, list[int]], per_night: int) -> int:
    """Return how many rooms can have a night, by trying every combination."""
    best = 0
    for choice in product(*([*nights, None] for nights in options.values())):
        used = Counter(night for night in choice if night is not None)
        if all(count <= per_night for count in used.values()):
            best = max(best, sum(used.values()))
    return best


def free(room: str, day: date, taken: dict[str, list[tuple[datetime, datetime]]]) -> bool:
    """Return whether a night has the time for a room, looking at each minute in which a clone could begin."""
    start, closes = utc(day, time(20), ROME), utc(day + DAY, time(6), ROME)
    while start + NEEDS <= closes:
        if not any(begin < start + NEEDS and start < end for begin, end in taken[room]):
            return True
        start += timedelta(minutes=30)  # bookings begin and end at full hours
    return False


@given(st.lists(spans, max_size=30), st.integers(1, 2))
@settings(max_examples=100, deadline=None)
def test_as_many_rooms_are_placed_as_can_be(bookings: list[Booking], per_night: int) -> None:
    servers = {room: RoomRule(server=room) for room in ROOMS}
    policy = replace(BASE, per_night=per_night, rooms=servers)
    proposal = propose([Room(room) for room in ROOMS], policy, bookings, (), NOW, 1)
    taken = truth(bookings)
    days = [FIRST + n * DAY for n in range(4)]
    options = {room: [n for n, day in enumerate(days) if free(room, day, taken)] for room in ROOMS}
    assert len(proposal.planned) == most(options, per_night)


@given(st.lists(spans, max_size=15), st.permutations(ROOMS), st.randoms(use_true_random=False))
@settings(max_examples=50, deadline=None)
def test_the_order_of_the_facts_does_not_matter(bookings: list[Booking], rooms: list[str], dice) -> None:
    shuffled = list(bookings)
    dice.shuffle(shuffled)
    policy = replace(BASE, per_night=2, per_server=2)
    first = propose([Room(room) for room in ROOMS], policy, bookings, (), NOW, 2)
    assert propose([Room(room) for room in rooms], policy, shuffled, (), NOW, 2) == first


SOUND = Clone("a", "spring 2027", utc(FIRST, time(21), ROME), utc(FIRST, time(21), ROME) + NEEDS)
WRONG = {
    "not in spring 2027": [replace(SOUND, start=SOUND.start - 7 * DAY, until=SOUND.until - 7 * DAY)],
    "not within the night": [replace(SOUND, start=SOUND.start - 3 * HOUR, until=SOUND.until - 3 * HOUR)],
    "lasts": [replace(SOUND, until=SOUND.until - HOUR)],
    "2 rooms": [SOUND, replace(SOUND, room="b", start=SOUND.start + 4 * HOUR, until=SOUND.until + 4 * HOUR)],
    "at once on": [SOUND, replace(SOUND, room="b")],
    "booked": [replace(SOUND, room="c")],
}


@pytest.mark.parametrize("fault", WRONG)
def test_the_checker_finds_what_is_wrong(fault: str) -> None:
    taken = {"c": [(SOUND.start + HOUR, SOUND.start + 2 * HOUR)]}
    assert faults([SOUND], rules(BASE), taken) == []
    assert any(fault in told for told in faults(WRONG[fault], rules(BASE), taken))
