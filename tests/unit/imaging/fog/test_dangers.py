# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Each way in which a FOG server would destroy the wrong thing, and that nothing else in the building is touched."""

from __future__ import annotations

import re

import pytest
from ansible_collections.nightshift.fleet.plugins.module_utils.imaging.engine import EngineError, SeatState
from ansible_collections.nightshift.fleet.plugins.module_utils.imaging.fog.client import task_body
from ansible_collections.nightshift.fleet.plugins.module_utils.imaging.fog.rows import Session, Task
from fog_scenes import OTHER, ROOM, Building

from lab.fog.server import Asked

NEXT_DOOR = {OTHER[0]: ["help desk - S13-PC01"]}


def test_cancelling_stops_the_room_and_leaves_the_help_desk_at_its_work(building: Building) -> None:
    building.work_next_door()
    building.engine.start(building.spec())
    building.engine.cancel(building.spec())
    assert building.busy() == NEXT_DOOR


def test_cancelling_a_job_that_the_server_does_not_know_sends_nothing(building: Building) -> None:
    building.work_next_door()
    assert not building.engine.cancel(building.spec()).changed
    assert building.server.orders() == []
    assert building.busy() == NEXT_DOOR


def test_the_server_of_the_lab_cancels_the_whole_building_for_an_unknown_id(building: Building) -> None:
    building.work_next_door()
    building.client.cancel_task(Task.of({"id": "9999"}))
    assert building.busy() == {}


def test_a_task_that_vanishes_before_it_is_cancelled_is_not_cancelled_by_its_id(building: Building) -> None:
    building.work_next_door()
    building.engine.start(building.unicast())

    def someone_else_deletes_it(asked: Asked) -> None:
        if re.fullmatch(r"/fog/task/\d+", asked.path):
            building.store.tasks.pop(int(asked.path.rsplit("/", 1)[1]), None)

    building.server.before = someone_else_deletes_it
    building.engine.cancel(building.unicast())
    assert not [order for order in building.server.orders() if order.startswith("DELETE")]
    assert building.busy() == NEXT_DOOR


def test_a_task_that_is_someone_elses_by_now_is_not_cancelled(building: Building) -> None:
    building.engine.start(building.unicast())

    def renamed(asked: Asked) -> None:
        if re.fullmatch(r"/fog/task/\d+", asked.path):
            building.store.tasks[int(asked.path.rsplit("/", 1)[1])].name = "help desk"

    building.server.before = renamed
    building.engine.cancel(building.unicast())
    assert not [order for order in building.server.orders() if order.startswith("DELETE")]


@pytest.mark.parametrize("nothing", [0, -1])
def test_no_order_is_given_for_an_id_that_is_none(building: Building, nothing: int) -> None:
    client = building.client
    before = len(building.server.asked)
    for order in (
        lambda: client.cancel_task(Task.of({"id": nothing})),
        lambda: client.cancel_session(Session.of({"id": nothing})),
        lambda: client.delete_group(nothing),
        lambda: client.set_image(nothing, 1),
        lambda: client.set_image(1, nothing),
    ):
        with pytest.raises(EngineError, match="everything"):
            order()
    assert len(building.server.asked) == before


def test_a_multicast_without_receivers_is_not_cancelled_as_that_may_mean_all(building: Building) -> None:
    building.engine.start(building.spec())
    building.store.receivers.clear()
    with pytest.raises(EngineError, match="no receivers"):
        building.engine.cancel(building.spec())


def test_a_server_that_fails_at_a_single_task_is_given_the_exact_body(old_building: Building) -> None:
    old_building.work_next_door()
    old_building.store.quirks.php8 = True
    old_building.engine.start(old_building.unicast())
    old_building.engine.cancel(old_building.unicast())
    bodies = [one.body for one in old_building.server.asked if one.path == "/fog/task/cancel"]
    assert bodies == [{"hostID": old_building.id_of(name)} for name in ROOM]
    assert old_building.busy() == NEXT_DOOR


def test_the_exact_body_is_not_sent_where_a_proxy_drops_bodies(old_building: Building) -> None:
    old_building.work_next_door()
    old_building.engine.start(old_building.unicast())
    old_building.store.quirks.php8 = True
    old_building.store.quirks.bodies_lost = True
    with pytest.raises(EngineError, match="bodies do not reach FOG"):
        old_building.engine.cancel(old_building.unicast())
    assert set(old_building.busy()) == {*ROOM, OTHER[0]}


def test_a_cancel_that_is_answered_and_not_done_is_an_error(building: Building) -> None:
    building.engine.start(building.spec())
    building.store.quirks.cancel_does_nothing = True
    with pytest.raises(EngineError, match="still armed"):
        building.engine.cancel(building.spec())


