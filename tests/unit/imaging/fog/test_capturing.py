# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reading the disk of one PC into an image: exactly that PC, exactly that image, and never over another one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from ansible_collections.nightshift.fleet.plugins.module_utils.imaging.engine import (
    CaptureSpec,
    EngineError,
    Seat,
    SeatState,
)
from ansible_collections.nightshift.fleet.plugins.module_utils.imaging.fog.capture import FogCapture
from fog_scenes import OTHER, ROOM, Building, mac

from lab.fog.server import Asked
from lab.fog.store import ImageRow

SPEC = CaptureSpec("capture-new-20261121T220000Z-0a1b2c", Seat(ROOM[0], mac(ROOM[0])), "new")


def engine(building: Building) -> FogCapture:
    return FogCapture(building.client)


def image(building: Building, name: str) -> ImageRow:
    return next(row for row in building.store.images.values() if row.name == name)


def test_exactly_one_pc_is_armed_for_reading_into_exactly_that_image(building: Building) -> None:
    started = engine(building).start(SPEC)
    assert started.changed
    (task,) = building.store.tasks.values()
    assert (task.host, task.type, task.image) == (building.id_of(ROOM[0]), 2, image(building, "new").id)
    assert engine(building).armed() == {mac(ROOM[0])}


def test_a_second_start_carries_on_before_and_after_the_end(building: Building) -> None:
    engine(building).start(SPEC)
    assert not engine(building).start(SPEC).changed
    assert building.pc(ROOM[0]).capture()
    assert not engine(building).start(SPEC).changed
    assert len(building.store.tasks) == 1


def test_a_capture_that_ended_well_is_a_claim_of_done(building: Building) -> None:
    engine(building).start(SPEC)
    assert engine(building).verify(SPEC).state is SeatState.ARMED
    assert building.pc(ROOM[0]).capture()
    assert engine(building).verify(SPEC).state is SeatState.DONE
    assert engine(building).progress(SPEC).closed
    assert image(building, "new").source == ROOM[0]
    engine(building).finish(SPEC)
    assert engine(building).armed() == frozenset()


def test_a_capture_that_fog_calls_complete_with_an_empty_image_is_not_done(building: Building) -> None:
    building.store.quirks.capture_empty = True
    engine(building).start(SPEC)
    assert building.pc(ROOM[0]).capture()
    said = engine(building).verify(SPEC)
    assert (said.state, said.detail) == (SeatState.UNKNOWN, "FOG calls the task complete, and its image holds nothing")


def test_an_image_that_holds_a_disk_is_never_captured_into(building: Building) -> None:
    image(building, "new").size = "524288000:214748364800:"
    with pytest.raises(EngineError, match="it holds a disk, which would be lost"):
        engine(building).start(SPEC)
    assert building.server.orders() == []


def test_a_protected_image_is_refused_in_words(building: Building) -> None:
    image(building, "new").protected = True
    with pytest.raises(EngineError, match="it is protected in FOG"):
        engine(building).start(SPEC)
    assert building.server.orders() == []


def test_an_image_that_is_missing_is_made_like_another_one(building: Building) -> None:
    old = image(building, "old")
    old.os, old.kind, old.partitions, old.format = 5, 2, 3, "0"
    spec = replace(SPEC, image="room-2", like="old")
    engine(building).start(spec)
    made = image(building, "room-2")
    assert (made.os, made.kind, made.partitions, made.format) == (5, 2, 3, "0")
    assert next(iter(building.store.tasks.values())).image == made.id
    assert old.source == ""


def test_an_image_that_is_missing_is_not_made_of_nothing(building: Building) -> None:
    with pytest.raises(EngineError, match="image room-2: FOG has 0 of that name"):
        engine(building).start(replace(SPEC, image="room-2"))
    assert building.server.orders() == []


def test_check_mode_tells_the_requests_and_sends_none(building: Building) -> None:
    told = engine(building).start(replace(SPEC, image="room-2", like="old"), check=True)
    assert [step.text.split(" ")[0] for step in told.requests] == ["POST", "PUT", "POST"]
    assert '"taskTypeID":2' in told.requests[-1].text
    assert building.server.orders() == []


def test_a_pc_with_another_task_is_left_alone(building: Building) -> None:
    building.store.task_host(building.store.hosts[building.id_of(ROOM[0])], 1, "help desk", "", "0")
    with pytest.raises(EngineError, match="FOG has another task for it"):
        engine(building).start(SPEC)
    assert building.busy() == {ROOM[0]: ["help desk - S12-PC01"]}


def _other_kind(asked: Asked) -> None:
    if asked.method == "POST" and asked.path.endswith("/task"):
        asked.body["taskTypeID"] = 1


def _other_image(building: Building) -> Callable[[Asked], None]:
    def before(asked: Asked) -> None:
        if asked.method == "POST" and asked.path.endswith("/task"):
            building.store.hosts[building.id_of(ROOM[0])].image = image(building, "old").id

    return before


def test_a_task_that_writes_where_reading_was_asked_is_disarmed(building: Building) -> None:
    building.work_next_door()
    building.server.before = _other_kind
    with pytest.raises(EngineError, match="of type 1, not 2"):
        engine(building).start(SPEC)
    assert building.busy() == {OTHER[0]: ["help desk - S13-PC01"]}


def test_a_task_that_would_overwrite_another_image_is_disarmed(building: Building) -> None:
    building.work_next_door()
    building.server.before = _other_image(building)
    with pytest.raises(EngineError, match="has image"):
        engine(building).start(SPEC)
    assert building.busy() == {OTHER[0]: ["help desk - S13-PC01"]}
    assert image(building, "old").source == ""


def test_a_server_that_says_no_and_does_it_is_believed_by_what_it_holds(building: Building) -> None:
    building.store.quirks.created_but_500 = True
    assert engine(building).start(SPEC).changed
    assert engine(building).armed() == {mac(ROOM[0])}


def test_a_server_that_says_yes_and_does_nothing_is_noticed(building: Building) -> None:
    building.store.quirks.accepted_but_nothing = True
    with pytest.raises(EngineError, match="it has 0 tasks"):
        engine(building).start(SPEC)


def test_cancelling_touches_nothing_else_in_the_building(building: Building) -> None:
    building.work_next_door()
    engine(building).start(SPEC)
    assert engine(building).cancel(SPEC).changed
    assert building.busy() == {OTHER[0]: ["help desk - S13-PC01"]}
    assert engine(building).verify(SPEC).state is SeatState.CANCELLED


def test_a_room_is_not_imaged_while_an_image_is_captured(building: Building) -> None:
    engine(building).start(SPEC)
    problems = building.engine.preflight(building.spec(seats=(Seat(ROOM[1], mac(ROOM[1])),)))
    assert any("another job runs on this server: capture-" in problem.what for problem in problems)
