# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""``nightshift.fleet.reimage`` clones a room of two PCs with the real Clonezilla SE, and is killed on its way.

The first PC goes alone and proves itself, then the second takes part in a multicast. What a PC has is read from its
disk when it is asked through WinRM: whether the room run calls it done hangs on that.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import open_ledger

from tests.imaging.clonezilla_room import ROOM, Play, Room, clonezilla_room
from tests.imaging.images import MARKER, RUN_MARKER, OnDisk, read_disk
from tests.imaging.lab_seats import SeatLab, seat_lab
from tests.imaging.seats import until

PAYLOAD = 4 * 1024 * 1024
WHOLE = 3600
PROOF = "Windows/System32/piece3.bin"
USUAL = {"product": "windows-11-24h2", "patched_until": "2026-11-20", "class": "room", "room": ROOM}


def devices(room: Room) -> list[dict[str, Any]]:
    """Return the room's PCs for the lab and its register."""
    return [
        {**USUAL, "name": f"s12-{number:02}", "seat": f"A{number}", "mac": seat.place.mac}
        for number, seat in enumerate(room.seats, start=1)
    ]


def policy(room: Room, lab: SeatLab) -> dict[str, Any]:
    """Return the cloning policy: at any time, and with the patience that emulated PCs need."""
    marker = json.loads(room.new.files[MARKER])
    computer = next(iter(lab.boots.pcs.values())).computer
    proof = {"path": "C:\\" + PROOF.replace("/", "\\"), "sha256": hashlib.sha256(room.new.files[PROOF]).hexdigest()}
    image = {
        "made": "2026-11-20", "version": marker["version"], "checksum": marker["checksum"],
        "build": f"{computer.build}.{computer.ubr}", "files": [proof],
    }  # fmt: skip
    return {
        "zone": "UTC",
        "seasons": [{"name": "always", "from": "01-01", "to": "12-31"}],
        "windows": [{"days": "mon-sun", "start": "00:00", "end": "24:00"}],
        "estimate": "1m",
        "image": room.new.name,
        "images": {room.new.name: image},
        "server": "drbl-1",
        "run": {
            "poll": "5s",
            "timeouts": dict.fromkeys(("boot", "stall", "transfer", "settle"), "1h"),
            "patch": False,
            "guard": "0s",
        },
    }


def clone(name: str, room: Room, lab: SeatLab) -> Play:
    """Start the playbook as an operator does."""
    told = {
        "nightshift_cloning": policy(room, lab),
        "nightshift_imaging_servers": {
            "drbl-1": {"engine": "clonezilla", "run_on": "drbl", "clonezilla": {"interface": "br0"}}
        },
        "nightshift_lab": None,  # real PCs take real time
    }
    variables = room.folder / "variables.json"
    variables.write_text(json.dumps(told), encoding="utf-8")
    words = ["nightshift.fleet.reimage", "-i", str(lab.inventory), "-i", str(room.inventory()), "-e", f"@{variables}"]
    return room.ansible(name, *words, "-e", f"nightshift_room={ROOM}", "-e", f"nightshift_confirm_room={ROOM}")


def verdicts(lab: SeatLab) -> dict[str, str]:
    """Return what the ledger has of the newest run's seats."""
    rooms = lab.inventory.parent / ".nightshift"
    newest = max((rooms / "rooms").glob("*.json"), key=lambda path: path.stat().st_mtime)
    run = json.loads(newest.read_text(encoding="utf-8"))["run"]
    with open_ledger(f"sqlite:///{rooms / 'ledger.sqlite'}", read_only=True).read() as view:
        found = view.rooms.run(run)
    assert found is not None
    return {seat.name: seat.verdict.value if seat.verdict else "" for seat in found.seats}


def test_a_room_is_cloned_by_the_playbook_which_is_killed_midway_and_each_seat_proves_it(
    clonezilla_folder: Path,
) -> None:
    with (
        clonezilla_room(clonezilla_folder, payload=PAYLOAD) as room,
        seat_lab(clonezilla_folder / "lab", room, devices(room)) as lab,
    ):
        first = clone("first", room, lab)

        def written() -> bool:
            assert first.running(), first.said()[-4000:]
            return "Clonezilla begins" in room.seats[0].console()

        until("the first PC is in Clonezilla", written, seconds=WHOLE, told=first.said)
        first.kill()
        assert lab.boots.imaged == ["s12-01"], "one PC goes first, and alone"
        assert room.server.armed() != [], "it is armed, and nobody watches: the next run has to see to it"

        second = clone("second", room, lab)
        assert second.end(WHOLE) == 0, f"{second.said()[-4000:]}\n{room.told()}"
        assert verdicts(lab) == {"s12-01": "done", "s12-02": "done"}, second.said()
        assert lab.boots.imaged == ["s12-01", "s12-02"], "each was written to once"
        assert room.server.armed() == []
        for seat in room.seats:
            held = read_disk(seat.disk)
            assert held.pop(RUN_MARKER, b""), "the run leaves its marker on a disk that is proved"
            assert held == dict(room.new.files)
        assert OnDisk.OLD not in room.verdicts()
