# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A job from its start to its finish with Clonezilla SE, on a server of the lab."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest
from ansible_collections.nightshift.fleet.plugins.module_utils.imaging.engine import EngineError, Mode, SeatState

sys.path.insert(0, str(Path(__file__).parent))

from clonezilla_scenes import JOB, OTHER, PARTS, ROOM, Building, address, mac

ALL = frozenset(mac(name) for name in ROOM)


def states(building: Building, **changes: object) -> list[str]:
    return [seat.state.value for seat in building.engine.progress(building.spec(**changes)).seats]


def test_a_room_in_order_has_nothing_that_forbids_the_job(building: Building) -> None:
    assert building.engine.preflight(building.spec(max_bitrate=None)) == ()
    assert building.engine.preflight(building.unicast()) == ()


def test_start_arms_exactly_the_room_and_starts_one_sender(building: Building) -> None:
    started = building.engine.start(building.spec())
    assert started.changed
    assert building.engine.armed() == ALL
    assert building.armed() == set(ROOM)
    assert building.running() == {"drbl-ocs": 1, "ocsmgrd": 1, "udp-sender": 1}
    assert {building.pc(name).boot() for name in OTHER} == {"drbl"}


def test_check_mode_tells_the_command_and_changes_nothing(building: Building) -> None:
    before = building.files()
    started = building.engine.start(building.spec(after="reboot", wait_seconds=90), check=True)
    assert [shlex.split(step.text) for step in started.requests] == [
        [
            "drbl-ocs", "-b", "-l", "en_US.UTF-8", "-g", "auto", "-e1", "auto", "-e2", "-r", "-j2", "-nogui", "-p",
            "reboot", "-x", "--clients-to-wait", "3", "--max-time-to-wait", "90", "--mcast-iface", "eth1",
            "-h", "10.77.0.81 10.77.0.82 10.77.0.83", "startdisk", "multicast_restore", "winter", "sda",
        ]
    ]  # fmt: skip
    assert building.files() == before
    assert building.running() == {}


def test_the_orders_of_a_seat_are_those_of_the_real_one(building: Building) -> None:
    """As it was seen on a real server, with 60 seconds and another image."""
    building.engine.start(building.spec(wait_seconds=60))
    pc = building.pc(ROOM[0])
    pc.boot()
    assert pc.orders == (
        "-l en_US.UTF-8 --batch -g auto -e1 auto -e2 -r --clone-hidden-data --nogui -p poweroff --max-time-to-wait 60 "
        "-scr --mcast-port 2232 multicast_restoredisk winter sda"
    )


def test_a_second_start_carries_on(building: Building) -> None:
    building.engine.start(building.spec())
    sender = building.server.tree.pids("udp-sender")
    again = building.engine.start(building.spec())
    assert (again.changed, again.requests) == (False, ())
    assert building.server.tree.pids("udp-sender") == sender


def test_a_seat_is_armed_then_started_then_done(building: Building) -> None:
    building.engine.start(building.spec())
    assert states(building) == ["armed"] * 3
    pc = building.pc(ROOM[0])
    pc.boot()
    assert states(building) == ["started", "armed", "armed"]
    building.transfer()
    pc.restore()
    pc.report(*PARTS)
    assert states(building) == ["done", "armed", "armed"]
    progress = building.engine.progress(building.spec())
    assert (progress.joined, progress.expected, progress.closed) == (1, 3, False)
    assert pc.disk == "winter"


def test_a_job_is_closed_when_all_have_told_and_nothing_sends(building: Building) -> None:
    building.engine.start(building.spec())
    for name in ROOM[:2]:
        building.pc(name).image(*PARTS)
    building.pc(ROOM[2], uefi=True).image(*PARTS)
    assert not building.engine.progress(building.spec()).closed  # it still sends
    building.transfer()
    assert building.engine.progress(building.spec()).closed
    assert building.engine.armed() == frozenset()


