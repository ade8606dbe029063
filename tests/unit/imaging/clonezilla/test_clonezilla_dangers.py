# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What would write over the wrong PCs with Clonezilla SE, or leave some armed: each is refused or undone."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from ansible_collections.nightshift.fleet.plugins.module_utils.imaging.clonezilla.commands import Commands
from ansible_collections.nightshift.fleet.plugins.module_utils.imaging.clonezilla.jobs import Jobs
from ansible_collections.nightshift.fleet.plugins.module_utils.imaging.engine import EngineError, Mode

sys.path.insert(0, str(Path(__file__).parent))

from clonezilla_scenes import JOB, OTHER, PARTS, PCS, ROOM, Building, address, mac

from lab.clonezilla.server import Pc, drbl_server


@contextmanager
def sender_of_fog(building: Building) -> Iterator[subprocess.Popen[bytes]]:
    """FOG on the same machine sends to a room of its own."""
    words = ["--min-receivers", "4", "--max-wait", "600", "--portbase", "55008", "--full-duplex", "--ttl", "32"]
    process = subprocess.Popen([building.server.tree.program("udp-sender"), *words])
    try:
        while "udp-sender" not in building.running():
            assert process.poll() is None
        yield process
    finally:
        process.kill()
        process.wait()


def refusal(building: Building) -> str:
    with pytest.raises(EngineError) as caught:
        building.engine.start(building.spec())
    return str(caught.value)


def test_room_b_is_refused_while_room_a_runs_before_anything_is_armed(building: Building) -> None:
    """A second start would kill the sender of the first, and leave its seats armed for the image of the second."""
    building.engine.start(building.spec())
    before, senders = building.files(), building.server.tree.pids("udp-sender")
    with pytest.raises(EngineError, match=f"job {JOB} of room S12 has this server"):
        building.engine.start(building.next_door())
    assert (building.files(), building.server.tree.pids("udp-sender")) == (before, senders)
    assert building.armed() == set(ROOM)


def test_the_lab_shows_what_a_second_start_does_when_nobody_refuses_it(building: Building) -> None:
    """As it was seen on a real server: without this the test before would prove nothing."""
    building.engine.start(building.spec())
    first = building.server.tree.pids("udp-sender")
    building.by_hand_next_door()
    assert building.server.tree.pids("udp-sender") != first
    assert building.armed() == {*ROOM, *OTHER}
    hosts = " ".join(address(name) for name in OTHER)
    assert building.by_hand("drbl-ocs", "-b", "-l", "en_US.UTF-8", "-h", hosts, "stop") == 0
    assert (building.armed(), building.running()) == (set(ROOM), {})
    victim = building.pc(ROOM[0])
    victim.boot()
    victim.restore()
    assert victim.disk == "summer"  # it would join whatever stream there is


def test_two_runs_at_the_same_moment_do_not_both_start(building: Building) -> None:
    with (
        Jobs(building.layout).locked(),
        pytest.raises(EngineError, match="another run changes this server just now"),
    ):
        building.engine.start(building.spec())
    assert (building.armed(), building.running()) == (set(), {})


def test_a_sender_of_someone_else_forbids_the_job_and_goes_on(building: Building) -> None:
    with sender_of_fog(building) as fog:
        assert f"udp-sender runs on this server ({fog.pid})" in refusal(building)
        assert fog.poll() is None
    assert building.engine.preflight(building.spec()) == ()


def test_clonezilla_in_use_by_hand_forbids_the_job(building: Building) -> None:
    building.by_hand_next_door()
    said = refusal(building)
    assert "clonezilla.lock is there" in said
    assert "ocsmgrd runs on this server" in said
    assert f"{mac(OTHER[0])} ({OTHER[0]}) is armed" in said
    assert building.armed() == set(OTHER)


def test_what_somebody_left_armed_forbids_the_job(building: Building) -> None:
    building.by_hand_next_door()
    building.server.stop()
    building.layout.session.unlink()
    assert f"{mac(OTHER[1])} ({OTHER[1]}) is armed by" in refusal(building)


def test_a_default_that_arms_every_pc_forbids_the_job(building: Building) -> None:
    words = ["drbl-ocs", "-b", "-p", "poweroff", "--clients-to-wait", "2", "--max-time-to-wait", "9"]
    building.by_hand(*words, "startdisk", "multicast_restore", "summer", "sda")
    building.server.stop()
    building.layout.session.unlink()
    assert building.engine.armed() == {pc.mac for pc in PCS}
    assert refusal(building).count(" is armed by ") == len(PCS)


