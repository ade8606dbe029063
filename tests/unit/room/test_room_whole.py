# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whole runs of a room against the lab's PCs and FOG server; and controllers that die at any point of one."""

from __future__ import annotations

import random
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import Standing, open_ledger
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import Device
from ansible_collections.nightshift.fleet.plugins.plugin_utils.room import holding
from ansible_collections.nightshift.fleet.plugins.plugin_utils.room.model import JobKind, Verdict
from ansible_collections.nightshift.fleet.plugins.plugin_utils.room.problem import RoomError
from ansible_collections.nightshift.fleet.plugins.plugin_utils.room.rules import Presence

sys.path.insert(0, str(Path(__file__).parent))

from room_rig import Controller, Fuse, Killed, World, rules, world

from lab.truth import What
from tests.tiers import some

SEATS = ["s12-01", "s12-02", "s12-03"]
KILLS = 16  # of some two hundred points; each kill is a run of its own


def verdicts(controller: Controller) -> dict[str, str]:
    """Go to the end and return each seat's verdict."""
    return {seat.name: seat.verdict.value if seat.verdict else "" for seat in controller.go().seats}


def nothing_is_left(its: World) -> None:
    """Assert that the server waits for nobody and holds nothing of ours."""
    assert its.imaging.network.armed() == []
    assert its.imaging.store.groups == {}


@pytest.mark.policy("campus 5b")
def test_a_room_is_cloned_one_seat_first_and_nothing_of_the_old_disks_is_left(tmp_path: Path) -> None:
    with world() as its:
        for name in SEATS:
            its.pcs[name].disk.write("C:\\Users\\ada\\thesis.txt", b"local data")
        run = Controller(its, tmp_path).go()
        assert {seat.verdict for seat in run.seats} == {Verdict.DONE}
        assert [(job.kind, job.seats) for job in run.jobs] == [
            (JobKind.SENTINEL, ("s12-01",)),
            (JobKind.WAVE, ("s12-02", "s12-03")),
        ]
        assert its.imaged() == SEATS
        assert [its.pcs[name].disk.read("C:\\Users\\ada\\thesis.txt") for name in SEATS] == [None] * 3
        nothing_is_left(its)


def test_seats_that_got_an_image_have_their_turn_in_the_patch_round(tmp_path: Path) -> None:
    with world() as its:
        controller = Controller(its, tmp_path, hook=dict.fromkeys(SEATS, True) | {"s12-03": False})
        later = its.clock.now() + timedelta(days=7)
        with open_ledger(controller.url).begin() as tx:
            tx.enrol([Device(name, device_class="room", room="S12") for name in SEATS], its.clock.now())
            for name in SEATS:
                tx.record_standing(name, Standing(its.clock.now(), later, "p", "settled", "nothing to do", {}))
        assert verdicts(controller) == {"s12-01": "done", "s12-02": "done", "s12-03": "absent"}
        with open_ledger(controller.url).read() as view:
            found = view.standings(SEATS)
        assert [found[name].next_at == later for name in SEATS] == [False, False, True]


@pytest.fixture(scope="module")
def points(tmp_path_factory: pytest.TempPathFactory) -> int:
    """How many things a controller does in a run in which nothing goes wrong."""
    with world() as its:
        controller = Controller(its, tmp_path_factory.mktemp("points"), fuse=Fuse())
        controller.go()
        return controller.fuse.done


