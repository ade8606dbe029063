# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module ``reimage_room`` as Ansible runs it, in a process of its own, against a FOG server over TLS."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.nightshift.fleet.plugins.module_utils.imaging.engines import ENGINES
from ansible_collections.nightshift.fleet.plugins.module_utils.imaging.room_steps import argument_spec
from ansible_collections.nightshift.fleet.plugins.modules.reimage_room import DOCUMENTATION, EXAMPLES, RETURN

sys.path.insert(0, str(Path(__file__).parent / "fog"))

from fog_scenes import JOB, OTHER, ROOM, Building, building_with, mac

from lab.fog.answers import DOMAIN_PASSWORD, NODE_PASSWORD, PRODUCT_KEY
from lab.fog.server import API_TOKEN, USER_TOKEN
from tests.modules import options_of, run_module

SECRETS = (
    API_TOKEN, USER_TOKEN, base64.b64decode(API_TOKEN).decode(), base64.b64decode(USER_TOKEN).decode(),
    NODE_PASSWORD, DOMAIN_PASSWORD, PRODUCT_KEY,
)  # fmt: skip
NEXT_DOOR = {OTHER[0]: ["help desk - S13-PC01"]}


def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}


class Room:
    """Someone who runs the module for S12; every result is searched for secrets."""

    def __init__(self, building: Building, folder: Path) -> None:
        self.building = building
        self.job_file = folder / "jobs" / "S12.job"

    def options(self, state: str, **changes: Any) -> dict[str, Any]:
        """The module's options; one that is changed to None is left out."""
        told: dict[str, Any] = {
            "state": state,
            "room": "S12",
            "confirm_room": "S12",
            "seats": [{"name": name, "mac": mac(name)} for name in ROOM],
            "expected_hosts": ROOM,
            "image": "new",
            "job": JOB,
            "engine": "fog",
            "fog": {
                "url": self.building.server.url,
                "api_token": API_TOKEN,
                "user_token": USER_TOKEN,
                "ca_path": str(self.building.ca),
                "timeout": 10,
            },
        }
        return {name: value for name, value in (told | changes).items() if value is not None}

    def run(self, state: str, *, check: bool = False, **changes: Any) -> dict[str, Any]:
        """Return the result of one run; its ``failed`` is always there."""
        told = self.options(state, **changes)
        return run_module("reimage_room", told, check=check, env=environment(), secrets=SECRETS)

    def kept(self, state: str, **changes: Any) -> dict[str, Any]:
        """Run with the job's identity in the file."""
        return self.run(state, job=None, job_file=str(self.job_file), **changes)

    def claims(self) -> list[str]:
        return [seat["claim"] for seat in self.run("progress")["seats"]]


@pytest.fixture(params=["1.5", "1.6"])
def room(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Room]:
    """The room on a server of each dialect."""
    with building_with(tmp_path, request.param) as building:
        yield Room(building, tmp_path)


@pytest.fixture
def old_room(tmp_path: Path) -> Iterator[Room]:
    """The room on a server of the dialect 1.5 alone."""
    with building_with(tmp_path, "1.5") as building:
        yield Room(building, tmp_path)


def test_preflight_of_a_room_in_order_tells_the_requests_and_sends_nothing(room: Room) -> None:
    told = room.run("preflight")
    assert (told["failed"], told["changed"], told["problems"]) == (False, False, [])
    assert told["requests"][0] == 'PUT /host/1/edit {"imageID":2}'
    assert room.building.server.orders() == []


def test_preflight_fails_with_every_problem_by_itself(room: Room) -> None:
    store = room.building.store
    store.hosts[room.building.id_of(ROOM[1])].pending = "1"
    seats = [{"name": name, "mac": mac(name)} for name in ROOM[:2]] + [{"name": ROOM[2], "mac": "52:54:00:00:00:99"}]
    told = room.run("preflight", seats=seats, image="none")
    assert told["failed"]
    assert [(problem["seat"], problem["what"].split(";")[0]) for problem in told["problems"]] == [
        (ROOM[1], "the host waits for approval in FOG"),
        (ROOM[2], "FOG knows no host with MAC 52:54:00:00:00:99"),
        ("", "image none: FOG has 0 of that name"),
    ]
    assert room.building.server.orders() == []


