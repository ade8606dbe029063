# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What would write over the wrong PCs with Clonezilla SE, or leave some armed: each is refused or undone."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from ansible_collections.nightshift.fleet.plugins.module_utils.imaging.clonezilla.commands import Commands
from ansible_collections.nightshift.fleet.plugins.module_utils.imaging.clonezilla.jobs import Jobs
from ansible_collections.nightshift.fleet.plugins.module_utils.imaging.engine import EngineError, Mode

sys.path.insert(0, str(Path(__file__).parent))

from clonezilla_scenes import JOB, OTHER, PARTS, PCS, ROOM, Building, address, mac, refusal, sender_of_fog

from lab.clonezilla.server import Pc, drbl_server


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
    reading, writing = os.pipe()  # somebody could answer this process, and does not
    kept = os.dup(0)
    os.dup2(reading, 0)
    try:
        ran = Commands(building.layout, 20).run(words)
    finally:
        os.dup2(kept, 0)
        for handle in (kept, reading, writing):
            os.close(handle)
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


def test_a_seat_that_would_boot_another_file_first_is_not_taken_for_armed(tmp_path: Path) -> None:
    """The file by MAC that DRBL leaves then, for somebody's earlier job by hand."""
    pcs = [Pc(ROOM[0], mac(ROOM[0]), "10.77.0.8"), Pc(ROOM[1], mac(ROOM[1]), "10.77.0.81")]
    with drbl_server(tmp_path / "drbl", pcs) as server:
        server.add_image("winter", {"sda1": 1000, "sda2": 3000})
        building = Building(server)
        assert building.by_hand("dcs", "-l", "en_US.UTF-8", "-h", "10.77.0.8", "local") == 0
        by_mac = building.layout.pxelinux / f"01-{mac(ROOM[0]).replace(':', '-')}"
        (building.layout.pxelinux / "0A4D0008").rename(by_mac)
        seats = tuple(type(seat)(seat.name, seat.mac) for seat in building.unicast(*ROOM[:2]).seats)
        spec = building.spec(mode=Mode.UNICAST, seats=seats)
        with pytest.raises(EngineError, match=f"{ROOM[0]} has orders in .*0A4D0008, and boots another file before it"):
            building.engine.start(spec)
        assert building.engine.armed() == frozenset()
        building.engine.start(spec)  # what was in the way is gone
        assert building.pc(ROOM[0]).boot() == "clonezilla"
