# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Two emulated PCs boot from the network and take an image by multicast: the transfer, and how it fails.

What a seat has is read from its disk. What the sender says of it is held against that, and is wrong at times.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.imaging.images import RUN_MARKER, Image, OnDisk, capture, judged, make_disk, make_image, make_partition
from tests.imaging.multicast_room import MEGABYTES, Room, multicast_room
from tests.imaging.seats import until

BOOT = 240  # seconds; 12 on an idle machine of two cores
END = 120
WAITS = "seat: waits for the image"
PAYLOAD = 8 * 1024 * 1024


def boot(room: Room, *numbers: int) -> None:
    for number in numbers:
        room.seats[number].on()
    for number in numbers:
        room.seats[number].wait_for(WAITS, seconds=BOOT)


def sent(room: Room) -> int:
    """Bytes that the sender has sent so far, as it tells."""
    said = (room.cell.logs / "sender.log").read_text(errors="replace")
    return max((int(count.replace(" ", "")) for count in re.findall(r"bytes=([ \d]*\d) ", said)), default=0)


def test_both_seats_have_every_file_of_the_image(room_folder: Path) -> None:
    with multicast_room(room_folder, payload=PAYLOAD) as room:
        assert room.verdicts() == [OnDisk.OLD, OnDisk.OLD]
        sender = room.send(receivers=2, wait=BOOT, bitrate="40m")
        boot(room, 0, 1)
        for seat in room.seats:
            seat.wait_off(seconds=END)
        assert sender.wait(END) == 0
        assert room.verdicts() == [OnDisk.NEW, OnDisk.NEW], room.told()


def test_the_sender_says_nothing_of_a_seat_that_never_came_and_its_disk_says_it(room_folder: Path) -> None:
    with multicast_room(room_folder, payload=PAYLOAD) as room:
        sender = room.send(receivers=2, wait=5, bitrate="40m")
        boot(room, 0)
        room.seats[0].wait_off(seconds=END)
        assert sender.wait(END) == 0, "a receiver is missing, and udp-sender calls it a success"
        assert room.verdicts() == [OnDisk.NEW, OnDisk.OLD], room.told()


def test_a_seat_that_loses_its_power_is_broken_and_the_sender_calls_the_job_a_success(room_folder: Path) -> None:
    with multicast_room(room_folder, payload=PAYLOAD) as room:
        sender = room.send(receivers=2, wait=BOOT, bitrate="4m", patience=5)
        boot(room, 0, 1)
        until("half of it is sent", lambda: sent(room) > PAYLOAD // 2, seconds=END, told=room.told)
        room.seats[1].unplug()
        room.seats[0].wait_off(seconds=END)
        assert sender.wait(END) == 0, "one of two receivers died midway, and udp-sender calls it a success"
        assert "Dropping client" in sender.said()
        assert room.verdicts() == [OnDisk.NEW, OnDisk.BROKEN], room.told()


def test_seats_wait_for_ever_when_the_sender_dies_and_none_of_them_is_done(room_folder: Path) -> None:
    with multicast_room(room_folder, payload=PAYLOAD) as room:
        sender = room.send(receivers=2, wait=BOOT, bitrate="4m")
        boot(room, 0, 1)
        until("half of it is sent", lambda: sent(room) > PAYLOAD // 2, seconds=END, told=room.told)
        sender.kill()
        with pytest.raises(subprocess.TimeoutExpired):
            room.seats[0].runs[-1].wait(15)
        assert room.seats[1].running(), "no receiver gives up by itself: the time limit is the room run's"
        for seat in room.seats:
            seat.unplug()
        assert room.verdicts() == [OnDisk.BROKEN, OnDisk.BROKEN], room.told()


def test_a_damaged_image_reaches_all_seats_and_none_of_them_is_done(room_folder: Path) -> None:
    with multicast_room(room_folder, payload=PAYLOAD) as room:
        content = bytearray(room.packed.read_bytes())
        content[len(content) // 2] ^= 0xFF
        room.packed.write_bytes(content)
        sender = room.send(receivers=2, wait=BOOT, bitrate="40m")
        boot(room, 0, 1)
        for seat in room.seats:
            seat.wait_off(seconds=END)
        sender.kill()  # it may wait for seats that stopped listening
        assert OnDisk.NEW not in room.verdicts(), room.told()


def test_a_seat_that_listens_to_another_rooms_stream_finds_all_well_and_has_not_its_image(room_folder: Path) -> None:
    with multicast_room(room_folder, count=1, payload=PAYLOAD) as room:
        other = make_image("of another room", room_folder, payload=PAYLOAD, megabytes=MEGABYTES)
        room.packed.write_bytes(capture(other, room_folder).read_bytes())
        sender = room.send(receivers=1, wait=BOOT, bitrate="40m")
        boot(room, 0)
        room.seats[0].wait_off(seconds=END)
        assert sender.wait(END) == 0
        assert "restore ended with 0" in room.seats[0].console(), "the seat itself takes it for a success"
        assert room.verdicts() == [OnDisk.BROKEN], room.told()


@pytest.mark.parametrize("wrong", ["a file more", "another content", "a file less"])
def test_a_disk_that_differs_in_one_file_is_not_the_image(room_folder: Path, wrong: str) -> None:
    new, old = (make_image(version, room_folder, payload=65536, megabytes=4) for version in ("2", "1"))
    files = dict(new.files)
    if wrong == "a file more":
        files[RUN_MARKER] = b"{}"
    elif wrong == "another content":
        files["Windows/System32/piece3.bin"] = old.files["Windows/System32/piece3.bin"]
    else:
        del files["Windows/System32/piece3.bin"]
    disk, partition = room_folder / "disk.raw", room_folder / "seat.ext4"
    make_partition(files, partition, 4)
    make_disk(Image("seat", files, partition), disk)
    assert judged(disk, new, old) is OnDisk.BROKEN
    make_disk(new, disk)
    assert judged(disk, new, old) is OnDisk.NEW