def test_check_mode_shows_hosts_image_and_requests_and_changes_nothing(room: Room) -> None:
    told = room.kept("started", check=True)
    assert (told["changed"], told["hosts"], told["image"], told["armed"]) == (True, ROOM, "new", [])
    assert [request.split(" {")[0] for request in told["requests"]] == [
        "PUT /host/1/edit",
        "PUT /host/2/edit",
        "PUT /host/3/edit",
        "POST /group/create",
        "POST /group/<the new group>/task",
    ]
    assert room.building.server.orders() == []
    assert room.building.busy() == {}
    assert not room.job_file.exists()


def test_check_mode_of_cancelled_and_finished_changes_nothing(old_room: Room) -> None:
    old_room.kept("started")
    before = old_room.building.server.orders()
    assert old_room.kept("cancelled", check=True)["requests"] == ["DELETE /multicastsession/1/cancel"]
    assert old_room.kept("finished", check=True)["changed"]
    assert old_room.building.server.orders() == before
    assert set(old_room.building.busy()) == set(ROOM)
    assert old_room.job_file.exists()


def test_starting_arms_exactly_the_seats_of_the_room(room: Room) -> None:
    told = room.run("started")
    assert (told["failed"], told["changed"], told["job"]) == (False, True, JOB)
    assert told["armed"] == sorted(mac(name) for name in ROOM)
    assert set(room.building.busy()) == set(ROOM)
    assert {task.image for task in room.building.store.tasks.values()} == {2}


def test_a_second_start_with_the_same_job_carries_on(room: Room) -> None:
    room.run("started")
    room.building.pc(ROOM[0]).boot()
    before = room.building.server.orders()
    told = room.run("started")
    assert (told["failed"], told["changed"], told["requests"]) == (False, False, [])
    assert room.building.server.orders() == before


def test_a_second_start_finds_its_job_in_the_file(old_room: Room) -> None:
    first = old_room.kept("started")
    before = old_room.building.server.orders()
    again = old_room.kept("started")
    assert (first["changed"], again["changed"], again["job"]) == (True, False, first["job"])
    assert first["job"].startswith("reimage-s12-")
    assert old_room.building.server.orders() == before


def test_a_job_in_the_file_is_not_taken_for_another_image(old_room: Room) -> None:
    old_room.kept("started")
    before = old_room.building.server.orders()
    told = old_room.kept("started", image="old")
    assert told["failed"] and "is open there for image new, not old" in told["msg"]
    assert old_room.building.server.orders() == before


def test_a_start_that_was_forbidden_leaves_no_job_in_the_file(old_room: Room) -> None:
    host = old_room.building.store.hosts[old_room.building.id_of(ROOM[0])]
    host.pending = "1"
    told = old_room.kept("started")
    assert told["failed"] and told["problems"][0]["seat"] == ROOM[0]
    assert not old_room.job_file.exists()
    host.pending = ""
    assert old_room.kept("started")["changed"]


def test_a_start_that_died_after_its_file_was_written_starts_that_job(old_room: Room) -> None:
    first = old_room.kept("started")
    store = old_room.building.store
    for table in (store.tasks, store.sessions, store.receivers, store.groups, store.members):
        table.clear()  # as if the server had never got it
    again = old_room.kept("started")
    assert (again["changed"], again["job"]) == (True, first["job"])
    assert set(old_room.building.busy()) == set(ROOM)


