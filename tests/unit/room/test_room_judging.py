# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When a seat is judged, by what it shows of itself, and what that means for the run; and the report of it."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.room.judging import judge_job, twins
from ansible_collections.nightshift.fleet.plugins.plugin_utils.room.model import (
    Job,
    JobKind,
    JobState,
    Proof,
    Run,
    Seat,
    SeatState,
    Verdict,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.room.patches import Patches
from ansible_collections.nightshift.fleet.plugins.plugin_utils.room.report import as_csv, as_json
from ansible_collections.nightshift.fleet.plugins.plugin_utils.room.rules import ImageFile, RunRules
from ansible_collections.nightshift.fleet.plugins.plugin_utils.room.seat_map import as_html, places
from ansible_collections.nightshift.fleet.plugins.plugin_utils.seat.expected import ImageWanted

sys.path.insert(0, str(Path(__file__).parent))

from room_scenes import HOUR, MINUTE, NOW, done, job, run, seat

ONE, TWO = "s12-01", "s12-02"
IMAGE = ImageWanted("lab", "7", "ab" * 32, 26100, 4061, (ImageFile("C:\\a.txt", "cd" * 32),))
RULES = RunRules(settle=40 * MINUTE)
CLOSED = NOW + 20 * MINUTE


def told(name: str, number: int = 1, **changes: Any) -> Mapping[str, Any]:
    """Return what a seat with the image says."""
    facts = {
        "computer_name": name.upper(), "domain": "lab.example", "domain_joined": True, "domain_trust": "ok",
        "machine_sid": f"S-1-5-21-1-2-{number}", "wsus_client_id": f"{number:08}-0000-0000-0000-000000000000",
        "os": {"edition": "Enterprise", "build": 26100, "ubr": 4061}, "boot_time": "2026-11-21T22:25:00Z",
        "activation": {"status": "licensed", "channel": "Volume:GVLK", "grace_minutes": 0},
        "image": {"name": "lab", "version": "7", "checksum": "ab" * 32, "date": "2026-11-20T18:00:00Z"},
        "run_marker": None, "users": [], "files": [{"path": "C:\\a.txt", "sha256": "cd" * 32, "as_expected": True}],
        "unread": {}, **changes,
    }  # fmt: skip
    return {"seat": facts, "time": "2026-11-21T22:30:00Z"}


def written(name: str, said: Mapping[str, Any] | None, *, marked: str = "job-1") -> Seat:
    """Return a seat that the engine calls done, with what it said half an hour later."""
    after = None if said is None else Proof(NOW + 30 * MINUTE, said)
    before = Proof(NOW, told(name, 99, image=None), marked=marked)
    return seat(name, SeatState.WRITTEN, attempts=1, touched=True, before=before, after=after)


def room(*seats: Seat) -> tuple[Run, Job]:
    """Return a run whose job over these seats is closed."""
    its = tuple(one.name for one in seats if one.state is SeatState.WRITTEN)
    closed = job(JobKind.WAVE, *its, state=JobState.CLOSED, closed=CLOSED)
    return run(*seats, jobs=(closed,)), closed


def verdict(*seats: Seat, minutes: float = 30) -> list[tuple[Verdict | None, str, bool]]:
    """Judge at so many minutes after the beginning."""
    its, closed = room(*seats)
    return [(one.verdict, one.why, one.final) for one in judge_job(its, closed, IMAGE, RULES, NOW + minutes * MINUTE)]


def test_a_seat_that_shows_the_image_on_a_disk_that_was_replaced_is_done() -> None:
    assert verdict(written(ONE, told(ONE))) == [(Verdict.DONE, "", False)]


def test_a_seat_that_does_not_answer_is_asked_until_its_time_is_up() -> None:
    assert verdict(written(ONE, None)) == [(None, "it does not answer yet", False)]
    assert verdict(written(ONE, None), minutes=60)[0][:2] == (Verdict.UNVERIFIED, "it does not answer")


def test_what_a_seat_said_before_the_job_was_closed_counts_for_nothing() -> None:
    early = written(ONE, told(ONE))
    assert early.after is not None
    early = replace(early, after=replace(early.after, at=CLOSED - MINUTE))
    assert verdict(early)[0][0] is None


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"files": [{"path": "C:\\a.txt", "sha256": "ee" * 32, "as_expected": False}]}, "has another content"),
        ({"image": None}, "its disk has no marker of an image"),
        ({"run_marker": {"job": "job-1", "room": "S12", "written": "2026-11-21T22:00:00Z"}}, "it was not replaced"),
    ],
)
def test_wrong_content_is_seen_at_once_whatever_the_engine_says_and_another_try_may_help(
    changes: dict[str, Any], says: str
) -> None:
    (found,) = verdict(written(ONE, told(ONE, **changes)))
    assert found[0] is Verdict.FAILED and says in found[1] and found[2] is False


