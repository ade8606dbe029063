# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""``capture_image`` drives the real Clonezilla SE: a PC boots from the network, its disk is saved, another PC gets it.

What the image is worth is read from the second PC's disk. The PCs write to the server's folder by virtiofs, in the
place of NFS.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.imaging.clonezilla_room import Play, Room, clonezilla_room
from tests.imaging.images import OFFSET, OnDisk, judged, make_disk
from tests.imaging.needs import program
from tests.imaging.seats import VIRTIOFSD, until

PAYLOAD = 16 * 1024 * 1024
ARMED = 300  # seconds; each may be stretched by other work on the machine
WHOLE = 1800
IMAGE = "reference-1"
FOLDER = f"home/partimag/{IMAGE}"


def arguments(room: Room) -> dict[str, Any]:
    """What ``capture_image`` is told of the first PC."""
    place = room.seats[0].place
    return {
        "name": place.name,
        "mac": place.mac,
        "image": IMAGE,
        "disk": "vda",
        "job_file": f"/var/lib/nightshift/{IMAGE}.job",
        "engine": "clonezilla",
        "clonezilla": {"interface": "br0"},
    }


def step(room: Room, state: str, **more: Any) -> dict[str, Any]:
    """Return a task that takes one step of the module."""
    return {
        "name": f"Take the step {state}",
        "nightshift.fleet.capture_image": {**arguments(room), "state": state},
        "register": state,
        **more,
    }


def given(room: Room, state: str, **more: Any) -> dict[str, Any]:
    """Return a task that takes one step of giving the image to the second PC."""
    place = room.seats[1].place
    seat = {"name": place.name, "mac": place.mac, "address": place.address}
    told = {"seats": [seat], "expected_hosts": [place.name], "image": IMAGE, "mode": "unicast", "state": state}
    return {
        "name": f"Take the step {state} for the second PC",
        "nightshift.fleet.reimage_room": room.arguments() | told,
        "register": state,
        **more,
    }


def show(what: str, value: str) -> Mapping[str, Any]:
    return {"name": f"Show {what}", "ansible.builtin.debug": {"msg": f"{what}={{{{ {value} }}}}"}}


def ended(room: Room, play: Play, seconds: float) -> str:
    """Wait until a playbook has ended well; return what it said."""
    code = play.end(seconds)
    assert code == 0, f"{play.said()[-4000:]}\n{room.told()}"
    return play.said()


def capture(room: Room) -> list[Mapping[str, Any]]:
    return [
        step(room, "preflight", when="not carries_on"),
        step(room, "started"),
        show("changed", "started.changed"),
        step(room, "progress", until="progress.closed", retries=900, delay=2),
        step(room, "verified"),
        show("claim", "verified.claim ~ ' ' ~ verified.detail"),
        step(room, "finished"),
        show("armed", "finished.armed | length"),
    ]


def written(room: Room) -> int:
    """Return how many bytes of the image there are on the server."""
    folder = room.server.seen / FOLDER
    return sum(path.stat().st_size for path in folder.glob("*")) if folder.is_dir() else 0


@pytest.mark.skipif(not VIRTIOFSD, reason="QEMU has no virtiofsd here")
def test_a_disk_is_saved_although_the_playbook_is_killed_midway_and_another_pc_gets_it(
    clonezilla_folder: Path,
) -> None:
    with clonezilla_room(clonezilla_folder, payload=PAYLOAD, shared=True) as room:
        reference, other = room.seats
        make_disk(room.new, other.disk)  # something else than the reference PC has
        before = room.server.read("/tftpboot/nbi_img/pxelinux.cfg/default")

        taken = [
            {
                **step(room, "started"),
                "nightshift.fleet.capture_image": {**arguments(room), "image": room.new.name, "state": "started"},
            }
        ]
        refused = room.play("refused", taken)
        assert refused.end(ARMED) != 0
        assert "Clonezilla would remove it" in refused.said()
        assert room.server.armed() == []

        first = room.play("first", [{"ansible.builtin.set_fact": {"carries_on": False}}, *capture(room)])
        until("the PC is armed", lambda: "0A4D0050" in room.server.armed(), seconds=ARMED, told=first.said)
        assert "0A4D0051" not in room.server.armed()
        reference.on()
        until("the image grows", lambda: written(room) > PAYLOAD // 8, seconds=WHOLE, told=room.told)
        assert first.running(), first.said()
        first.kill()
        assert not (room.server.seen / FOLDER / "Info-img-id.txt").exists(), (
            "the image is whole: the test comes too late"
        )

        second = room.play("second", [{"ansible.builtin.set_fact": {"carries_on": True}}, *capture(room)])
        said = ended(room, second, WHOLE)
        assert "changed=False" in said, "the second run carries on, it starts nothing"
        assert "claim=done" in said, said
        assert "armed=0" in said
        reference.wait_off(seconds=120)
        assert room.server.armed() == []
        assert room.server.read("/tftpboot/nbi_img/pxelinux.cfg/default") == before
        assert judged(reference.disk, room.old, room.new) is OnDisk.NEW, "reading a disk does not change its files"
        log = "\n".join(path.read_text() for path in (room.server.seen / "var/log/clonezilla").glob("nightshift-*.log"))
        assert "finished restoring. Stats: success," in log, log

        restore = [given(room, "started"), given(room, "progress", until="progress.closed", retries=900, delay=2)]
        third = room.play("third", [*restore, given(room, "finished")])
        until("the second PC is armed", lambda: "0A4D0051" in room.server.armed(), seconds=ARMED, told=third.said)
        other.on()
        ended(room, third, WHOLE)
        other.wait_off(seconds=120)
        assert judged(other.disk, room.old, room.new) is OnDisk.NEW, room.told()
        assert room.server.armed() == []


@pytest.mark.skipif(not VIRTIOFSD, reason="QEMU has no virtiofsd here")
def test_a_disk_that_cannot_be_read_is_no_image_and_leaves_nobody_armed(clonezilla_folder: Path) -> None:
    with clonezilla_room(clonezilla_folder, count=1, payload=1024 * 1024, shared=True) as room:
        (reference,) = room.seats
        spoil(reference.disk)
        ended(room, room.play("start", [step(room, "started")]), ARMED)
        reference.on()
        reference.wait_for("Failed to use partclone program", seconds=WHOLE)
        looks = [step(room, "progress"), show("claim", "progress.claim"), step(room, "verified")]
        said = ended(room, room.play("look", [*looks, show("verified", "verified.claim")]), ARMED)
        assert "claim=started" in said, said
        assert "verified=started" in said, "Clonezilla waits for a key, and has told nobody"
        ends = [step(room, "cancelled"), step(room, "finished"), show("moved", "finished.requests")]
        said = ended(room, room.play("end", [*ends, show("claim", "cancelled.claim")]), ARMED)
        assert "claim=interrupted" in said, said
        assert f"{IMAGE}-broken-" in said
        assert room.server.armed() == []
        assert not (room.server.seen / FOLDER).exists(), "the name is free again"
        reference.unplug()


def spoil(disk: Path) -> None:
    """Mark the file system as one with errors, as after a power cut: partclone refuses it."""
    words = ["-w", "-R", "set_super_value state 2", f"{disk}?offset={OFFSET}"]
    subprocess.run([program("debugfs"), *words], check=True, capture_output=True, stdin=subprocess.DEVNULL)