def test_progress_tells_seats_and_room(room: Room) -> None:
    room.run("started")
    pc = room.building.pc(ROOM[0])
    pc.boot()
    pc.report(30.0)
    told = room.run("progress")
    assert told["changed"] is False
    assert told["seats"][0] == {
        "name": ROOM[0], "claim": "started", "percent": 30.0, "rate": "2.3GB/min", "remaining": "00:03:20", "since": "",
        "detail": "1.2GB of 4.8GB",
    }  # fmt: skip
    assert [seat["claim"] for seat in told["seats"][1:]] == ["armed", "armed"]
    assert (told["percent"], told["remaining"], told["closed"]) == (10.0, "00:03:20", False)
    assert (told["joined"], told["expected"]) == (1, 3)


def test_since_is_utc_where_the_zone_of_the_server_is_told(old_room: Room) -> None:
    old_room.run("started")
    old_room.building.pc(ROOM[0]).boot()
    fog = old_room.options("progress")["fog"]
    told = old_room.run("progress", fog=fog | {"time_zone": "Europe/Paris"})
    assert told["seats"][0]["since"].startswith("2026-11-21T21:") and told["seats"][0]["since"].endswith("+00:00")
    wrong = old_room.run("progress", fog=fog | {"time_zone": "Mars/Olympus"})
    assert wrong["failed"] and "Mars/Olympus is unknown here" in wrong["msg"]


def test_a_seat_that_fog_calls_complete_is_claimed_and_never_done(room: Room) -> None:
    """A multicast out of order writes another partition's data, and FOG calls that complete (its issue 1742)."""
    broken = room.building.id_of(ROOM[1])
    room.building.store.quirks.wrong_streams.add(broken)
    room.run("started")
    for name in ROOM:
        room.building.pc(name).image()
    assert room.building.store.hosts[broken].disk == "another partition's data"
    assert room.claims() == ["done"] * 3  # what FOG says
    told = room.run("verified")
    assert [(seat["claim"], seat["verdict"]) for seat in told["seats"]] == [("done", "unverified")] * 3


def test_verified_tells_an_interrupted_seat_and_an_absent_one(room: Room) -> None:
    room.run("started")
    room.building.pc(ROOM[0]).image()
    room.building.pc(ROOM[1]).boot()
    room.run("cancelled")
    assert [seat["verdict"] for seat in room.run("verified")["seats"]] == ["unverified", "interrupted", "absent"]


def test_cancelling_disarms_the_room_and_nothing_else(room: Room) -> None:
    room.building.work_next_door()
    room.run("started")
    told = room.run("cancelled")
    assert (told["failed"], told["changed"], told["closed"]) == (False, True, True)
    assert told["armed"] == [mac(OTHER[0])]
    assert room.building.busy() == NEXT_DOOR
    again = room.run("cancelled")
    assert (again["changed"], again["requests"]) == (False, [])


def test_a_cancelled_job_does_not_start_again(room: Room) -> None:
    room.run("started")
    room.run("cancelled")
    told = room.run("started")
    assert told["failed"] and "it was cancelled" in told["msg"]
    assert room.building.busy() == {}


def test_finishing_leaves_nothing_armed_and_forgets_the_job(room: Room) -> None:
    room.building.work_next_door()
    room.kept("started")
    for name in ROOM[:2]:
        room.building.pc(name).image()
    told = room.kept("finished")  # the third seat never came
    assert (told["failed"], told["changed"], told["armed"]) == (False, True, [mac(OTHER[0])])
    assert room.building.busy() == NEXT_DOOR
    assert room.building.store.groups == {}
    assert not room.job_file.exists()
    again = room.kept("finished")
    assert (again["failed"], again["changed"], again["job"]) == (False, False, "")


