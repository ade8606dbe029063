# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who is in a room, who is at work there, and whether it may be cloned now."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.nightshift.fleet.plugins.plugin_utils.cloning.load import load_cloning
from ansible_collections.nightshift.fleet.plugins.plugin_utils.cloning.model import Booking
from ansible_collections.nightshift.fleet.plugins.plugin_utils.cloning.problem import CloningError
from ansible_collections.nightshift.fleet.plugins.plugin_utils.room.members import Members, Registered, members
from ansible_collections.nightshift.fleet.plugins.plugin_utils.room.model import Proof, Seat
from ansible_collections.nightshift.fleet.plugins.plugin_utils.room.night import allowed_now, usable
from ansible_collections.nightshift.fleet.plugins.plugin_utils.room.presence import just_before, whole_room
from ansible_collections.nightshift.fleet.plugins.plugin_utils.room.problem import RoomError
from ansible_collections.nightshift.fleet.plugins.plugin_utils.room.rules import Presence, RunRules, Unreachable

sys.path.insert(0, str(Path(__file__).parent))

from room_scenes import HOUR, NAMES, NOW, behind, run, seat

RULES = RunRules()


def host(name: str, **device: Any) -> Registered:
    told = {"room": "S12", "mac": f"52-54-00-77-12-{name[-2:]}", **device}
    return Registered(name, told.pop("class", "room"), "192.0.2.1", 5986, told)


ROOM = [host(name) for name in NAMES[:3]]


def found(hosts: list[Registered], played: list[str] | None = None, rules: RunRules = RULES) -> Members:
    return members("S12", "S12", hosts, [one.name for one in hosts] if played is None else played, rules)


def refusal(hosts: list[Registered], played: list[str] | None = None, confirmed: str | None = "S12") -> str:
    with pytest.raises(RoomError) as refused:
        members("S12", confirmed, hosts, [one.name for one in hosts] if played is None else played, RULES)
    return str(refused.value)


def test_only_devices_of_class_room_in_the_named_room_can_be_touched() -> None:
    others = [
        host("teacher-98", **{"class": "desktop"}), host("s12-97", managed=False), host("s13-01", room="S13"),
        host("server-9", **{"class": "server"}, room=None),
    ]  # fmt: skip
    told = found([*ROOM, *others])
    assert [one.name for one in told.seats] == list(NAMES[:3])
    assert told.seats[0] == Seat("s12-01", "52:54:00:77:12:01", "", "192.0.2.1")
    assert told.notes == (
        "teacher-98 is of class desktop, not room; it is not touched",
        "s12-97 is not managed; it is not touched",
    )


def test_a_seat_that_is_never_to_be_touched_is_left_out() -> None:
    told = found(ROOM, rules=replace(RULES, never=frozenset({NAMES[1]})))
    assert [one.name for one in told.seats] == [NAMES[0], NAMES[2]]


def test_a_limit_that_leaves_out_a_seat_is_refused() -> None:
    assert "s12-03 of the register are not in this play" in refusal(ROOM, played=list(NAMES[:2]))


@pytest.mark.parametrize("confirmed", [None, "", "s12", "S13"])
def test_a_room_must_be_named_twice_alike(confirmed: str | None) -> None:
    assert "is not S12; give the name of the room a second time" in refusal(ROOM, confirmed=confirmed)


def test_every_mistake_of_the_register_is_told_at_once() -> None:
    told = refusal(
        [host("s12-01"), host("s12-02", mac=""), host("s12-03", mac="12"), host("s12-04", mac="52:54:00:77:12:01")]
    )
    assert told.splitlines() == [
        "s12-02: the register has no MAC of it; write it down there",
        "s12-03: its MAC 12 is none; write it as 52:54:00:12:34:56",
        "MAC 52:54:00:77:12:01 stands at s12-01, s12-04; leave it at one",
    ]


def test_a_room_that_is_not_in_the_register_is_refused() -> None:
    assert "the register has no device of class room in it" in refusal([host("s13-01", room="S13")])


# Who is there


def at(name: str, *users: tuple[str, int | None], silence: str = "", off: bool = False, **more: Any) -> Seat:
    said = {"seat": {"users": [{"name": who, "idle_seconds": idle, "active": True} for who, idle in users]}}
    return seat(name, before=Proof(NOW, {} if silence else said, silence, off), **more)