@pytest.mark.parametrize("kill", some(range(KILLS), 0, KILLS // 3, KILLS // 2, -1))
def test_a_controller_that_dies_at_any_point_is_carried_on_with_and_no_disk_is_written_twice(
    tmp_path: Path, points: int, kill: int
) -> None:
    chance = random.Random(kill)
    with world() as its:
        deaths = 0
        for left in [int((kill + chance.random()) * points / KILLS), chance.randrange(points)]:
            try:
                run = Controller(its, tmp_path, fuse=Fuse(left)).go()
            except Killed:
                deaths += 1
                continue
            break
        else:
            run = Controller(its, tmp_path).go()
        assert deaths, f"the first controller lived through {points} points"
        assert {seat.verdict for seat in run.seats} == {Verdict.DONE}, [(seat.name, seat.why) for seat in run.seats]
        assert {path.suffix for path in (tmp_path / "report").iterdir()} == {".json", ".csv", ".html"}
        assert its.imaged() == SEATS
        assert len(its.arming()) <= 2 + deaths
        nothing_is_left(its)


def test_what_goes_wrong_at_seats_is_seen_and_tried_again_alone(tmp_path: Path) -> None:
    mishaps = {
        "s12-02": {"kind": "wrong_stream"},
        "s12-03": {"kind": "dies", "times": 1},
        "s12-04": {"kind": "never_comes"},
        "s12-05": {"kind": "only_says_so", "times": 1},
    }
    with world(5, mishaps=mishaps) as its:
        controller = Controller(its, tmp_path)
        assert verdicts(controller) == dict.fromkeys([*SEATS, "s12-05"], "done") | {"s12-04": "absent"}
        with open_ledger(controller.url).read() as view:
            told = {(one.seat, one.became): one.why for one in view.rooms.steps(controller.last().id)}
        assert "has another content than the image" in told["s12-02", "failed"]
        assert "it was not replaced" in told["s12-05", "failed"]
        assert told["s12-03", "timeout"] == "it made no progress for 15m"
        assert told["s12-04", "absent"] == "it did not come within 15m"
        nothing_is_left(its)


def test_twins_stop_at_the_sentinel(tmp_path: Path) -> None:
    with world(twins=["lab"]) as its:
        assert verdicts(Controller(its, tmp_path)) == {"s12-01": "failed", "s12-02": "absent", "s12-03": "absent"}
        assert its.imaged() == ["s12-01"]
        nothing_is_left(its)


def test_a_seat_whose_backup_failed_is_left_alone(tmp_path: Path) -> None:
    with world() as its:
        hook = dict.fromkeys(SEATS, True) | {"s12-03": False}
        assert verdicts(Controller(its, tmp_path, hook=hook)) == {
            "s12-01": "done", "s12-02": "done", "s12-03": "absent",
        }  # fmt: skip
        assert its.imaged() == SEATS[:2]


@pytest.mark.policy("campus 5c")
@pytest.mark.parametrize(("announce", "told"), [(None, []), ("The PCs of {room} get a new image now.", ["s12-02"])])
def test_users_are_told_only_where_the_policy_wants_it(tmp_path: Path, announce: str | None, told: list[str]) -> None:
    with world(2, more={"s12-02": {"users": [{"name": "ada"}]}}) as its:
        controller = Controller(its, tmp_path, rules=rules(users=Presence.IGNORE, announce=announce))
        assert set(verdicts(controller).values()) == {"done"}
        assert [one.device for one in its.truth.happenings(what=What.REMINDED)] == told


@pytest.mark.parametrize("quirk", ["created_but_500", "session_stays", "php8", "bodies_lost"])
def test_a_server_with_the_faults_of_real_ones_gets_a_room_done_all_the_same(tmp_path: Path, quirk: str) -> None:
    with world() as its:
        setattr(its.imaging.store.quirks, quirk, True)
        assert set(verdicts(Controller(its, tmp_path)).values()) == {"done"}
        nothing_is_left(its)


def test_seats_that_have_different_images_at_the_server_all_get_the_room_s(tmp_path: Path) -> None:
    """A multicast sends the lowest image of its hosts to all of them."""
    with world() as its:
        hosts = list(its.imaging.store.hosts.values())
        hosts[0].image, hosts[1].image = 0, 2
        assert set(verdicts(Controller(its, tmp_path)).values()) == {"done"}


def test_a_server_that_accepts_and_does_nothing_is_given_up_after_two_jobs(tmp_path: Path) -> None:
    with world() as its:
        its.imaging.store.quirks.accepted_but_nothing = True
        run = Controller(its, tmp_path).go()
        assert {seat.verdict for seat in run.seats} == {Verdict.ABSENT}
        assert len(run.jobs) == 2 and its.imaged() == []
        assert "has no task" in run.detail
        nothing_is_left(its)


def test_a_server_that_does_not_close_a_job_leaves_the_run_open_until_it_does(tmp_path: Path) -> None:
    with world(mishaps={"s12-02": {"kind": "never_comes"}}) as its:
        its.imaging.store.quirks.cancel_does_nothing = True
        controller = Controller(its, tmp_path)
        with pytest.raises(RoomError, match="still armed after cancelling"):
            controller.go()
        with open_ledger(controller.url).read() as view:
            assert view.rooms.open_in("S12") is not None, "nobody says that it is over"
        its.imaging.store.quirks.cancel_does_nothing = False
        assert verdicts(controller) == {"s12-01": "done", "s12-02": "absent", "s12-03": "done"}
        nothing_is_left(its)


def test_a_worker_that_outlives_its_playbook_takes_no_lease(tmp_path: Path) -> None:
    with world() as its:
        session = replace(Controller(its, tmp_path).session(), controller=_dead_process())
        with pytest.raises(RoomError, match="the playbook has ended"):
            holding.take(open_ledger(session.ledger), session)


def _dead_process() -> int:
    """Return the id of a process that has ended."""
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    return done.pid


def test_waves_are_no_larger_than_the_policy_says(tmp_path: Path) -> None:
    with world(6) as its:
        run = Controller(its, tmp_path, rules=rules(wave=3)).go()
        assert [len(job.seats) for job in run.jobs] == [1, 3, 2]
        assert {seat.verdict for seat in run.seats} == {Verdict.DONE}
