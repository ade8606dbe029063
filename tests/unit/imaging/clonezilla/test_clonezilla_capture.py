# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A disk is saved as an image with Clonezilla SE, from its start to its finish, on a server of the lab."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest
from ansible_collections.nightshift.fleet.plugins.module_utils.imaging.engine import EngineError, SeatState

sys.path.insert(0, str(Path(__file__).parent))

from capture_scenes import CAPTURE, REFERENCE, SIZES, booted, capture_of, clean, said, wanted
from clonezilla_scenes import PARTS, Building, address, mac

COMMAND = [
    "drbl-ocs", "-b", "-l", "en_US.UTF-8", "-q2", "-j2", "-nogui", "-scs", "-z9p", "-p", "poweroff",
    "-h", address(REFERENCE), "startdisk", "save", "autumn", "sda",
]  # fmt: skip


def test_start_arms_exactly_the_one_pc_and_sends_nothing(building: Building) -> None:
    assert capture_of(building).preflight(wanted()) == ()
    started = capture_of(building).start(wanted())
    assert [shlex.split(step.text) for step in started.requests] == [COMMAND]
    assert capture_of(building).armed() == {mac(REFERENCE)}
    assert building.armed() == {REFERENCE}
    assert building.running() == {"ocsmgrd": 1}
    assert not (building.server.tree.images / "autumn").exists()


def test_check_mode_tells_the_command_and_changes_nothing(building: Building) -> None:
    before = building.files()
    started = capture_of(building).start(wanted(), check=True)
    assert [shlex.split(step.text) for step in started.requests] == [COMMAND]
    assert (building.files(), building.running()) == (before, {})


def test_the_orders_of_the_pc_are_those_of_the_real_one(building: Building) -> None:
    capture_of(building).start(wanted(after="reboot"))
    assert booted(building).pc.orders == (
        "-l en_US.UTF-8 --batch --use-partclone --clone-hidden-data --nogui -scs -z9p -p reboot -scr "
        "savedisk autumn sda"
    )


def test_a_capture_is_armed_then_started_then_done(building: Building) -> None:
    capture_of(building).start(wanted())
    assert said(building).state is SeatState.ARMED
    save = booted(building)
    assert said(building).state is SeatState.STARTED  # it has fetched its orders
    save.begin()
    save.write("sda1")
    save.write("sda2")
    assert said(building).state is SeatState.STARTED
    save.tables()
    assert said(building).state is SeatState.STARTED  # parts and disk are there, and prove nothing
    save.tell()
    now = said(building)
    assert now.state is SeatState.STARTED  # it says that it is through, and is not
    assert "log" in now.detail
    save.sign()
    progress = capture_of(building).progress(wanted())
    assert (progress.seats[0].state, progress.seats[0].percent, progress.closed) == (SeatState.DONE, 100.0, True)
    assert capture_of(building).verify(wanted()).state is SeatState.DONE
    assert building.armed() == set()


@pytest.mark.parametrize("uefi", [False, True], ids=["bios", "uefi"])
def test_finish_leaves_the_image_and_nothing_else(building: Building, uefi: bool) -> None:
    building.layout.log.write_text("what came before\n")
    capture_of(building).start(wanted())
    folder = booted(building, uefi=uefi).whole()
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    capture_of(building).finish(wanted())
    assert clean(building)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == files
    assert building.layout.log.read_text() == "what came before\n"
    assert {building.pc(REFERENCE, uefi=way).boot() for way in (False, True)} == {"local"}
    assert said(building).state is SeatState.DONE  # also when it is asked afterwards
    assert not capture_of(building).finish(wanted()).changed


def test_a_room_gets_what_was_saved(building: Building) -> None:
    capture_of(building).start(wanted())
    booted(building).whole()
    capture_of(building).finish(wanted())
    room = building.spec(image="autumn")
    assert building.engine.preflight(room) == ()
    building.engine.start(room)
    pc = building.pc("S12-PC01")
    pc.image(*PARTS)
    assert pc.disk == "autumn"


def test_percent_rate_and_remaining_follow_from_what_is_written(building: Building) -> None:
    building.server.add_image("big", {"sda1": 100_000, "sda2": 300_000})
    capture_of(building).start(wanted(like="big"))
    save = booted(building).begin()
    save.write("sda1", 100_000)
    first = said(building)
    assert 25.0 <= first.percent < 26.0
    assert (first.rate, first.remaining) == ("", "")
    save.write("sda2", 100_000)
    building.later(60)
    second = said(building)
    assert 50.0 <= second.percent < 51.0
    assert (second.rate, second.remaining) == ("0.00GB/min", "00:01:59")
    assert second.detail.endswith("last in sda2.ntfs-ptcl-img.zst")
    save.write("sda2", 900_000)
    assert said(building).percent == 99.0  # larger than the one that it is like: it has all only when it is whole


def test_without_an_image_that_it_is_like_the_bytes_are_told_and_no_percent(building: Building) -> None:
    capture_of(building).start(wanted(like="", disk="nvme0n1"))
    save = booted(building).begin()
    assert save.disk == "nvme0n1"
    save.write("sda1")
    building.later(60)
    now = said(building)
    assert (now.percent, now.remaining, now.state) == (0.0, "", SeatState.STARTED)
    assert "bytes" in now.detail


def test_a_disk_with_a_gpt_has_both_of_its_tables(building: Building) -> None:
    capture_of(building).start(wanted(disk="nvme0n1"))
    folder = booted(building).whole()
    assert said(building).state is SeatState.DONE
    (folder / "nvme0n1-gpt-2nd").unlink()
    assert said(building).state is not SeatState.DONE


def test_a_second_start_carries_on(building: Building) -> None:
    first = capture_of(building).start(wanted())
    booted(building).begin().write("sda1")
    again = capture_of(building).start(wanted())
    assert (first.changed, again.changed, again.requests) == (True, False, ())
    assert (building.server.tree.images / "autumn" / "sda1.ntfs-ptcl-img.zst").stat().st_size == SIZES["sda1"]
    later = capture_of(building).start(wanted(like="", disk=""))  # as it was started, whatever is said now
    assert not later.changed


def test_a_finished_capture_does_not_start_again(building: Building) -> None:
    capture_of(building).start(wanted())
    booted(building).whole()
    capture_of(building).finish(wanted())
    with pytest.raises(EngineError, match=f"job {CAPTURE}: it is finished and does not start twice"):
        capture_of(building).start(wanted())
    assert clean(building)


def test_finish_fails_while_the_disk_is_being_read(building: Building) -> None:
    capture_of(building).start(wanted())
    booted(building).begin()
    with pytest.raises(EngineError, match=f"{REFERENCE} is being read; cancel the job first"):
        capture_of(building).finish(wanted())
    assert building.armed() == {REFERENCE}


def test_a_capture_that_the_server_never_had_is_unknown_and_closed(building: Building) -> None:
    progress = capture_of(building).progress(wanted())
    assert (progress.seats[0].state, progress.closed) == (SeatState.UNKNOWN, True)
    assert not capture_of(building).cancel(wanted()).changed
    assert not capture_of(building).finish(wanted()).changed
