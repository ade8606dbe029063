# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A job with Clonezilla SE ends, or is cut off: its seats are disarmed, and nobody else is touched."""

from __future__ import annotations

import sys
from pathlib import Path

from ansible_collections.nightshift.fleet.plugins.module_utils.imaging.clonezilla.jobs import Jobs

sys.path.insert(0, str(Path(__file__).parent))

from clonezilla_scenes import OTHER, PARTS, ROOM, Building, address, refusal, sender_of_fog


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