def test_percent_rate_and_remaining_follow_from_what_has_been_sent(building: Building) -> None:
    building.engine.start(building.spec())
    building.pc(ROOM[0]).boot()
    sent_up_to(building, 0, 500)
    seat = building.engine.progress(building.spec()).seats[0]
    assert (seat.percent, seat.rate, seat.remaining) == (12.5, "", "")
    building.server.sent(0, None)
    sent_up_to(building, 1, 1000)
    building.later(60)
    progress = building.engine.progress(building.spec())
    seat = progress.seats[0]
    assert (seat.percent, seat.rate, seat.remaining) == (50.0, "0.00GB/min", "00:01:20")
    assert "sends sda2" in progress.detail
    assert progress.seats[1].percent == 0.0  # it has not come


def sent_up_to(building: Building, number: int, size: int) -> None:
    """Let a sender get so far, and wait until it has."""
    building.server.sent(number, size)
    for _look in range(500):
        told = [path.read_text() for path in (building.root / "proc").glob("*/io")]
        if any(f"rchar: {size}\n" in text for text in told):
            return
        building.looked_at.commands.pause(0.02)
    raise AssertionError(f"no sender got to {size}")


def test_verify_tells_what_each_seat_told(building: Building) -> None:
    building.engine.start(building.spec())
    building.pc(ROOM[0]).image(*PARTS)
    failing = building.pc(ROOM[1])
    failing.boot()
    failing.report(*PARTS, failed="sda2")
    building.transfer()
    assert [seat.state for seat in building.engine.verify(building.spec())] == [
        SeatState.DONE, SeatState.FAILED, SeatState.ARMED,
    ]  # fmt: skip


def test_finish_disarms_frees_the_server_and_brings_the_earlier_log_back(building: Building) -> None:
    building.layout.log.write_text("what came before\n")
    building.engine.start(building.spec())
    for name in ROOM[:2]:
        building.pc(name).image(*PARTS)
    building.transfer()
    finished = building.engine.finish(building.spec())
    assert [shlex.split(step.text)[0] for step in finished.requests[:2]] == ["drbl-ocs", "dcs"]
    assert building.engine.armed() == frozenset()
    assert building.armed() == set()
    assert building.running() == {}
    assert not building.layout.session.exists()
    assert building.layout.log.read_text() == "what came before\n"
    assert {building.pc(name).boot() for name in ROOM} == {"local"}
    assert building.engine.preflight(building.next_door()) == ()


def test_what_seats_told_is_still_known_after_the_finish(building: Building) -> None:
    building.engine.start(building.spec())
    building.pc(ROOM[0]).image(*PARTS)
    building.transfer()
    building.engine.finish(building.spec())
    assert [seat.state.value for seat in building.engine.verify(building.spec())] == ["done", "cancelled", "cancelled"]


def test_a_finished_job_does_not_start_again(building: Building) -> None:
    building.engine.start(building.spec())
    building.engine.finish(building.spec())
    again = building.engine.finish(building.spec())
    assert (again.changed, again.requests) == (False, ())
    with pytest.raises(EngineError, match=f"job {JOB}: it is finished and does not start twice"):
        building.engine.start(building.spec())
    (building.layout.kept / f"{JOB}.json").unlink()  # lost: its log would be taken for that of the new start
    with pytest.raises(EngineError, match=f"job {JOB}: it is finished and does not start twice"):
        building.engine.start(building.spec())
    assert building.running() == {}


def test_finish_fails_while_a_seat_is_being_written(building: Building) -> None:
    building.engine.start(building.spec())
    building.pc(ROOM[1]).boot()
    with pytest.raises(EngineError, match=f"{ROOM[1]} are being written"):
        building.engine.finish(building.spec())
    assert building.engine.armed() == ALL


