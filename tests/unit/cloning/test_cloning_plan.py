# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a campaign proposes, why, and what it never does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.cloning.days import Days, Season, YearDay
from ansible_collections.nightshift.fleet.plugins.plugin_utils.cloning.model import (
    Booking,
    CloneRun,
    Outcome,
    Proposal,
    Room,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.cloning.plan import propose
from ansible_collections.nightshift.fleet.plugins.plugin_utils.cloning.policy import (
    CloningPolicy,
    Image,
    RoomRule,
    Stale,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.calendar import Window

ROME = ZoneInfo("Europe/Rome")
# 2027-06-15 is a Tuesday.
POLICY = CloningPolicy(
    zone=ROME,
    seasons=(Season("summer", YearDay(6, 15), YearDay(6, 18)), Season("winter", YearDay(12, 30), YearDay(1, 3))),
    windows=(Window(frozenset(range(7)), time(20), time(6)),),
    image="lab",
    images={"lab": Image("lab", date(2027, 6, 1))},
)
NOW = datetime(2027, 6, 1, 10, tzinfo=UTC)


def at(text: str) -> datetime:
    """Return an instant from local time: ``06-15 20:00``."""
    return datetime.fromisoformat(f"2027-{text}").replace(tzinfo=ROME).astimezone(UTC)


def ask(
    rooms: str,
    policy: CloningPolicy = POLICY,
    bookings: Sequence[Booking] = (),
    history: Sequence[CloneRun] = (),
    now: datetime = NOW,
    seasons: int = 1,
) -> Proposal:
    return propose([Room(name) for name in rooms.split()], policy, bookings, history, now, seasons)


def nights(proposal: Proposal) -> list[str]:
    return [f"{one.room} {one.start.astimezone(ROME):%m-%d %H:%M}" for one in proposal.planned]


def failed(room: str, when: str, detail: str = "") -> CloneRun:
    return CloneRun(room, at(when), Outcome.FAILED, at(when) + timedelta(hours=1), detail=detail)


def test_rooms_get_one_night_each_from_the_first_of_the_season_on() -> None:
    assert nights(ask("a b c")) == ["a 06-15 20:00", "b 06-16 20:00", "c 06-17 20:00"]


def test_a_clone_begins_when_the_booking_ends_and_says_why() -> None:
    exam = Booking(at("06-15 18:00"), at("06-15 22:15"), "Exam", room="a")
    assert nights(ask("a", bookings=[exam])) == ["a 06-15 22:15"]
    whole = Booking(at("06-15 18:00"), at("06-16 03:00"), "Hackathon", room=None)
    (planned,) = ask("a", bookings=[whole]).planned
    assert planned.why[-1] == "the first night for it; earlier ones: 1 booked (first: 'Hackathon' on Tue 2027-06-15)"


def test_the_margin_must_be_free_and_within_the_night_too() -> None:
    early = Booking(at("06-15 23:29"), at("06-16 06:00"), "Cleaning", room="a")
    assert nights(ask("a", bookings=[early])) == ["a 06-16 20:00"]
    later = Booking(at("06-15 23:30"), at("06-16 06:00"), "Cleaning", room="a")
    assert nights(ask("a", bookings=[later])) == ["a 06-15 20:00"]


def test_rooms_of_one_server_follow_one_another() -> None:
    policy = replace(POLICY, per_night=3, per_server=2, rooms={"c": RoomRule(server="second")})
    assert nights(ask("a b c", policy)) == ["a 06-15 20:00", "c 06-15 20:00", "b 06-15 23:30"]


def test_a_room_moves_on_when_another_has_no_other_night() -> None:
    policy = replace(POLICY, order=("a",))
    busy = [Booking(at(f"06-{day} 20:00"), at(f"06-{day + 1} 06:00"), "Course", room="b") for day in (16, 17, 18)]
    assert nights(ask("a b", policy, busy)) == ["b 06-15 20:00", "a 06-16 20:00"]


def test_the_operators_order_comes_first() -> None:
    assert nights(ask("a b c", replace(POLICY, order=("c",)))) == ["c 06-15 20:00", "a 06-16 20:00", "b 06-17 20:00"]


def test_no_night_opens_on_a_closed_day_though_one_may_run_into_it() -> None:
    policy = replace(POLICY, closed=(Days(YearDay(6, 16), YearDay(6, 16)),))
    assert nights(ask("a b", policy)) == ["a 06-15 20:00", "b 06-17 20:00"]


def test_nothing_is_cloned_at_any_instant_of_a_blackout() -> None:
    policy = replace(POLICY, blackout=(Days(date(2027, 6, 16), date(2027, 6, 16), "exams"),))
    assert nights(ask("a b", policy)) == ["a 06-15 20:00", "b 06-17 00:00"]  # the night of the 16th, past midnight
    night = replace(policy, estimate=timedelta(hours=5))  # from 20:00 on the 15th it would reach the 16th
    assert nights(ask("a b", night)) == ["a 06-17 00:00", "b 06-17 20:00"]


def test_a_blackout_of_one_room_leaves_the_others() -> None:
    policy = replace(POLICY, blackout=(Days(YearDay(6, 15), YearDay(6, 16), rooms=frozenset("a")),))
    assert nights(ask("a b", policy)) == ["b 06-15 20:00", "a 06-17 00:00"]


def test_nothing_is_planned_when_nothing_is_allowed() -> None:
    closed = replace(POLICY, closed=(Days(YearDay(1, 1), YearDay(12, 31)),))
    proposal = ask("a", closed)
    assert not proposal.planned
    assert proposal.unplaced[0].why[-1] == "no night opens any more in this season"
    assert not ask("", POLICY).planned


def test_a_room_too_many_is_told_with_what_stands_in_its_way() -> None:
    proposal = ask("a b c d e")
    (told,) = proposal.unplaced
    assert (told.room, told.why[-1]) == ("e", "none of 4 nights can be had: 4 taken by other rooms")


def test_a_night_belongs_to_the_season_of_the_day_on_which_it_opens() -> None:
    done = CloneRun("a", at("06-19 02:00"), Outcome.DONE)  # in the night of the 18th, the season's last
    proposal = ask("a", history=[done], now=at("06-19 04:00"))
    assert proposal.done[0].why == ("cloned on Fri 2027-06-18",)
    assert str(proposal.done[0].season) == "summer 2027"


def test_a_season_that_passes_new_year_is_one() -> None:
    done = CloneRun("a", at("12-31 22:00"), Outcome.DONE)
    (told,) = ask("a", history=[done], now=at("12-31 23:59") + timedelta(days=1)).done
    assert str(told.season) == "winter 2027/28"


def test_what_failed_is_planned_again_and_not_in_the_same_night() -> None:
    proposal = ask("a", history=[failed("a", "06-15 20:00", "2 seats absent")], now=at("06-15 22:00"))
    assert nights(proposal) == ["a 06-16 20:00"]
    assert "the clone of Tue 2027-06-15 failed (2 seats absent): planned again, try 2" in proposal.planned[0].why


def test_what_failed_goes_before_what_was_never_tried() -> None:
    proposal = ask("a b", history=[failed("b", "06-15 20:00")], now=at("06-16 12:00"))
    assert nights(proposal) == ["b 06-16 20:00", "a 06-17 20:00"]


def test_after_as_many_failures_as_allowed_a_person_must_look() -> None:
    policy = replace(POLICY, attempts=2)
    tries = [failed("a", "06-15 20:00"), failed("a", "06-16 20:00", "no multicast")]
    (told,) = ask("a", policy, history=tries, now=at("06-17 12:00")).unplaced
    assert told.why == ("failed 2 times, last on Wed 2027-06-16 (no multicast); attempts is 2: a person must look",)


def test_what_a_person_cancelled_is_no_failure() -> None:
    tries = [replace(failed("a", f"06-{day} 20:00"), outcome=Outcome.CANCELLED) for day in (15, 16)]
    assert nights(ask("a", replace(POLICY, attempts=1), history=tries, now=at("06-17 12:00"))) == ["a 06-17 20:00"]


def test_what_runs_now_is_not_planned_and_fills_its_night() -> None:
    running = CloneRun("a", at("06-15 20:00"), Outcome.RUNNING)
    proposal = ask("a b", history=[running], now=at("06-15 20:30"))
    assert proposal.under_way[0].why == ("a clone is under way since 2027-06-15 20:00",)
    assert nights(proposal) == ["b 06-16 20:00"]


def test_a_second_room_waits_for_the_server_that_is_at_work() -> None:
    policy = replace(POLICY, per_night=2, per_server=2)
    running = CloneRun("a", at("06-15 20:10"), Outcome.RUNNING)
    assert nights(ask("a b", policy, history=[running], now=at("06-15 20:30"))) == ["b 06-15 23:40"]


def test_a_run_that_never_ended_counts_as_failed_after_a_day() -> None:
    lost = CloneRun("a", at("06-15 20:00"), Outcome.RUNNING)
    proposal = ask("a", history=[lost], now=at("06-16 20:30"))
    assert nights(proposal) == ["a 06-16 20:30"]
    assert "the clone of Tue 2027-06-15 never ended: planned again, try 2" in proposal.planned[0].why


def test_a_room_that_missed_a_season_is_overdue_until_it_is_cloned_and_goes_first() -> None:
    policy = replace(POLICY, since=date(2026, 6, 1))
    history = [CloneRun("a", at("01-02 22:00"), Outcome.DONE), failed("b", "01-02 22:00")]
    proposal = ask("a b", policy, history=history)
    (told,) = proposal.overdue
    assert (told.room, told.why) == (
        "b",
        ("not cloned in summer 2026, winter 2026/27 (over since Thu 2026-06-18); 1 try without success",),
    )
    assert nights(proposal) == ["b 06-15 20:00", "a 06-16 20:00"]


def test_without_a_history_nobody_is_in_debt() -> None:
    assert not ask("a b").overdue


@pytest.mark.parametrize("stale", list(Stale))
def test_an_image_that_is_too_old_now_is_refused_or_warned_of(stale: Stale) -> None:
    policy = replace(POLICY, image_max_age=timedelta(days=7), image_stale=stale)
    proposal = ask("a", policy, now=at("06-15 12:00"))
    fault = "image lab of 2027-06-01 is 14 days old on 2027-06-15, more than 7d"
    if stale is Stale.REFUSE:
        assert proposal.unplaced[0].why[0] == fault
        assert not proposal.planned
    else:
        assert proposal.planned[0].conditions == (fault,)


def test_an_image_that_will_be_too_old_by_then_is_a_condition() -> None:
    policy = replace(POLICY, image_max_age=timedelta(days=7))
    assert ask("a", policy).planned[0].conditions == (
        "image lab of 2027-06-01 is 14 days old on 2027-06-15, more than 7d",
    )


def test_an_image_that_lacks_approved_updates_is_refused_in_its_season() -> None:
    policy = replace(POLICY, images={"lab": Image("lab", date(2027, 6, 1), lacks=frozenset({"KB5068861"}))})
    (told,) = ask("a", policy, now=at("06-15 12:00")).unplaced
    assert told.why[0] == "image lab lacks approved updates: KB5068861"


def test_a_room_without_an_image_is_never_planned() -> None:
    proposal = ask("a b", replace(POLICY, image=None, rooms={"b": RoomRule(image="lab")}))
    assert nights(proposal) == ["b 06-15 20:00"]
    assert proposal.unplaced[0].room == "a"


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        ask("a", now=datetime(2027, 6, 1))
