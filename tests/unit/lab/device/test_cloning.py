# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a PC is after it got the image of another."""

from __future__ import annotations

from typing import Any

import pytest

from lab.clock import VirtualClock
from lab.device import cloning
from lab.device.assembly import assemble
from lab.device.disk import RawDisk
from lab.fleet import parse
from lab.truth import Truth, What
from tests.unit.lab.device.benches import MONDAY, Bench

IMAGE = {"name": "classroom", "version": "2026.2", "checksum": "ab" * 32, "date": "2026-11-20T18:00:00Z"}
JOB = {"kind": "run", "job": "reimage-b12-20261123T150000Z-1f2e3d", "room": "b12"}


@pytest.fixture
def pair() -> tuple[Bench, Bench]:
    """Return a reference PC, patched and marked, and a seat that is not."""
    usual = {"class": "room", "product": "windows-11-24h2"}
    reference = {
        **usual,
        "name": "ref",
        "patched_until": "2026-11-15",
        "image": IMAGE,
        "files": {"C:\\a.txt": "of the image"},
    }
    seat = {**usual, "name": "b12-pc01", "patched_until": "2025-12-20", "files": {"C:\\a.txt": "old"}}
    fleet = parse({"start": MONDAY, "zone": "UTC", "devices": [reference, seat]}, "room.yml")
    clock, truth = VirtualClock(fleet.start), Truth()
    made = [Bench(assemble(one, fleet, clock, truth, "127.0.0.1", "n", "s"), clock, truth) for one in fleet.devices]
    return made[0], made[1]


def check(bench: Bench) -> dict[str, Any]:
    """Return what a seat tells of itself."""
    told: dict[str, Any] = bench.call("nightshift.fleet.win_seat_check", files=[{"path": "C:\\a.txt"}])["seat"]
    return told


def imaged(pair: tuple[Bench, Bench], *, generalised: bool) -> dict[str, Any]:
    """Give the seat the reference's image, start it, and return what it tells."""
    reference, seat = pair
    seat.call("nightshift.fleet.win_image_marker", **JOB)
    image = cloning.capture(reference.pc, "classroom", generalised=generalised)
    cloning.begin(seat.pc)
    seat.clock.advance(600)
    cloning.receive(seat.pc, image, after="reboot")
    seat.clock.advance(600)
    assert seat.pc.answering()
    return check(seat)


def test_a_generalised_image_makes_a_pc_of_its_own(pair: tuple[Bench, Bench]) -> None:
    before, reference = check(pair[1]), check(pair[0])
    after = imaged(pair, generalised=True)
    assert after["computer_name"] == "B12-PC01"
    assert after["machine_sid"] not in (before["machine_sid"], reference["machine_sid"])
    assert after["wsus_client_id"] not in (before["wsus_client_id"], reference["wsus_client_id"])
    assert after["image"] == IMAGE
    assert after["files"] == reference["files"]


def test_an_image_that_was_not_generalised_makes_a_twin(pair: tuple[Bench, Bench]) -> None:
    reference = check(pair[0])
    after = imaged(pair, generalised=False)
    assert [after[fact] for fact in ("computer_name", "machine_sid", "wsus_client_id")] == [
        reference[fact] for fact in ("computer_name", "machine_sid", "wsus_client_id")
    ]


def test_the_marker_of_the_run_goes_with_the_old_disk(pair: tuple[Bench, Bench]) -> None:
    assert imaged(pair, generalised=True)["run_marker"] is None


def test_the_clone_has_the_updates_of_its_source_and_then_its_own(pair: tuple[Bench, Bench]) -> None:
    reference, seat = pair
    assert set(seat.missing()) != set(reference.missing())
    after = imaged(pair, generalised=True)
    assert after["os"] == check(reference)["os"]
    lacking = seat.missing()
    assert set(lacking) == set(reference.missing())
    seat.install(*lacking.values())
    seat.clock.advance(6 * 3600)
    seat.pc.settle()
    assert set(reference.missing()) == set(lacking), "the reference must not change with its clone"


def test_a_disk_that_is_not_whole_does_not_start(pair: tuple[Bench, Bench]) -> None:
    seat = pair[1]
    cloning.begin(seat.pc)
    assert not seat.pc.answering()
    seat.pc.power(False)
    seat.pc.power(True)
    seat.clock.advance(3600)
    assert not seat.pc.answering()


def test_a_pc_that_the_network_takes_does_not_answer_until_it_leaves(pair: tuple[Bench, Bench]) -> None:
    seat = pair[1]
    armed = [True]
    seat.pc.netboot = lambda: armed[0]
    seat.call("nightshift.fleet.win_patch_restart", countdown=60, only_if_pending=False)
    seat.clock.advance(1200)
    assert not seat.pc.answering()
    armed.clear()
    armed.append(False)
    seat.pc.leave_network("reboot")
    seat.clock.advance(600)
    assert seat.pc.answering()


def test_the_truth_tells_who_got_which_image(pair: tuple[Bench, Bench]) -> None:
    imaged(pair, generalised=True)
    got = [(h.device, h.detail) for h in pair[0].truth.happenings(what=What.IMAGED)]
    assert got == [("b12-pc01", "classroom from ref")]


def test_a_pc_with_a_disk_of_its_own_kind_is_not_captured(pair: tuple[Bench, Bench], tmp_path: Any) -> None:
    pair[0].pc.disk = RawDisk(tmp_path / "x")
    with pytest.raises(ValueError, match="ref"):
        cloning.capture(pair[0].pc, "classroom")
