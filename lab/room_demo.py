# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The part of the demo in which a computer room gets its image, from a FOG server of the lab's own."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from .operator import ROOT, Operator

FLEET = ROOT / "lab" / "fleets" / "room.yml"
ROOM = "B-204"
Play = Callable[..., int]
Say = Callable[[str, str], None]


def clone_a_room(folder: Path, play: Play, say: Say) -> list[int]:
    """Have a room cloned, and show what really happened; return the exit codes."""
    folder.mkdir()
    say(
        "A computer room",
        f"three seats from {FLEET.relative_to(ROOT)}, and a FOG server with the faults of real ones",
    )
    operator = Operator.start(folder, FLEET)
    # Ansible reads all authorities anew for each request to the imaging server; the lab's alone is read faster.
    trusted = {"SSL_CERT_FILE": str(folder / "lab" / "ca" / "ca.pem"), "SSL_CERT_DIR": "/dev/null"}
    operator = replace(operator, environment=trusted)
    try:
        _adopt_policy(operator)
        room = {"nightshift_room": ROOM, "nightshift_confirm_room": ROOM}
        say("Monday 22:00", f"{ROOM} gets its image: one seat first, the others by multicast, each proves it itself.")
        codes = [play(operator, "reimage", **room)]
        _tell_truth(operator, say)
    finally:
        operator.stop()
    return codes


def _adopt_policy(operator: Operator) -> None:
    """Write what the operator of the room would: its nights, its image, and what proves it on a seat."""
    devices = yaml.safe_load(FLEET.read_text(encoding="utf-8"))["devices"]
    reference = next(one for one in devices if one["name"] == "reference")
    build = next(one["build"] for one in operator.remote.get("/devices") if one["name"] == "reference")
    files = [
        {"path": path, "sha256": hashlib.sha256(text.encode()).hexdigest()} for path, text in reference["files"].items()
    ]
    marker = reference["image"]
    image = {"version": marker["version"], "checksum": marker["checksum"], "build": build, "files": files}
    policy: dict[str, Any] = {
        "zone": "Europe/Rome",
        "seasons": [{"name": "winter", "from": "11-01", "to": "02-20"}],
        "windows": [{"days": "mon-fri", "start": "20:00", "end": "06:00"}],
        "image": "lab",
        "images": {"lab": {"made": "2026-11-20", **image}},
        "server": "fog-1",
        "run": {"poll": "3m", "timeouts": {"boot": "8m", "stall": "6m", "settle": "20m"}, "patch": False},
    }
    group = operator.inventory.parent / "group_vars" / "rooms"
    group.mkdir(parents=True, exist_ok=True)
    (group / "cloning.yml").write_text(yaml.safe_dump({"nightshift_cloning": policy}), encoding="utf-8")


def _tell_truth(operator: Operator, say: Say) -> None:
    """Compare with what really happened on the PCs and at the server, which only the lab knows."""
    say("What really happened in the room", "the lab's own record, not what was reported")
    imaged = [event["device"] for event in operator.events("imaged")]
    print(f"disks that were written, in order: {', '.join(imaged)}")
    print(f"still armed at the imaging server: {', '.join(operator.remote.get('/imaging')['armed']) or 'nobody'}")
    pages = sorted((operator.inventory.parent / ".nightshift" / "rooms").glob("*.html"))
    print(f"the room as a page: {pages[-1].relative_to(ROOT) if pages else 'none'}")
