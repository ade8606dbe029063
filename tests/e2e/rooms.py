# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A computer room in a lab with an imaging server, and an operator who has it cloned."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import open_ledger
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger.values import AuditEntry
from ansible_collections.nightshift.fleet.plugins.plugin_utils.room.model import Run as RoomRun

from lab.operator import Operator, Run
from tests.e2e.fleets import catalogue
from tests.e2e.forking import ForkingOperator

ROOM, OTHER = "S12", "S13"
PROOF = {"C:\\Room\\content.txt": "the content of version 7", "D:\\data.txt": "the second partition"}
CHECKSUM = hashlib.sha256(b"lab-7").hexdigest()
START = "2026-11-23T21:00:00+00:00"  # a Monday evening


def seats_of(room: str, count: int) -> list[str]:
    """Return the names of a room's seats."""
    return [f"{room.lower()}-{number:02}" for number in range(1, count + 1)]


def fleet(
    count: int = 3, more: Mapping[str, Mapping[str, Any]] | None = None, released: Sequence[Any] = (), **imaging: Any
) -> dict[str, Any]:
    """Return a fleet: room S12, one seat of room S13, a teacher's PC in S12, and the PC the image is from.

    ``released``: updates that all of them, and the image, lack; there are no others then.
    """
    changes = more or {}
    usual = {"product": "windows-11-24h2", "patched_until": "2026-11-09" if released else "2026-10-20"}
    devices: list[dict[str, Any]] = [
        {
            **usual, "name": "reference", "files": dict(PROOF), **({} if released else {"patched_until": "2026-11-20"}),
            "image": {"name": "lab", "version": "7", "checksum": CHECKSUM, "date": "2026-11-20T18:00:00Z"},
        },
        {**usual, "name": "s12-teacher", "room": ROOM, "mac": "52:54:00:77:12:99"},
    ]  # fmt: skip
    for number, name in enumerate(seats_of(ROOM, count), start=1):
        place = {"room": ROOM, "seat": f"A{number}", "mac": f"52:54:00:77:12:{number:02x}"}
        old = {"files": dict.fromkeys(PROOF, "old")}
        devices.append({**usual, **old, "name": name, "class": "room", **place, **changes.get(name, {})})
    devices.append({**usual, "name": "s13-01", "class": "room", "room": OTHER, "mac": "52:54:00:77:13:01"})
    known = {"catalogue": catalogue(*released), "pace": {"install_minutes": 1}} if released else {}
    return {
        "zone": "Europe/Rome",
        "devices": devices,
        "imaging": {"minutes": 4, "images": {"lab": "reference"}, **imaging},
        **known,
    }


