# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What must never happen when a disk is saved: a room's job ended, an image lost, half of one taken for whole."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from ansible_collections.nightshift.fleet.plugins.module_utils.imaging.clonezilla.capture import ClonezillaCapture
from ansible_collections.nightshift.fleet.plugins.module_utils.imaging.clonezilla.commands import Commands, Ran
from ansible_collections.nightshift.fleet.plugins.module_utils.imaging.clonezilla.jobs import Jobs
from ansible_collections.nightshift.fleet.plugins.module_utils.imaging.clonezilla.room import Server
from ansible_collections.nightshift.fleet.plugins.module_utils.imaging.engine import EngineError, SeatState

sys.path.insert(0, str(Path(__file__).parent))

from capture_scenes import CAPTURE, REFERENCE, booted, capture_of, clean, said, wanted
from clonezilla_scenes import JOB, OTHER, ROOM, Building, address, sender_of_fog


def refused(building: Building, **changes: object) -> str:
    with pytest.raises(EngineError) as caught:
        capture_of(building).start(wanted(**changes))
    return str(caught.value)


def test_while_a_room_is_served_nothing_is_saved_and_the_room_goes_on(building: Building) -> None:
    building.engine.start(building.spec())
    before, sender = building.files(), building.server.tree.pids("udp-sender")
    assert f"job {JOB} of room S12 has this server" in refused(building)
    assert building.files() == before
    assert building.server.tree.pids("udp-sender") == sender
    assert building.armed() == set(ROOM)


def test_while_a_disk_is_saved_no_room_is_started(building: Building) -> None:
    capture_of(building).start(wanted())
    save = booted(building).begin()
    problems = [problem.what for problem in building.engine.preflight(building.spec())]
    assert f"job {CAPTURE} of {REFERENCE} has this server (started)" in problems[0]
    with pytest.raises(EngineError, match=CAPTURE):
        building.engine.start(building.spec())
    assert building.armed() == {REFERENCE}
    save.write("sda1")
    save.write("sda2")
    save.end()
    assert said(building).state is SeatState.DONE


def test_a_second_capture_is_refused_while_one_runs(building: Building) -> None:
    capture_of(building).start(wanted())
    other = wanted(id="capture-spring-20261121T221000Z-aaaaaa", image="spring")
    with pytest.raises(EngineError, match=f"job {CAPTURE} of {REFERENCE} has this server"):
        capture_of(building).start(other)
    assert building.armed() == {REFERENCE}


def test_a_sender_of_anyone_is_not_killed_by_a_capture(building: Building) -> None:
    with sender_of_fog(building) as process:
        assert "udp-sender runs on this server" in refused(building)
        assert process.poll() is None


def test_a_sender_that_came_during_the_capture_survives_its_end(building: Building) -> None:
    capture_of(building).start(wanted())
    with sender_of_fog(building) as process:
        capture_of(building).cancel(wanted())
        assert (process.poll(), building.armed()) == (None, set())


@pytest.mark.parametrize("name", ["winter", "summer"])
def test_an_image_that_is_there_is_neither_written_nor_removed(building: Building, name: str) -> None:
    folder = building.server.tree.images / name
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    before = building.files()
    assert "is there, and Clonezilla would remove it" in refused(building, image=name)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == files
    assert (building.files(), building.armed()) == (before, set())


@pytest.mark.parametrize("kind", ["empty folder", "file", "link to nowhere"])
def test_whatever_has_the_name_forbids_the_capture(building: Building, kind: str) -> None:
    place = building.server.tree.images / "autumn"
    if kind == "empty folder":
        place.mkdir()
    elif kind == "file":
        place.write_text("")
    else:
        place.symlink_to("nowhere")
    assert "is there, and Clonezilla would remove it" in refused(building)
    assert clean(building)


@pytest.mark.parametrize("name", ["ask_user", "autoname", "../winter", "a b", ".hidden", "-b"])
def test_a_name_that_clonezilla_takes_for_something_else_is_refused(building: Building, name: str) -> None:
    assert "no name for Clonezilla" in refused(building, image=name)
    assert clean(building)


def test_a_name_that_is_taken_between_the_look_and_the_start_is_not_lost(building: Building) -> None:
    class Late(Commands):
        """Somebody saves an image of that name by hand, after the questions were asked."""

        looks = 0

        def run(self, words: Sequence[str], log: Path | None = None) -> Ran:
            if words[0] == "ps":
                self.looks += 1
                if self.looks == 2:
                    (building.server.tree.images / "autumn").mkdir()
            return super().run(words, log)

    server = Server(building.layout, Late(building.layout, 30), Jobs(building.layout))
    with pytest.raises(EngineError, match="is there, and Clonezilla would remove it"):
        ClonezillaCapture(server, lambda: building.now).start(wanted())
    assert clean(building)


def test_the_disk_must_be_named_or_follow_from_the_image_that_it_is_like(building: Building) -> None:
    assert "is no disk of the PC" in refused(building, like="")
    assert "image elsewhere, which would tell it, is not here" in refused(building, like="elsewhere")
    assert "is no disk of the PC" in refused(building, disk="sda;reboot")
    assert clean(building)
    assert capture_of(building).start(wanted(like="elsewhere", disk="sda")).changed


def test_a_disk_without_room_is_refused_before_anything_is_armed(building: Building) -> None:
    building.server.free(3999)
    assert "3999 bytes left, image winter has 4000" in refused(building)
    assert clean(building)


def test_a_pc_that_the_server_does_not_know_is_refused(building: Building) -> None:
    spec = wanted()
    stranger = type(spec.seat)(REFERENCE, "52:54:00:99:99:99")
    assert "has no host with MAC 52:54:00:99:99:99" in refused(building, seat=stranger)
    assert clean(building)


@pytest.mark.parametrize(
    ("fault", "value"),
    [
        ("arm_more", "0A4D0051"),
        ("leave_out", ["0A4D005C", f"grub.cfg-drbl-{address(REFERENCE)}"]),
        ("wrong_image", "x"),
    ],
)
def test_what_is_armed_wrongly_is_disarmed_and_told(building: Building, fault: str, value: object) -> None:
    building.server.fault(fault, value)
    assert "not what was wanted, and disarmed" in refused(building)
    assert clean(building)
    building.server.fault(fault, None)
    assert capture_of(building).start(wanted()).changed


def test_nothing_of_the_other_pcs_changes(building: Building) -> None:
    before = {name: building.pc(name).boot() for name in ROOM + OTHER[:1]}
    capture_of(building).start(wanted())
    booted(building).whole()
    capture_of(building).finish(wanted())
    assert {name: building.pc(name).boot() for name in ROOM + OTHER[:1]} == before