@pytest.mark.parametrize(
    ("fault", "value", "says"),
    [
        ("arm_more", "0A4D005B", f"{mac(OTHER[0])} is armed and not of the room"),
        (
            "leave_out",
            ["0A4D0052", "grub.cfg-drbl-10.77.0.82"],
            f"{ROOM[1]} boots default, grub.cfg and gets no orders",
        ),
        ("wrong_image", "summer", "multicast_restoredisk summer sda"),
        ("no_sender", True, "0 udp-sender run, not one"),
    ],
)
def test_what_is_armed_otherwise_than_wanted_is_disarmed_and_fails(
    building: Building, fault: str, value: object, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Commands, "pause", lambda _self, _seconds: None)
    building.server.fault(fault, value)
    said = refusal(building)
    assert says in said and "and disarmed" in said
    assert (building.armed(), building.running()) == (set(), {})
    assert building.engine.armed() == frozenset()
    building.server.fault(fault, None)
    assert building.engine.start(building.spec()).changed  # the same job may be tried again


def test_a_broken_image_fails_and_leaves_nothing_armed(building: Building) -> None:
    (building.root / "home/partimag/winter/corrupt").touch()
    building.layout.log.write_text("what came before\n")
    assert "drbl-ocs ended with 1: The image of this partition is broken" in refusal(building)
    assert (building.armed(), building.running()) == (set(), {})
    assert building.layout.log.read_text() == "what came before\n"
    assert building.engine.preflight(building.next_door()) == ()


def test_a_command_that_never_ends_is_killed_and_undone(building: Building) -> None:
    building.server.fault("slow", 600)
    server = building.looked_at
    engine = type(building.engine)(type(server)(server.layout, Commands(server.layout, 2), server.jobs, server.wishes))
    with pytest.raises(EngineError, match="drbl-ocs did not end in time"):
        engine.start(building.spec())
    assert (building.armed(), building.running()) == (set(), {})


def test_a_dialog_ends_at_once_because_nobody_can_answer(building: Building) -> None:
    """Clonezilla asks for what it is not told, even in batch mode, and would wait for ever."""
    words = ["drbl-ocs", "-b", "-h", address(ROOM[0]), "startdisk", "multicast_restore", "winter", "sda"]
    ran = Commands(building.layout, 20).run(words)
    assert (ran.code, "Choose the image file to restore" in ran.output) == (1, True)


def test_an_image_that_vanishes_after_the_check_leaves_nothing_armed(building: Building) -> None:
    """With a name that it does not know, drbl-ocs arms the seats first and fails then, as was seen on the real one."""
    building.server.fault("image_vanishes", True)
    assert "drbl-ocs ended with 1: Program terminated!!!" in refusal(building)
    assert (building.armed(), building.running()) == (set(), {})


def test_the_lab_arms_for_an_image_that_it_does_not_know(building: Building) -> None:
    hosts = " ".join(address(name) for name in ROOM)
    words = [
        "drbl-ocs",
        "-b",
        "-h",
        hosts,
        "--clients-to-wait",
        "3",
        "startdisk",
        "multicast_restore",
        "nowhere",
        "sda",
    ]
    assert building.by_hand(*words) == 1
    assert (building.armed(), building.running()) == (set(ROOM), {"ocsmgrd": 1})


def test_stopping_leaves_the_sender_of_fog_alone(building: Building) -> None:
    """``drbl-ocs stop`` kills every udp-sender on the machine."""
    building.engine.start(building.spec())
    with sender_of_fog(building) as fog:
        building.engine.cancel(building.spec())
        assert fog.poll() is None
        assert building.armed() == set()
        assert building.running() == {"udp-sender": 1}


def test_when_someone_started_another_room_only_ours_is_disarmed(building: Building) -> None:
    building.engine.start(building.spec())
    building.pc(ROOM[0]).boot()
    building.by_hand_next_door()
    theirs = building.server.tree.pids("udp-sender")
    progress = building.engine.progress(building.spec())
    assert [seat.state.value for seat in progress.seats] == ["interrupted", "armed", "armed"]
    assert "someone else has stopped or started Clonezilla" in progress.detail
    assert "has stopped or started Clonezilla on this server since; take state finished" in refusal(building)
    building.engine.cancel(building.spec())
    building.engine.finish(building.spec())
    assert building.armed() == set(OTHER)
    assert building.server.tree.pids("udp-sender") == theirs
    assert building.layout.log.exists()  # it is theirs now
    assert [seat.state.value for seat in building.engine.verify(building.spec())] == [
        "interrupted", "cancelled", "cancelled",
    ]  # fmt: skip