def test_cancel_disarms_and_tells_who_was_being_written(building: Building) -> None:
    building.engine.start(building.spec())
    building.pc(ROOM[0]).image(*PARTS)
    building.pc(ROOM[1]).boot()
    cancelled = building.engine.cancel(building.spec())
    assert cancelled.changed
    assert building.engine.armed() == frozenset()
    assert (building.armed(), building.running()) == (set(), {})
    assert states(building) == ["done", "interrupted", "cancelled"]
    assert building.engine.progress(building.spec()).closed
    again = building.engine.cancel(building.spec())
    assert (again.changed, again.requests) == (False, ())


def test_a_cancelled_job_keeps_the_server_until_it_is_finished(building: Building) -> None:
    building.engine.start(building.spec())
    building.engine.cancel(building.spec())
    assert [p.what.split(";")[0] for p in building.engine.preflight(building.next_door())] == [
        f"job {JOB} of room S12 has this server (cancelled)"
    ]
    assert not building.engine.start(building.spec()).changed
    building.engine.finish(building.spec())
    assert building.engine.preflight(building.next_door()) == ()
    assert states(building) == ["cancelled"] * 3


def test_check_mode_of_cancel_and_finish_tells_the_commands_and_changes_nothing(building: Building) -> None:
    building.engine.start(building.spec())
    before, running = building.files(), building.running()
    hosts = " ".join(address(name) for name in ROOM)
    commands = [f"drbl-ocs -b -l en_US.UTF-8 -h '{hosts}' stop", f"dcs -l en_US.UTF-8 -h '{hosts}' local"]
    assert [step.text for step in building.engine.cancel(building.spec(), check=True).requests] == commands
    assert [step.text for step in building.engine.finish(building.spec(), check=True).requests] == commands
    assert (building.files(), building.running()) == (before, running)


def test_stragglers_get_it_by_unicast_without_a_sender(building: Building) -> None:
    spec = building.unicast(ROOM[2])
    building.engine.start(spec)
    assert building.engine.armed() == {mac(ROOM[2])}
    assert building.running() == {"ocsmgrd": 1}
    pc = building.pc(ROOM[2])
    pc.image(*PARTS)
    assert (pc.disk, pc.orders.split()[-3:]) == ("winter", ["restoredisk", "winter", "sda"])
    progress = building.engine.progress(spec)
    assert (progress.closed, progress.seats[0].state) == (True, SeatState.DONE)
    building.engine.finish(spec)
    assert (building.armed(), building.running()) == (set(), {})


def test_how_far_a_unicast_is_follows_from_what_the_server_has_sent_to_each_seat(building: Building) -> None:
    """Without it, whoever waits would take a long unicast for one that stands still."""
    spec = building.unicast(*ROOM[:2])
    building.engine.start(spec)
    for name in ROOM[:2]:
        building.pc(name).boot()
    building.server.sent_by_nfs({address(ROOM[0]): 1000, address(OTHER[0]): 5000})
    assert [seat.percent for seat in building.engine.progress(spec).seats] == [25.0, 0.0]
    building.server.sent_by_nfs({address(ROOM[0]): 2000, address(ROOM[1]): 9000})
    building.later(10)
    first, second = building.engine.progress(spec).seats
    assert (first.percent, first.remaining, first.state) == (50.0, "00:00:20", SeatState.STARTED)
    assert (second.percent, second.state) == (99.0, SeatState.STARTED)  # more than the image: its own system too


def test_a_job_that_the_server_never_had_is_unknown_and_closed(building: Building) -> None:
    progress = building.engine.progress(building.spec())
    assert [seat.state for seat in progress.seats] == [SeatState.UNKNOWN] * 3
    assert (progress.closed, progress.joined) == (True, None)
    assert not building.engine.cancel(building.spec()).changed
    assert not building.engine.finish(building.spec()).changed


def test_modes_are_told_apart_when_proving(building: Building) -> None:
    building.engine.start(building.spec())
    assert building.spec().mode is Mode.MULTICAST
    assert all("multicast_restoredisk" in path.read_text() for path in building.layout.pxelinux.glob("0A4D00*"))
