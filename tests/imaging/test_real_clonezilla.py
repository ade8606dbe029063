# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""``reimage_room`` drives the real Clonezilla SE: two PCs boot from the network and get their image by multicast.

What a seat has is read from its disk. The PCs are emulated in software: on an idle machine with two cores it takes
about five minutes.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.imaging.clonezilla_room import ROOM, Play, Room, clonezilla_room
from tests.imaging.images import OnDisk
from tests.imaging.seats import until

PAYLOAD = 16 * 1024 * 1024
ARMED = 300  # seconds; each may be stretched by other work on the machine
WHOLE = 1800
SENDER = "udp-sender"


def step(state: str, **more: Any) -> dict[str, Any]:
    """Return a task that takes one step of the module."""
    return {
        "name": f"Take the step {state}",
        "nightshift.fleet.reimage_room": "{{ room | combine({'state': '" + state + "'}) }}",
        "register": state,
        **more,
    }


def show(what: str, value: str) -> Mapping[str, Any]:
    return {"name": f"Show {what}", "ansible.builtin.debug": {"msg": f"{what}={{{{ {value} }}}}"}}


CLONE = (
    step("preflight"),
    step("started"),
    show("changed", "started.changed"),
    step("progress", until="progress.closed", retries=600, delay=3),
    step("verified"),
    show("claims", "verified.seats | map(attribute='claim') | join(',')"),
    show("verdicts", "verified.seats | map(attribute='verdict') | join(',')"),
    step("finished"),
    show("armed", "finished.armed | length"),
)


def ended(room: Room, play: Play, seconds: float) -> str:
    """Wait until a playbook has ended well; return what it said."""
    code = play.end(seconds)
    assert code == 0, f"{play.said()[-4000:]}\n{room.told()}"
    return play.said()


def senders(room: Room) -> list[str]:
    """Return the numbers of the senders that run on the server."""
    rows = room.server.run("ps", "-e", "-o", "pid=", "-o", "comm=").splitlines()
    return [row.split()[0] for row in rows if row.split()[1] == SENDER]


def received(room: Room) -> int:
    """Return how much of the image the sender has read so far."""
    total = 0
    for pid in senders(room):
        lines = room.server.read(f"/proc/{pid}/io").splitlines()
        total += sum(int(line.split()[1]) for line in lines if line.startswith("rchar:"))
    return total


def test_a_room_gets_its_image_although_the_playbook_is_killed_midway(clonezilla_folder: Path) -> None:
    with clonezilla_room(clonezilla_folder, payload=PAYLOAD) as room:
        before = room.server.read("/tftpboot/nbi_img/pxelinux.cfg/default")
        first = room.play("first", CLONE)
        until("the seats are armed", lambda: len(room.server.armed()) >= 2 and bool(senders(room)), seconds=ARMED)
        assert {"0A4D0050", "0A4D0051"} == set(room.server.armed()) & {"0A4D0050", "0A4D0051", "default"}
        began = senders(room)
        for seat in room.seats:
            seat.on()
        until("the seats are written", lambda: received(room) > PAYLOAD // 8, seconds=WHOLE, told=room.told)
        assert first.running(), first.said()
        first.kill()
        assert OnDisk.NEW not in room.verdicts(), "nothing is whole when the playbook dies: the test comes too late"

        second = room.play("second", CLONE)
        until(
            "the second run is through its start", lambda: "changed=" in second.said(), seconds=ARMED, told=second.said
        )
        assert "changed=False" in second.said(), "the second run carries on, it starts nothing"
        assert senders(room) in (began, [])
        said = ended(room, second, WHOLE)
        assert "claims=done,done" in said, said
        assert "verdicts=unverified,unverified" in said, "what PCs say of themselves to the server proves nothing"
        for seat in room.seats:
            seat.wait_off(seconds=120)
        assert room.verdicts() == [OnDisk.NEW, OnDisk.NEW], room.told()
        assert "armed=0" in said
        assert room.server.armed() == []
        assert senders(room) == []
        assert room.server.read("/tftpboot/nbi_img/pxelinux.cfg/default") == before
        assert ROOM not in room.server.read("/var/lib/nightshift/S12.job")


def test_no_seat_stays_armed_on_the_real_server_after_a_cancel_and_no_second_room_begins_before(
    clonezilla_folder: Path,
) -> None:
    with clonezilla_room(clonezilla_folder, payload=1024 * 1024) as room:
        untouched = room.server.read("/tftpboot/nbi_img/pxelinux.cfg/default")
        ended(room, room.play("start", [step("preflight"), step("started")]), ARMED)
        running, armed = senders(room), room.server.armed()
        assert len(running) == 1
        assert {"0A4D0050", "0A4D0051"} <= set(armed)

        other = {"job_file": "/var/lib/nightshift/B.job", "room": "B1", "confirm_room": "B1"}
        second = room.play("other", [step("started", vars={"room": room.arguments() | other})])
        assert second.end(ARMED) != 0
        assert "has this server" in second.said()
        assert (senders(room), room.server.armed()) == (running, armed), "the other room's start has touched nothing"

        again = room.play("again", [step("started"), show("changed", "started.changed")])
        assert "changed=False" in ended(room, again, ARMED)
        assert senders(room) == running

        ended(room, room.play("cancel", [step("cancelled"), step("finished")]), ARMED)
        assert room.server.armed() == []
        assert senders(room) == []
        assert room.server.read("/tftpboot/nbi_img/pxelinux.cfg/default") == untouched
        assert room.verdicts() == [OnDisk.OLD, OnDisk.OLD]