def test_a_room_in_which_somebody_works_is_refused_skipped_or_taken_as_the_policy_says() -> None:
    room = run(at(NAMES[0]), at(NAMES[1], ("ada", 30)))
    refused = whole_room(room, RULES)
    assert refused.refused == ("s12-02: ada is logged on; ask them to leave, or choose another time",)
    skipped = whole_room(room, replace(RULES, users=Presence.SKIP))
    assert (skipped.fit, skipped.left, skipped.refused) == ((NAMES[0],), {NAMES[1]: "ada is logged on"}, ())
    assert whole_room(room, replace(RULES, users=Presence.IGNORE)).fit == tuple(NAMES[:2])


@pytest.mark.parametrize(("idle", "fit"), [(3599, False), (3600, True), (None, False)])
def test_somebody_who_is_away_for_long_enough_is_nobody(idle: int | None, fit: bool) -> None:
    room = run(at(NAMES[0], ("ada", idle)))
    assert bool(whole_room(room, replace(RULES, idle=HOUR)).fit) is fit


def test_a_seat_that_is_silent_and_not_shown_to_be_off_is_refused_unless_the_policy_skips_it() -> None:
    room = run(at(NAMES[0]), at(NAMES[1], silence="no answer"))
    assert "s12-02 does not answer (no answer), and nothing shows" in whole_room(room, RULES).refused[0]
    assert whole_room(room, replace(RULES, on_unreachable=Unreachable.SKIP)).left == {
        NAMES[1]: "does not answer (no answer)"
    }


def test_a_seat_that_is_shown_to_be_off_is_left_alone() -> None:
    told = whole_room(run(at(NAMES[0]), at(NAMES[1], silence="No route to host", off=True)), RULES)
    assert (told.fit, list(told.left), told.refused) == ((NAMES[0],), [NAMES[1]], ())


def test_right_before_a_job_only_a_disk_that_was_touched_already_may_be_silent() -> None:
    gone = Proof(NOW, silence="no answer")
    room = run(behind(NAMES[0], before=gone), seat(NAMES[1], before=gone), at(NAMES[2], ("ada", 0)), at(NAMES[3]))
    told = just_before(room, NAMES[:4], RULES)
    assert told.fit == (NAMES[0], NAMES[3])
    assert set(told.left) == {NAMES[1], NAMES[2]}


# Whether it may be cloned now

BASE: dict[str, Any] = {
    "zone": "UTC",
    "seasons": [{"name": "winter", "from": "11-01", "to": "02-20"}],
    "windows": [{"days": "mon-sat", "start": "20:00", "end": "06:00"}],
    "estimate": "2h",
    "margin": "30m",
    "image": "lab",
    "images": {
        "lab": {
            "made": "2026-11-01", "version": "7", "checksum": "ab" * 32, "build": "26100.4061",
            "files": [{"path": "C:\\a.txt", "sha256": "cd" * 32}],
        }
    },
}  # fmt: skip
SATURDAY = datetime(2026, 11, 21, 22, 0, tzinfo=UTC)


def not_allowed(now: datetime, *bookings: Booking, **changes: Any) -> str:
    with pytest.raises(RoomError) as refused:
        allowed_now(load_cloning({**BASE, **changes}, "x.yml"), "S12", bookings, now)
    return str(refused.value)


def test_a_room_that_is_free_may_be_cloned_until_the_night_closes() -> None:
    assert allowed_now(load_cloning(BASE, "x.yml"), "S12", [], SATURDAY).not_after == SATURDAY + 8 * HOUR


@pytest.mark.policy("campus 5c")
def test_what_forbids_a_room_now_is_told() -> None:
    assert "no night is open at Sat 2026-11-21 12:00" in not_allowed(SATURDAY - 10 * HOUR)
    assert "the night closes at Sun 2026-11-22 06:00, and a clone needs 2h30m" in not_allowed(SATURDAY + 6 * HOUR)
    assert "2026-11-21 is closed (fair)" in not_allowed(
        SATURDAY, closed=[{"from": "2026-11-21", "to": "2026-11-21", "why": "fair"}]
    )
    exam = Booking(SATURDAY + 2.4 * HOUR, SATURDAY + 3 * HOUR, "Exam", "cal", "S12")
    assert "Exam from Sun 2026-11-22 00:24" in not_allowed(SATURDAY, exam)
    other = replace(exam, room="S13")
    assert allowed_now(load_cloning(BASE, "x.yml"), "S12", [other], SATURDAY)