def test_every_seat_gets_the_wanted_image_though_fog_takes_the_lowest_of_the_group(building: Building) -> None:
    building.engine.start(building.spec())
    new = next(image.id for image in building.store.images.values() if image.name == "new")
    assert {task.image for task in building.store.tasks.values()} == {new}


def test_a_seat_whose_image_does_not_change_stops_the_job_before_anything_is_armed(building: Building) -> None:
    building.store.quirks.image_not_taken = {building.id_of(ROOM[1])}
    with pytest.raises(EngineError, match=r"S12-PC02: FOG did not take image new"):
        building.engine.start(building.spec())
    assert building.busy() == {}
    assert not [order for order in building.server.orders() if order.endswith("/task")]


def test_an_image_that_is_changed_back_before_the_tasks_are_made_is_noticed(building: Building) -> None:
    def someone_sets_it_back(asked: Asked) -> None:
        if asked.path.endswith("/task") and asked.method == "POST":
            building.store.hosts[building.id_of(ROOM[0])].image = 1

    building.server.before = someone_sets_it_back
    with pytest.raises(EngineError, match="has image 1, not 2"):
        building.engine.start(building.spec())
    assert building.busy() == {}


def test_a_name_is_never_sent_with_the_image(building: Building) -> None:
    building.engine.start(building.spec())
    assert {tuple(one.body) for one in building.server.asked if one.method == "PUT"} == {("imageID",)}


def test_a_seat_that_becomes_busy_makes_a_ghost_and_the_job_is_undone(building: Building) -> None:
    def someone_deploys_it(asked: Asked) -> None:
        if asked.path.endswith("/task") and asked.method == "POST":
            building.server.before = None
            building.store.task_host(building.store.hosts[building.id_of(ROOM[2])], 1, "help desk", "", "0")

    building.server.before = someone_deploys_it
    with pytest.raises(EngineError, match="waits for 3 receivers, 2 seats are armed"):
        building.engine.start(building.spec())
    assert building.busy() == {ROOM[2]: ["help desk - S12-PC03"]}


def test_a_ghost_that_is_listed_forbids_a_job(building: Building) -> None:
    ghost = Task.of({"id": 7, "name": "old job - x", "hostID": "0", "stateID": "1"})
    building.client.active_tasks = lambda: (ghost,)  # type: ignore[method-assign] # newer servers list it
    assert any("task for no host" in problem.what for problem in building.engine.preflight(building.spec()))


def test_an_error_as_answer_is_no_error_when_everything_is_armed(building: Building) -> None:
    building.store.quirks.created_but_500 = True
    assert building.engine.start(building.spec()).changed
    assert set(building.busy()) == set(ROOM)


def test_an_answer_without_tasks_is_an_error(building: Building) -> None:
    building.store.quirks.accepted_but_nothing = True
    with pytest.raises(EngineError, match=r"host \d has no task"):
        building.engine.start(building.spec())


def test_a_group_with_one_more_host_is_never_used(building: Building) -> None:
    stranger = building.id_of(OTHER[0])

    def one_more(asked: Asked) -> None:
        if asked.path == "/fog/group/create":
            asked.body["hosts"].append(stranger)

    building.server.before = one_more
    with pytest.raises(EngineError, match="nothing was armed"):
        building.engine.start(building.spec())
    assert building.busy() == {}


@pytest.mark.parametrize("kind", [2, 3, 15, 16, 18, 19, 20, 99, 0])
def test_no_other_kind_of_task_can_be_asked_for(kind: int) -> None:
    with pytest.raises(EngineError, match=f"task type {kind} is not allowed"):
        task_body(kind, "x", shutdown=False)


@pytest.mark.parametrize("kind", [1, 8, 14, 17])
def test_waking_is_always_said_and_always_off(kind: int) -> None:
    assert task_body(kind, "x", shutdown=True) == {
        "taskTypeID": kind,
        "taskName": "x",
        "shutdown": "1",
        "wol": False,
        "debug": False,
        "deploySnapins": False,
    }


def test_a_seat_with_the_wrong_content_is_a_claim_of_done_and_no_more(building: Building) -> None:
    building.engine.start(building.spec())
    building.store.quirks.wrong_streams = {building.id_of(ROOM[1])}
    for name in ROOM:
        building.pc(name).image()
    disks = {host.name: host.disk for host in building.store.hosts.values() if host.name in ROOM}
    assert disks[ROOM[1]] != "new"  # and FOG says of all three:
    assert {seat.state for seat in building.engine.verify(building.spec())} == {SeatState.DONE}