@pytest.mark.parametrize(
    "changes",
    [
        {"computer_name": "MINWINPC"},
        {"activation": {"status": "grace", "channel": "", "grace_minutes": 9}},
        {"domain_trust": "broken"},
    ],
)
def test_what_the_first_start_still_sets_up_is_waited_for_and_then_no_other_try_would_help(
    changes: dict[str, Any],
) -> None:
    assert verdict(written(ONE, told(ONE, **changes)))[0][0] is None
    late = verdict(written(ONE, told(ONE, **changes)), minutes=60)[0]
    assert late[0] in (Verdict.FAILED, Verdict.UNVERIFIED) and late[2] is True


def test_a_disk_that_could_not_be_marked_must_show_that_it_is_another_one() -> None:
    assert verdict(written(ONE, told(ONE), marked=""))[0][0] is Verdict.DONE, "it had no image before"
    same = written(ONE, told(ONE, 1), marked="")
    same = replace(same, before=Proof(NOW, told(ONE, 1)))
    assert verdict(same, minutes=60)[0][:2] == (
        Verdict.UNVERIFIED,
        "nothing shows that its disk was replaced: it could not be marked before",
    )


def test_seats_with_the_same_machine_sid_are_twins_and_none_of_them_is_done() -> None:
    first, second = written(ONE, told(ONE, 1)), written(TWO, told(TWO, 1, wsus_client_id="x"))
    assert [one[0] for one in verdict(first, second)] == [Verdict.FAILED, Verdict.FAILED]


def test_a_sentinel_that_turns_out_to_be_a_twin_loses_its_verdict() -> None:
    sentinel = replace(done(ONE), after=Proof(NOW, told(ONE, 1)))
    its, _job = room(sentinel, written(TWO, told(TWO, 1)))
    assert twins(its) == {ONE: "s12-02 has the same machine SID"}
    its, _job = room(sentinel, written(TWO, told(TWO, 2)))
    assert twins(its) == {}


# The report


def ended() -> Run:
    seats = (
        replace(done(ONE), after=Proof(NOW, told(ONE)), place="A1"),
        seat(TWO, SeatState.ENDED, verdict=Verdict.FAILED, why="=1+1 <b>wrong</b>", place="B2", attempts=2),
    )
    return run(*seats, jobs=(job(JobKind.WAVE, ONE, TWO, closed=CLOSED),), ended=NOW + HOUR, detail="1 of 2 seats")


def test_the_report_tells_each_seat_in_json_and_csv() -> None:
    patches = {ONE: Patches(("KB1", "KB2"), ("Update 3",)), TWO: Patches(())}
    content = json.loads(as_json(ended(), (), patches, ZoneInfo("Europe/Rome")))
    assert (content["room"], content["started"]) == ("S12", "2026-11-21T23:00:00+01:00")
    assert [(one["verdict"], one["windows"], one["lacks"]) for one in content["seats"]] == [
        ("done", "26100.4061", ["KB1", "KB2"]),
        ("failed", "", []),
    ]
    rows = list(csv.DictReader(StringIO(as_csv(ended(), {ONE: patches[ONE]}))))
    assert [(row["seat"], row["lacks"], row["installed"]) for row in rows] == [
        (ONE, "KB1 KB2", "Update 3"),
        (TWO, "unknown", ""),
    ]
    assert rows[1]["why"] == "'=1+1 <b>wrong</b>", "no spreadsheet takes it for a formula"


def test_the_page_shows_seats_where_they_stand_and_escapes_what_comes_from_outside() -> None:
    page = as_html(ended(), ZoneInfo("UTC"), {ONE: ("KB1<", "KB2"), TWO: ()})
    assert (
        "<small>lacks 2</small>" in page
        and f"<b>{ONE}</b> lacks KB1&lt;, KB2" in page
        and f"<b>{TWO}</b> lacks" not in page
    )
    assert '<td class="done"' in page and '<td class="failed"' in page
    assert "<b>wrong</b>" not in page and "&lt;b&gt;wrong&lt;/b&gt;" in page
    assert "<script" not in page


def test_places_are_rows_and_columns_where_the_register_tells_them_and_else_the_order_of_names() -> None:
    seats = tuple(replace(seat(f"s12-{n:02}"), place=place) for n, place in enumerate(("A1", "B10", "A2"), start=1))
    assert places(seats) == {"s12-01": (0, 0), "s12-02": (1, 2), "s12-03": (0, 1)}
    assert places(tuple(replace(one, place="window") for one in seats)) == {
        "s12-01": (0, 0), "s12-02": (0, 1), "s12-03": (0, 2),
    }  # fmt: skip
