# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The life of a job on a FOG server, from what forbids it to what is left behind."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from ansible_collections.nightshift.fleet.plugins.module_utils.imaging.engine import EngineError, Seat, SeatState
from ansible_collections.nightshift.fleet.plugins.module_utils.imaging.fog.engine import FogEngine
from fog_scenes import JOB, OTHER, ROOM, Building, mac

from lab.fog.server import Asked


def problems(building: Building, **changes: object) -> list[str]:
    found = building.engine.preflight(building.spec(**changes))
    return [f"{problem.seat}: {problem.what}" if problem.seat else problem.what for problem in found]


def states(building: Building) -> dict[str, SeatState]:
    return {seat.seat: seat.state for seat in building.engine.progress(building.spec()).seats}


def test_a_room_in_order_has_no_problem_and_nothing_is_sent(building: Building) -> None:
    assert problems(building) == []
    assert building.server.orders() == []


def test_a_seat_with_a_mac_that_fog_does_not_know_forbids_the_job(building: Building) -> None:
    seats = (Seat(ROOM[0], "52:54:00:00:00:99"),)
    assert problems(building, seats=seats) == [
        "S12-PC01: FOG knows no host with MAC 52:54:00:00:00:99; register it there"
    ]


def test_a_seat_that_fog_calls_otherwise_forbids_the_job(building: Building) -> None:
    seats = (Seat(ROOM[0], mac(OTHER[0])),)
    assert "FOG calls the host" in problems(building, seats=seats)[0]


def test_the_name_of_a_seat_may_have_a_domain_and_other_capitals(building: Building) -> None:
    assert problems(building, seats=(Seat("s12-pc01.school.example", mac(ROOM[0])),)) == []


def test_two_seats_of_one_host_forbid_the_job(building: Building) -> None:
    building.store.hosts[building.id_of(ROOM[0])].macs.append("52:54:00:77:12:aa")
    seats = (Seat(ROOM[0], mac(ROOM[0])), Seat(ROOM[0], "52:54:00:77:12:aa"))
    assert "is two seats of the room" in problems(building, seats=seats)[0]


def test_a_room_without_seats_and_a_host_that_waits_for_approval_forbid_the_job(building: Building) -> None:
    assert "has no seats" in problems(building, seats=())[0]
    building.store.hosts[building.id_of(ROOM[0])].pending = "1"
    assert "waits for approval" in problems(building)[0]


def test_an_image_must_exist_and_be_enabled(building: Building) -> None:
    building.store.add_image("off", enabled=False)
    assert "FOG has 0 of that name" in problems(building, image="none")[0]
    assert "not enabled" in problems(building, image="off")[0]


@pytest.mark.parametrize("stored", ["2", "4", "6"])
def test_an_image_in_pieces_is_refused_for_multicast_and_taken_for_unicast(building: Building, stored: str) -> None:
    building.store.add_image("pieces", format=stored)
    assert "in pieces" in problems(building, image="pieces")[0]
    assert building.engine.preflight(replace(building.unicast(), image="pieces")) == ()


def test_a_storage_node_must_be_master(building: Building) -> None:
    building.store.node_master = "0"
    assert "no master is enabled" in problems(building)[0]


def test_a_bitrate_is_a_setting_of_the_node_and_must_be_low_enough(building: Building) -> None:
    assert "limits its multicast to nothing" in problems(building, max_bitrate=100_000_000)[0]
    building.store.node_bitrate = "900m"
    assert "limits its multicast to 900m" in problems(building, max_bitrate=100_000_000)[0]
    building.store.node_bitrate = "90m"
    assert problems(building, max_bitrate=100_000_000) == []


def test_a_seat_with_a_task_of_someone_else_forbids_the_job(building: Building) -> None:
    building.store.task_host(building.store.hosts[building.id_of(ROOM[1])], 1, "help desk", "", "0")
    with pytest.raises(EngineError, match="S12-PC02: FOG has another task for it"):
        building.engine.start(building.spec())
    assert building.server.orders() == []


def test_a_second_room_is_refused_before_anything_is_armed(building: Building) -> None:
    building.engine.start(building.spec())
    before = building.server.orders()
    seats = tuple(Seat(name, mac(name)) for name in OTHER)
    with pytest.raises(EngineError, match="another multicast runs"):
        building.engine.start(building.spec(id="reimage-s13-20261121T220500Z-ffffff", room="s13", seats=seats))
    assert building.server.orders() == before
    assert set(building.busy()) == set(ROOM)


def test_check_mode_tells_the_requests_and_sends_none(building: Building) -> None:
    told = building.engine.start(building.spec(), check=True)
    assert [step.text.split(" {")[0] for step in told.requests] == [
        "PUT /host/1/edit",
        "PUT /host/2/edit",
        "PUT /host/3/edit",
        "POST /group/create",
        "POST /group/<the new group>/task",
    ]
    assert building.server.orders() == []


def test_starting_arms_exactly_the_room(building: Building) -> None:
    building.engine.start(building.spec())
    assert building.busy() == {name: [f"{JOB} - {JOB}"] for name in ROOM}
    assert building.engine.armed() == {mac(name) for name in ROOM}


def test_unicast_arms_exactly_the_room_without_a_group(building: Building) -> None:
    building.engine.start(building.unicast())
    assert building.busy() == {name: [f"{JOB} - {name}"] for name in ROOM}
    assert {task.type for task in building.store.tasks.values()} == {17}
    assert building.store.groups == {}


@pytest.mark.parametrize("after", ["poweroff", "reboot"])
def test_what_comes_after_is_told_to_fog(building: Building, after: str) -> None:
    building.engine.start(building.spec(after=after))
    assert {task.shutdown for task in building.store.tasks.values()} == {"1" if after == "poweroff" else "0"}