def test_after_a_restart_of_the_server_nothing_stays_armed(building: Building) -> None:
    """The lock and all processes are gone then; what PCs boot is not."""
    building.engine.start(building.spec())
    building.pc(ROOM[0]).image(*PARTS)
    building.pc(ROOM[1]).boot()
    building.server.stop()
    building.layout.session.unlink()
    progress = building.engine.progress(building.spec())
    assert [seat.state.value for seat in progress.seats] == ["done", "interrupted", "armed"]
    building.engine.finish(building.spec())
    assert (building.engine.armed(), building.armed()) == (frozenset(), set())


def test_a_stop_that_does_nothing_is_done_by_hand(building: Building) -> None:
    building.engine.start(building.spec())
    building.server.fault("stop_fails", True)
    cancelled = building.engine.cancel(building.spec())
    assert (building.armed(), building.running()) == (set(), {})
    assert any(step.text.startswith("kill ") for step in cancelled.requests)


def test_other_rooms_keep_what_they_boot(building: Building) -> None:
    """``drbl-ocs stop`` without -h removes what all rooms boot."""
    kiosk = building.layout.pxelinux / "01-52-54-00-77-99-01"
    kiosk.write_text("default kiosk\n")
    building.engine.start(building.spec())
    building.engine.cancel(building.spec())
    building.engine.finish(building.spec())
    assert kiosk.read_text() == "default kiosk\n"
    assert {path.name for path in building.layout.pxelinux.glob("0A4D*")} == {"0A4D0051", "0A4D0052", "0A4D0053"}


def test_a_seat_whose_address_begins_others_takes_part_the_second_time_too(tmp_path: Path) -> None:
    """DRBL finds 10.77.0.81 too when it looks for 10.77.0.8, and leaves the file by MAC, which comes first."""
    pcs = [Pc(ROOM[0], mac(ROOM[0]), "10.77.0.8"), Pc(ROOM[1], mac(ROOM[1]), "10.77.0.81")]
    with drbl_server(tmp_path / "drbl", pcs) as server:
        server.add_image("winter", {"sda1": 1000, "sda2": 3000})
        building = Building(server)
        for number in (1, 2):
            spec = building.unicast(*ROOM[:2])
            seats = tuple(type(seat)(seat.name, seat.mac) for seat in spec.seats)
            spec = type(spec)(f"{JOB[:-1]}{number}", "S12", "winter", seats, Mode.UNICAST)
            building.engine.start(spec)
            pc = building.pc(ROOM[0])
            pc.image(*PARTS)
            assert pc.disk == "winter"
            building.engine.finish(spec)


def test_a_sender_that_ends_well_makes_no_seat_done(building: Building) -> None:
    """It ends well when one of its receivers never came, and when one died."""
    building.engine.start(building.spec())
    building.pc(ROOM[0]).boot()
    building.transfer()
    assert [seat.state.value for seat in building.engine.verify(building.spec())] == ["started", "armed", "armed"]


def test_a_sender_that_was_killed_makes_no_seat_done(building: Building) -> None:
    building.engine.start(building.spec())
    building.pc(ROOM[0]).boot()
    building.server.tree.kill_all("drbl-ocs")
    building.server.tree.kill_all("udp-sender")
    progress = building.engine.progress(building.spec())
    assert [seat.state.value for seat in progress.seats] == ["started", "armed", "armed"]
    assert not progress.closed  # it waits for its partition until it is cancelled
    building.engine.cancel(building.spec())
    assert building.armed() == set()


def test_only_ever_the_addresses_of_the_room_stand_in_a_command(building: Building) -> None:
    building.engine.start(building.spec())
    building.engine.cancel(building.spec())
    building.engine.finish(building.spec())
    said = Jobs(building.layout).log(building.spec()).read_text()
    commands = [line for line in said.splitlines() if line.startswith("$ ")]
    assert [line.split()[1] for line in commands] == ["drbl-ocs", "drbl-ocs", "dcs"]
    hosts = " ".join(address(name) for name in ROOM)
    assert all(f" -h '{hosts}'" in line for line in commands)
