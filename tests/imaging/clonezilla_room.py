# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A room of PCs beside a DRBL server with the real Clonezilla SE, and stock ansible-playbook that drives the server."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.imaging import clonezilla_image
from tests.imaging.cell import Cell, cell
from tests.imaging.clonezilla_server import Server, clonezilla_server
from tests.imaging.clonezilla_system import system
from tests.imaging.images import Image, OnDisk, judged, make_disk, make_image
from tests.imaging.network import places, serve, wire
from tests.imaging.seats import Seat

MEGABYTES = 64
MEMORY = 1280
ROOM = "S12"
# Playbooks run in the cell among its processes, so that they end with it, and see these, but with this machine's files
# and network. The server is a chroot in the cell; its folder is named as playbooks see it.
_INTO = ("unshare", "--mount", "--propagation", "private", "sh", "-c", 'mount -t proc proc /proc && exec "$@"', "sh")
_ENTER = """\
#!/bin/sh
shift
exec {enter} "$@"
"""


@dataclass(frozen=True, slots=True)
class Room:
    """The server, its PCs, what their disks held before, and the image they are to get. ``folder``: for playbooks."""

    cell: Cell
    server: Server
    seats: tuple[Seat, ...]
    old: Image
    new: Image
    folder: Path
    plays: list[Play] = field(default_factory=list)

    def verdicts(self) -> list[OnDisk]:
        """What each seat's disk holds."""
        return [judged(seat.disk, self.new, self.old) for seat in self.seats]

    def arguments(self) -> dict[str, Any]:
        """What ``reimage_room`` is told of this room."""
        return {
            "room": ROOM,
            "confirm_room": ROOM,
            "seats": [{"name": s.place.name, "mac": s.place.mac, "address": s.place.address} for s in self.seats],
            "expected_hosts": [seat.place.name for seat in self.seats],
            "image": self.new.name,
            "job_file": "/var/lib/nightshift/S12.job",
            "wait_seconds": 120,
            "engine": "clonezilla",
            "clonezilla": {"interface": "br0"},
        }

    def play(self, name: str, tasks: Sequence[Mapping[str, Any]]) -> Play:
        """Start a playbook of these tasks on the server; its output goes to a file."""
        book = self.folder / f"{name}.yml"
        play = {"hosts": "drbl", "gather_facts": False, "vars": {"room": self.arguments()}, "tasks": list(tasks)}
        book.write_text(json.dumps([play], indent=1), encoding="utf-8")
        return self.ansible(name, str(book), "-i", str(self.inventory()))

    def inventory(self) -> Path:
        """Return an inventory that holds the server and nothing else."""
        file = self.folder / "drbl.json"
        server = {
            "ansible_connection": "community.general.chroot",
            "ansible_host": f"/proc/1/root{self.server.root}",
            "ansible_chroot_exe": str(self._way_in()),
            "ansible_python_interpreter": "/usr/bin/python3",
            "ansible_remote_tmp": "/tmp",
        }
        file.write_text(json.dumps({"all": {"hosts": {"drbl": server}}}), encoding="utf-8")
        return file

    def ansible(self, name: str, *words: str) -> Play:
        """Start ansible-playbook with these words; its output goes to a file named after ``name``."""
        log = self.cell.logs / f"play-{name}.log"
        environment = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_HOME": str(self.folder / "ansible"),
            "ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml",
        }
        into = ["nsenter", f"--target={self.cell.first}", "--pid", "--", *_INTO]
        with log.open("wb") as output:
            process = subprocess.Popen(
                [*into, sys.executable, "-m", "ansible.cli.playbook", *words],
                cwd=self.folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self.plays.append(Play(process, log))
        return self.plays[-1]

    def told(self) -> str:
        """The last words of everybody, for a test that fails."""
        files = sorted(self.cell.logs.glob("*.log"))
        server = self.server.read("/var/log/clonezilla/clonezilla-jobs.log")
        return "\n".join(f"--- {f.name}\n{f.read_text(errors='replace')[-2500:]}" for f in files) + server

    def _way_in(self) -> Path:
        way = self.folder / "enter"
        way.write_text(
            _ENTER.format(enter=" ".join([*Cell(1, self.cell.logs).enter(), *self.server.words])), encoding="utf-8"
        )
        way.chmod(0o755)
        return way


@dataclass(frozen=True, slots=True)
class Play:
    """An ansible-playbook that runs."""

    process: subprocess.Popen[bytes]
    log: Path

    def said(self) -> str:
        """What it has written so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def running(self) -> bool:
        """Whether it still runs."""
        return self.process.poll() is None

    def end(self, seconds: float) -> int:
        """Wait for its end; return its exit code."""
        return self.process.wait(seconds)

    def kill(self) -> None:
        """Kill it and all its workers at once, as a machine that fails would; nothing when it has ended."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(20)


@contextmanager
def clonezilla_room(folder: Path, *, count: int = 2, payload: int, shared: bool = False) -> Iterator[Room]:
    """Make the room; its PCs are off and hold the old image. ``payload``: bytes of the image.

    ``shared``: PCs write to the server's own folder of images, as they do by DRBL's NFS.
    """
    logs, files, images, plays = (folder / name for name in ("logs", "files", "images", "plays"))
    for path in (logs, files, images, plays):
        path.mkdir()
    old = make_image("1", folder, payload=payload, megabytes=MEGABYTES)
    new = make_image("2", folder, payload=payload, megabytes=MEGABYTES)
    with cell(logs) as inside:
        seats = []
        for place in places(ROOM, count):
            disk = folder / f"{place.name}.raw"
            make_disk(old, disk)
            seats.append(Seat(inside, place, disk, megabytes=MEMORY))
        taken = [seat.place for seat in seats]
        wire(inside, taken)
        server = clonezilla_server(inside, folder, taken)
        clonezilla_image.save(inside, server.root, new, images)
        clonezilla_image.pack_for_pcs(images, files)
        inside.run(["cp", "-a", f"{images}/.", str(server.root / "home/partimag")])
        for seat in seats if shared else ():
            seat.share = server.root / "home/partimag"
        (files / "system.squashfs").symlink_to(system() / "system.squashfs")
        serve(inside, taken, files, boot="pxelinux.0", tftp=server.root / "tftpboot/nbi_img")
        room = Room(inside, server, tuple(seats), old, new, plays)
        try:
            yield room
        finally:
            for play in room.plays:
                play.kill()
