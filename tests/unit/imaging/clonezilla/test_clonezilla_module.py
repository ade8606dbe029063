# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module ``reimage_room`` as Ansible runs it, in a process of its own, on a DRBL server of the lab."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.nightshift.fleet.plugins.module_utils.imaging.clonezilla.options import clonezilla_engine
from ansible_collections.nightshift.fleet.plugins.module_utils.imaging.engine import EngineError
from ansible_collections.nightshift.fleet.plugins.modules.reimage_room import RETURN

sys.path.insert(0, str(Path(__file__).parent))

from clonezilla_scenes import JOB, OTHER, PARTS, ROOM, Building, address, mac

from tests.modules import run_module


class Room:
    """Someone who runs the module for S12."""

    def __init__(self, building: Building, folder: Path) -> None:
        self.building = building
        self.job_file = folder / "jobs" / "S12.job"

    def options(self, state: str, **changes: Any) -> dict[str, Any]:
        """The module's options; one that is changed to None is left out."""
        told: dict[str, Any] = {
            "state": state,
            "room": "S12",
            "confirm_room": "S12",
            "seats": [{"name": name, "mac": mac(name), "address": address(name)} for name in ROOM],
            "expected_hosts": ROOM,
            "image": "winter",
            "job": JOB,
            "engine": "clonezilla",
            "clonezilla": {"interface": "eth1", "timeout": 60, "root": str(self.building.root)},
        }
        return {name: value for name, value in (told | changes).items() if value is not None}

    def run(self, state: str, *, check: bool = False, **changes: Any) -> dict[str, Any]:
        """Return the result of one run; its ``failed`` is always there."""
        return run_module("reimage_room", self.options(state, **changes), check=check)


@pytest.fixture
def room(building: Building, tmp_path: Path) -> Room:
    """The room."""
    return Room(building, tmp_path)


def test_a_room_gets_its_image_from_preflight_to_finish(room: Room) -> None:
    documented = yaml.safe_load(RETURN)
    told = {state: room.run(state) for state in ("preflight", "started")}
    assert told["preflight"]["requests"] == told["started"]["requests"]
    assert (told["started"]["changed"], told["started"]["armed"]) == (True, sorted(mac(name) for name in ROOM))
    for name in ROOM[:2]:
        room.building.pc(name).image(*PARTS)
    told["progress"] = room.run("progress")
    assert [seat["claim"] for seat in told["progress"]["seats"]] == ["done", "done", "armed"]
    room.building.transfer()
    told["verified"] = room.run("verified")
    assert [seat["verdict"] for seat in told["verified"]["seats"]] == ["unverified", "unverified", "absent"]
    told["finished"] = room.run("finished")
    assert (told["finished"]["changed"], told["finished"]["armed"]) == (True, [])
    assert room.building.armed() == set()
    for state, result in told.items():
        assert not result["failed"], result
        assert result.keys() - {"failed", "changed", "invocation"} <= documented.keys(), state


def test_what_seats_tell_is_written_down_after_the_module_has_ended(room: Room) -> None:
    """ocsmgrd writes to what it was started with: of a pipe that nobody reads any more it would die."""
    room.run("started")
    for name in ROOM:
        room.building.pc(name).image(*PARTS)
    assert room.building.layout.log.read_text().count("finished restoring") == 3


def test_a_seat_that_took_part_in_another_stream_is_claimed_and_never_done(room: Room) -> None:
    """A multicast out of order writes something else, and the seat reports success."""
    room.run("started")
    (room.building.server.tree.stream / "image").write_text("summer")
    pc = room.building.pc(ROOM[0])
    pc.image(*PARTS)
    assert pc.disk == "summer"
    seat = room.run("verified")["seats"][0]
    assert (seat["claim"], seat["verdict"]) == ("done", "unverified")


def test_the_room_next_door_is_refused_with_the_reason(room: Room) -> None:
    room.run("started")
    seats = [{"name": name, "mac": mac(name), "address": address(name)} for name in OTHER]
    changes = {"room": "S13", "confirm_room": "S13", "seats": seats, "expected_hosts": OTHER, "image": "summer"}
    told = room.run("started", **changes, job=None, job_file=str(room.job_file))
    assert told["failed"] and f"job {JOB} of room S12 has this server" in told["msg"]
    assert told["problems"][0]["seat"] == ""
    assert room.building.armed() == set(ROOM)
    assert not room.job_file.exists()


def test_check_mode_shows_hosts_image_and_the_command_and_changes_nothing(room: Room) -> None:
    before = room.building.files()
    told = room.run("started", check=True)
    assert (told["changed"], told["hosts"], told["image"], told["armed"]) == (True, ROOM, "winter", [])
    assert told["requests"][0].endswith("-h '10.77.0.81 10.77.0.82 10.77.0.83' startdisk multicast_restore winter sda")
    assert room.building.files() == before


def test_a_second_start_carries_on_and_a_cancelled_job_does_not_start_again(room: Room) -> None:
    room.run("started")
    again = room.run("started")
    assert (again["failed"], again["changed"], again["requests"]) == (False, False, [])
    room.building.pc(ROOM[1]).boot()
    cancelled = room.run("cancelled")
    assert (cancelled["changed"], cancelled["armed"], cancelled["closed"]) == (True, [], True)
    assert [seat["verdict"] for seat in room.run("verified")["seats"]] == ["absent", "interrupted", "absent"]
    assert "it was cancelled" in room.run("started")["msg"]
    assert room.building.armed() == set()


def test_a_machine_that_is_no_drbl_server_says_so(room: Room, tmp_path: Path) -> None:
    told = room.run("started", clonezilla={"root": str(tmp_path / "nowhere")})
    assert told["failed"] and "run this on the DRBL server" in told["msg"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_somebody_who_is_not_root_is_told_to_become_it() -> None:
    os.seteuid(65534)
    try:
        with pytest.raises(EngineError, match="this is not root; set become"):
            clonezilla_engine({"root": "/", "timeout": 1})
    finally:
        os.seteuid(0)