def test_a_second_start_carries_on(building: Building) -> None:
    building.engine.start(building.spec())
    before = building.server.orders()
    assert not building.engine.start(building.spec()).changed
    building.pc(ROOM[0]).boot()
    assert not building.engine.start(building.spec()).changed
    for name in ROOM:
        building.pc(name).image()
    assert not building.engine.start(building.spec()).changed
    assert building.server.orders() == before


def test_a_start_that_died_after_its_group_uses_that_group(building: Building) -> None:
    building.store.add_group(JOB, [building.id_of(name) for name in ROOM])
    building.engine.start(building.spec())
    assert len(building.store.groups) == 1
    assert set(building.busy()) == set(ROOM)


def test_a_group_of_the_job_with_other_hosts_is_made_anew(building: Building) -> None:
    building.store.add_group(JOB, [building.id_of(name) for name in OTHER])
    building.engine.start(building.spec())
    assert set(building.busy()) == set(ROOM)


def test_a_start_that_died_between_two_seats_is_undone(building: Building) -> None:
    building.store.task_host(building.store.hosts[building.id_of(ROOM[0])], 17, JOB, "", "0")
    with pytest.raises(EngineError, match="armed in part"):
        building.engine.start(building.unicast())
    assert building.busy() == {}


def test_progress_tells_percent_rate_and_what_remains(building: Building) -> None:
    building.engine.start(building.spec())
    assert set(states(building).values()) == {SeatState.ARMED}
    pc = building.pc(ROOM[0])
    pc.boot()
    pc.report(25.03)
    told = building.engine.progress(building.spec())
    first = told.seats[0]
    assert (first.state, first.percent, first.rate, first.remaining, first.detail) == (
        SeatState.STARTED, 25.03, "2.3GB/min", "00:03:20", "1.2GB of 4.8GB",
    )  # fmt: skip
    assert (told.joined, told.expected, told.closed) == (1, 3, False)


def test_the_time_of_a_seat_is_told_where_the_zone_of_the_server_is_known(building: Building) -> None:
    building.engine.start(building.spec())
    building.pc(ROOM[0]).boot()
    assert building.engine.progress(building.spec()).seats[0].since is None
    told = FogEngine(building.client, ZoneInfo("Europe/Paris")).progress(building.spec()).seats[0].since
    assert told is not None and told.isoformat().startswith("2026-11-21T21:0")


def test_a_room_that_is_done_is_closed_and_leaves_nothing(building: Building) -> None:
    building.engine.start(building.spec())
    for name in ROOM:
        building.pc(name).image()
    assert building.engine.progress(building.spec()).closed
    assert {seat.state for seat in building.engine.verify(building.spec())} == {SeatState.DONE}
    assert building.engine.finish(building.spec()).changed
    assert (building.busy(), building.store.groups, building.engine.armed()) == ({}, {}, frozenset())
    assert not building.engine.finish(building.spec()).changed


def test_a_multicast_that_fog_never_closes_is_closed_and_the_seats_stay_done(building: Building) -> None:
    building.store.quirks.session_stays = True
    building.engine.start(building.spec())
    for name in ROOM:
        building.pc(name).image()
    assert not building.engine.progress(building.spec()).closed
    building.engine.finish(building.spec())
    assert building.engine.progress(building.spec()).closed
    assert {seat.state for seat in building.engine.verify(building.spec())} == {SeatState.DONE}


def test_a_task_that_the_service_calls_complete_is_not_verified_without_its_log(building: Building) -> None:
    building.engine.start(building.spec())
    building.pc(ROOM[0]).image()
    building.pc(ROOM[1]).boot()
    building.store.complete_session(1)  # the sender has ended: PC02 broke off, PC03 never came
    assert [seat.state for seat in building.engine.verify(building.spec())] == [
        SeatState.DONE, SeatState.UNKNOWN, SeatState.UNKNOWN,
    ]  # fmt: skip


def test_a_seat_that_was_being_written_when_the_job_was_cancelled_is_interrupted(building: Building) -> None:
    building.engine.start(building.spec())
    building.pc(ROOM[0]).image()
    building.pc(ROOM[1]).boot()
    building.engine.cancel(building.spec())
    assert list(states(building).values()) == [SeatState.DONE, SeatState.INTERRUPTED, SeatState.CANCELLED]
    assert building.engine.armed() == frozenset()


def test_finishing_waits_for_a_seat_that_is_being_written_and_disarms_one_that_never_came(building: Building) -> None:
    building.engine.start(building.spec())
    pc = building.pc(ROOM[0])
    pc.boot()
    with pytest.raises(EngineError, match="being written"):
        building.engine.finish(building.spec())
    pc.done()
    building.engine.finish(building.spec())
    assert building.engine.armed() == frozenset()


def test_cancelling_and_finishing_in_check_mode_tell_and_send_nothing(building: Building) -> None:
    building.engine.start(building.spec())
    before = building.server.orders()
    assert [step.text for step in building.engine.cancel(building.spec(), check=True).requests] == [
        "DELETE /multicastsession/1/cancel"
    ]
    assert len(building.engine.finish(building.spec(), check=True).requests) == 2
    assert building.server.orders() == before


def test_an_order_without_an_answer_is_read_back_like_any_other(building: Building) -> None:
    def breaks(asked: Asked) -> None:
        if asked.path.endswith("/task") and asked.method == "POST":
            group = next(iter(building.store.groups.values()))
            building.store.task_group(group, 8, asked.body["taskName"], "1")
            raise ConnectionResetError

    building.server.before = breaks
    assert building.engine.start(building.spec()).changed
    assert set(building.busy()) == set(ROOM)