def policy(**run: Any) -> dict[str, Any]:
    """Return the cloning policy of the rooms: every night from 20 to 6."""
    files = [{"path": path, "sha256": hashlib.sha256(text.encode()).hexdigest()} for path, text in PROOF.items()]
    image = {"made": "2026-11-20", "version": "7", "checksum": CHECKSUM, "build": "", "files": files}
    return {
        "zone": "Europe/Rome",
        "seasons": [{"name": "winter", "from": "11-01", "to": "02-20"}],
        "windows": [{"days": "mon-sun", "start": "20:00", "end": "06:00"}],
        "estimate": "2h",
        "image": "lab",
        "images": {"lab": image},
        "server": "fog-1",
        "run": {"poll": "1m", "timeouts": {"boot": "6m", "stall": "5m", "transfer": "1h", "settle": "20m"},
                "patch": False, **run},
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class RoomLab:
    """A lab with a room, and who clones it."""

    operator: Operator

    def adopt(self, told: Mapping[str, Any]) -> None:
        """Give the rooms their cloning policy."""
        reference = next(one for one in self.operator.remote.get("/devices") if one["name"] == "reference")
        told = json.loads(json.dumps(told))
        told["images"]["lab"]["build"] = reference["build"]
        folder = self.operator.inventory.parent / "group_vars" / "rooms"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "cloning.yml").write_text(yaml.safe_dump({"nightshift_cloning": told}), encoding="utf-8")

    def clone(self, *arguments: str, room: str = ROOM, **variables: str) -> Run:
        """Have the room cloned."""
        return self.operator.play("reimage", *arguments, **self.variables(room, **variables))

    @staticmethod
    def variables(room: str = ROOM, **more: str) -> dict[str, str]:
        """Return what the playbook is told."""
        return {"nightshift_room": room, "nightshift_confirm_room": room, **more}

    def imaging(self) -> dict[str, Any]:
        """Return what the imaging server holds."""
        return dict(self.operator.remote.get("/imaging"))

    def report(self) -> dict[str, Any]:
        """Return the newest report of a run."""
        folder = self.operator.inventory.parent / ".nightshift" / "rooms"
        newest = max(folder.glob("*.json"), key=lambda path: path.stat().st_mtime)
        return dict(json.loads(newest.read_text(encoding="utf-8")))

    def armed(self) -> list[str]:
        """Return the PCs that would be written to at their next start."""
        return list(self.imaging()["armed"])

    def imaged(self) -> list[str]:
        """Return the PCs whose disks really got an image, in order."""
        return [event["device"] for event in self.operator.events("imaged")]

    def run(self) -> RoomRun:
        """Return the newest run of the room in the ledger."""
        return self.run_of(self.report()["run"])

    def run_of(self, name: str) -> RoomRun:
        """Return one run of the ledger."""
        with open_ledger(f"sqlite:///{self.operator.ledger}", read_only=True).read() as view:
            found = view.rooms.run(name)
        assert found is not None
        return found

    def audited(self, event: str) -> list[AuditEntry]:
        """Return the lines of the audit trail about one kind of event."""
        with open_ledger(f"sqlite:///{self.operator.ledger}", read_only=True).read() as view:
            return [entry for entry in view.audit_trail() if entry.event == event]

    def open_run(self) -> RoomRun | None:
        """Return the run of the room that has not ended."""
        with open_ledger(f"sqlite:///{self.operator.ledger}", read_only=True).read() as view:
            return view.rooms.open_in(ROOM)

    def marks(self) -> list[Path]:
        """Return the marks of jobs of which seats may be armed; a guard ends when its mark is gone."""
        return sorted((self.operator.inventory.parent / ".nightshift" / "guards").glob("*.mark"))

    def verdicts(self) -> dict[str, str]:
        """Return the verdict of each seat in the newest run."""
        return {seat.name: seat.verdict.value if seat.verdict else "" for seat in self.run().seats}

    def popen(self, log: Path, **variables: str) -> subprocess.Popen[bytes]:
        """Have the room cloned by a process of its own, which may be killed."""
        command = self.operator.command("reimage", **self.variables(**variables))
        with log.open("wb") as output:
            return subprocess.Popen(
                command, stdout=output, stderr=output, stdin=subprocess.DEVNULL, cwd=self.operator.folder,
                env=self.operator.variables(), start_new_session=True,
            )  # fmt: skip


@contextmanager
def room_lab(folder: Path, told: Mapping[str, Any] | None = None, **changes: Any) -> Iterator[RoomLab]:
    """Start a lab with a room; it ends with the block."""
    folder.mkdir(parents=True, exist_ok=True)
    operator = ForkingOperator.start(folder, fleet(**changes), start=START)
    # Ansible reads all authorities anew for each request to the imaging server; the lab's alone is read faster.
    trusted = {"SSL_CERT_FILE": str(folder / "lab" / "ca" / "ca.pem"), "SSL_CERT_DIR": "/dev/null"}
    operator = replace(operator, environment={**operator.environment, **trusted})
    lab = RoomLab(operator)
    try:
        lab.adopt(policy() if told is None else told)
        yield lab
    finally:
        for mark in lab.marks():  # no guard outlives its lab
            mark.unlink(missing_ok=True)
        operator.stop()