def test_a_person_may_have_it_done_all_the_same_and_the_reason_is_kept() -> None:
    allowed = allowed_now(load_cloning(BASE, "x.yml"), "S12", [], SATURDAY - 10 * HOUR, "ransomware")
    assert allowed.notes == ("no night is open at Sat 2026-11-21 12:00; done anyway: ransomware",)
    assert allowed.not_after == SATURDAY - 10 * HOUR + timedelta(hours=2.5)


@pytest.mark.parametrize("key", ["version", "checksum", "build", "files"])
def test_an_image_that_nobody_could_recognise_on_a_seat_is_refused(key: str) -> None:
    image = {name: value for name, value in BASE["images"]["lab"].items() if name != key}
    with pytest.raises(RoomError, match=f"images.lab: {key} must be given"):
        usable(load_cloning({**BASE, "images": {"lab": image}}, "x.yml"), None, "S12", SATURDAY)


def test_a_stale_image_is_refused_or_only_told() -> None:
    old = {**BASE, "freshness": {"max_age": "7d"}}
    with pytest.raises(RoomError, match="is 20 days old on 2026-11-21, more than 7d"):
        usable(load_cloning(old, "x.yml"), None, "S12", SATURDAY)
    warned = {**BASE, "freshness": {"max_age": "7d", "stale": "warn"}}
    assert "20 days old" in usable(load_cloning(warned, "x.yml"), None, "S12", SATURDAY)[1][0]


def test_how_a_run_goes_is_read_and_a_mistake_is_one_line() -> None:
    raw = {
        "on_unreachable": "skip", "users": "ignore", "idle": "2h", "sentinels": ["s12-02"], "wave": 20, "retries": 2,
        "bitrate": "100m", "timeouts": {"boot": "10m", "transfer": "1h"}, "ratio": 0.9, "never": ["s12-09"],
        "domain": "", "patch": False,
    }  # fmt: skip
    rules = load_cloning({**BASE, "run": raw}, "x.yml").run
    assert (rules.on_unreachable, rules.users, rules.idle) == (Unreachable.SKIP, Presence.IGNORE, 2 * HOUR)
    assert (rules.bitrate, rules.boot, rules.job, rules.ratio) == (100_000_000, timedelta(minutes=10), HOUR, 0.9)
    assert (rules.sentinels, rules.never, rules.domain) == (frozenset({"s12-02"}), frozenset({"s12-09"}), "")
    with pytest.raises(CloningError) as wrong:
        load_cloning({**BASE, "run": {"users": "kick", "ratio": 0, "bitrate": "fast", "waves": 3}}, "x.yml")
    assert [line.split(";")[0] for line in str(wrong.value).splitlines()] == [
        "x.yml: nightshift_cloning.run.users: 'kick' is not one of refuse, skip, ignore",
        "x.yml: nightshift_cloning.run.ratio: 0 is not a part of the seats",
        "x.yml: nightshift_cloning.run.bitrate: 'fast' is not a rate",
        "x.yml: nightshift_cloning.run.waves: is not a key of run",
    ]


@pytest.mark.policy("campus 5a", "campus 5c")
def test_the_preset_of_the_campus_clones_in_summer_and_winter_overnight_and_tells_nobody() -> None:
    file = Path(__file__).parents[3] / "inventories" / "campus" / "group_vars" / "rooms.yml"
    policy = load_cloning(yaml.safe_load(file.read_text(encoding="utf-8"))["nightshift_cloning"], "rooms.yml")
    assert [season.name for season in policy.seasons] == ["summer", "winter"]
    assert policy.run.announce is None
    noon = datetime(2026, 12, 16, 12, tzinfo=UTC)
    with pytest.raises(RoomError, match="no night is open"):
        allowed_now(policy, "A101", [], noon)
    assert allowed_now(policy, "A101", [], noon + 11 * HOUR).not_after == datetime(2026, 12, 17, 6, tzinfo=UTC)
