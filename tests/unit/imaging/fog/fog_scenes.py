# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The building: S12 with three seats, S13 with two, images old (1) and new (2); another task runs in S13 on demand."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ansible_collections.nightshift.fleet.plugins.module_utils.imaging.engine import JobSpec, Mode, Seat
from ansible_collections.nightshift.fleet.plugins.module_utils.imaging.fog.client import Access, Client
from ansible_collections.nightshift.fleet.plugins.module_utils.imaging.fog.engine import FogEngine

from lab.fog.pc import FogPc
from lab.fog.server import API_TOKEN, USER_TOKEN, FogServer, serving
from lab.fog.store import ACTIVE, Store
from lab.tls import LabAuthority, ServerIdentity

JOB = "reimage-s12-20261121T220000Z-0a1b2c"
ROOM = [f"S12-PC0{n}" for n in (1, 2, 3)]
OTHER = [f"S13-PC0{n}" for n in (1, 2)]


def mac(name: str) -> str:
    """The MAC of a PC of the building."""
    return f"52:54:00:77:{name[1:3]}:{name[-2:]}"


@dataclass
class Building:
    """The server, what it holds, and an engine that drives it."""

    server: FogServer
    ca: Path
    engine: FogEngine
    client: Client

    @property
    def store(self) -> Store:
        return self.server.store

    def spec(self, **changes: Any) -> JobSpec:
        """The job: the new image for S12, by multicast."""
        seats = tuple(Seat(name, mac(name)) for name in ROOM)
        return replace(JobSpec(JOB, "s12", "new", seats), **changes)

    def unicast(self) -> JobSpec:
        return self.spec(mode=Mode.UNICAST)

    def pc(self, name: str) -> FogPc:
        return FogPc(self.server.url, mac(name), ssl.create_default_context(cafile=self.ca))

    def id_of(self, name: str) -> int:
        return next(host.id for host in self.store.hosts.values() if host.name == name)

    def busy(self) -> dict[str, list[str]]:
        """The active tasks by PC; ghosts under ""."""
        found: dict[str, list[str]] = {}
        for task in self.store.tasks.values():
            if task.state in ACTIVE:
                host = self.store.hosts.get(task.host)
                found.setdefault(host.name if host else "", []).append(task.name)
        return found

    def work_next_door(self) -> None:
        """Someone at the help desk deploys a PC of the other room."""
        host = self.store.hosts[self.id_of(OTHER[0])]
        self.store.task_host(host, 1, "help desk", "", "0")

    def access(self, **changes: Any) -> Access:
        access = Access(self.server.url, API_TOKEN, USER_TOKEN, ca_path=str(self.ca), timeout=5)
        return replace(access, **changes)


@contextmanager
def building_with(folder: Path, dialect: Any) -> Iterator[Building]:
    """Serve the building."""
    now = datetime.now(UTC)
    authority = LabAuthority.in_folder(folder / "tls", now)
    context = authority.server_context(ServerIdentity("fog", addresses=["127.0.0.1"]), now)
    store = Store()
    old = store.add_image("old")
    store.add_image("new")
    for name in ROOM + OTHER:
        store.add_host(name, [mac(name)], old.id)
    server = FogServer(store, dialect)
    with serving(server, context) as url:
        ca = authority.certificate_path
        client = Client(Access(url, API_TOKEN, USER_TOKEN, ca_path=str(ca), timeout=5))
        yield Building(server, ca, FogEngine(client), client)