def test_finishing_fails_while_a_seat_is_being_written(old_room: Room) -> None:
    old_room.kept("started")
    old_room.building.pc(ROOM[0]).boot()
    told = old_room.kept("finished")
    assert told["failed"] and "are being written" in told["msg"]
    assert old_room.job_file.exists()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"expected_hosts": ROOM[:2]}, "missing: none; too many: S12-PC03"),
        ({"expected_hosts": [*ROOM, "S12-PC04"]}, "missing: S12-PC04; too many: none"),
        ({"confirm_room": "S13"}, "confirm_room: S13 is not room S12"),
        ({"confirm_room": None}, "confirm_room"),
        ({"expected_hosts": None}, "expected_hosts"),
        ({"job": "help desk"}, "help desk is no id of a job of room S12"),
        ({"job": "reimage-s13-20261121T220500Z-ffffff"}, "is no id of a job of room S12"),
        ({"seats": [{"name": ROOM[0], "mac": "5254.0077.1201"}]}, "has MAC 5254.0077.1201; write it as"),
        ({"fog": None}, "fog"),
    ],
)
def test_what_is_not_the_room_of_the_register_is_refused_before_the_server_is_asked(
    old_room: Room, changes: dict[str, Any], says: str
) -> None:
    told = old_room.run("started", **changes)
    assert told["failed"] and says in told["msg"]
    assert old_room.building.server.asked == []


def test_a_seat_of_another_room_is_refused_although_fog_knows_it(room: Room) -> None:
    seats = [{"name": name, "mac": mac(name)} for name in [*ROOM, OTHER[0]]]
    told = room.run("started", seats=seats)
    assert told["failed"] and f"too many: {OTHER[0]}" in told["msg"]
    assert room.building.server.orders() == []


def test_a_token_that_the_server_does_not_take_is_not_told(old_room: Room) -> None:
    wrong = base64.b64encode(b"a-token-of-before").decode()
    told = old_room.run("progress", fog=old_room.options("progress")["fog"] | {"api_token": wrong})
    assert told["failed"] and "does not take the API token" in told["msg"]
    assert wrong not in json.dumps(told) and "a-token-of-before" not in json.dumps(told)


def test_a_password_that_the_server_does_not_take_is_not_told(old_room: Room) -> None:
    fog = old_room.options("progress")["fog"] | {"user_token": "", "user": "ada", "password": "battery staple"}
    told = old_room.run("progress", fog=fog)
    assert told["failed"] and "does not take the user" in told["msg"]
    assert "battery staple" not in json.dumps(told)


def test_ansible_runs_it_and_tells_no_secret_however_much_it_says(old_room: Room) -> None:
    ansible = str(Path(sys.executable).with_name("ansible"))
    words = [ansible, "localhost", "-vvv", "-m", "nightshift.fleet.reimage_room"]
    for check in (["--check"], []):
        done = subprocess.run(
            [*words, *check, "-a", json.dumps(old_room.options("started"))],
            env=environment() | {"ANSIBLE_NOCOLOR": "1"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert '"changed": true' in done.stdout and "PUT /host/3/edit" in done.stdout
        for secret in SECRETS:
            assert secret not in done.stdout + done.stderr
        assert set(old_room.building.busy()) == (set() if check else set(ROOM))


def shape(options: dict[str, dict[str, Any]], inner: str) -> dict[str, Any]:
    """Return what a caller must know of options, from the documentation or from the specification."""
    return {
        name: (
            one.get("type"),
            one.get("required", False),
            one.get("default"),
            one.get("choices"),
            one.get("elements"),
            shape(one.get(inner, {}), inner),
        )
        for name, one in options.items()
    }


def test_the_documentation_and_the_module_know_the_same_options() -> None:
    assert shape(options_of(DOCUMENTATION), "suboptions") == shape(argument_spec(ENGINES), "options")
    for task in yaml.safe_load(EXAMPLES):
        assert task["nightshift.fleet.reimage_room"].keys() <= argument_spec(ENGINES).keys()


def test_every_value_that_is_returned_is_documented(old_room: Room) -> None:
    documented = yaml.safe_load(RETURN)
    for state in ("preflight", "started", "progress", "cancelled", "verified", "finished"):
        told = old_room.run(state)
        assert told.keys() - {"failed", "changed", "invocation"} <= documented.keys()
        for seat in told.get("seats", ()):
            assert seat.keys() <= documented["seats"]["contains"].keys()
