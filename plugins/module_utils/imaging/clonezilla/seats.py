# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How far the seats of a job are, from what the server can know.

A seat is armed until it has fetched what it boots, started until it reports, and then done or failed by its own words.
Where the file system keeps no times of access, a seat counts as started once anything has been sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ..engine import JobSpec, Mode, SeatProgress, SeatState
from . import jobs_log
from .boot import armed, can_tell_fetching, fetched
from .clients import Client
from .commands import SENDER, Process
from .disarming import LOST
from .image import Image
from .jobs import Job
from .jobs_log import Report
from .nfs import sent_by_nfs
from .pace import Marks, Pace, pace, read_marks
from .room import Server
from .sender import Position, is_of_job, position
from .standing import Standing


@dataclass(frozen=True, slots=True)
class Look:
    """The server at one moment, as one job concerns it."""

    server: Server
    spec: JobSpec
    job: Job | None
    lost: bool
    clients: dict[str, Client]
    armed: frozenset[str]
    reports: dict[str, Report]
    image: Image | None
    sender: Process | None
    where: Position | None
    before: Marks | None
    now: Marks

    @classmethod
    def at(cls, server: Server, spec: JobSpec, now: datetime) -> Look:
        """Look at the server. Raises EngineError."""
        stands = Standing.of(server, spec)
        clients = server.seats(spec)
        macs = {client.mac for client in clients.values()}
        image = server.image(spec)
        processes = server.commands.processes() if stands.live and not stands.lost else ()
        port = server.settings.port
        own = tuple(one for one in processes if one.name == SENDER and is_of_job(one, spec, port))
        where = position(server.layout, server.settings, own, image)
        done = {"": where.done} if where else {}
        if stands.live and spec.mode is Mode.UNICAST:
            done = sent_by_nfs(server.commands)
        text = stands.told(server, spec)
        return cls(
            server=server,
            spec=spec,
            job=stands.job,
            lost=stands.lost,
            clients=clients,
            armed=frozenset(macs & armed(server.layout, server.clients).keys()) if stands.live else frozenset(),
            reports=jobs_log.reports(text),
            image=image,
            sender=own[0] if own else None,
            where=where,
            before=read_marks(server.jobs.marks(spec)),
            now=Marks(now, done),
        )

    def done(self, client: Client) -> int:
        """Return how many bytes of the image are on their way to a seat, or with it, as far as that can be told."""
        key = "" if self.spec.mode is Mode.MULTICAST else client.address
        last = self.before.done.get(key, 0) if self.before else 0
        return self.now.done.get(key, last)

    def percent(self, client: Client) -> float:
        """Return as much from 0 to 100; a seat that fetches its image by itself has it only when it says so."""
        total = self.image.size if self.image else 0
        most = 100.0 if self.spec.mode is Mode.MULTICAST else 99.0
        return min(most, round(100.0 * self.done(client) / total, 2)) if total else 0.0

    def pace(self, client: Client) -> Pace:
        """Return how fast that goes."""
        key = "" if self.spec.mode is Mode.MULTICAST else client.address
        return pace(self.before, self.now, key, self.image.size if self.image else 0)

    @property
    def sending(self) -> bool:
        """Whether the job's sender runs."""
        return self.sender is not None

    @property
    def detail(self) -> str:
        """What a person would want to know of the transfer."""
        if self.lost:
            return LOST
        if self.sender is not None:
            return f"udp-sender {self.sender.pid} sends {self.where.part if self.where else 'something'}"
        return ""


def seat_of(look: Look, name: str) -> SeatProgress:
    """Return how far a seat is."""
    client, job = look.clients.get(name), look.job
    if client is None or job is None:
        return SeatProgress(name, SeatState.UNKNOWN, detail="this server has no job of this id for it")
    if client.mac in look.reports:
        return _reported(look, name, client, look.reports[client.mac])
    if name in job.interrupted:
        return SeatProgress(name, SeatState.INTERRUPTED, detail="it was being written when the job was cancelled")
    if name in job.cancelled:
        return SeatProgress(name, SeatState.CANCELLED)
    if client.mac not in look.armed:
        return SeatProgress(name, SeatState.UNKNOWN, detail="it is not armed any more, and has told nothing")
    since = fetched(look.server.layout, client)
    if since is None and not (look.done(client) and not can_tell_fetching(look.server.layout)):
        return SeatProgress(name, SeatState.ARMED)
    if look.lost:
        return SeatProgress(name, SeatState.INTERRUPTED, since=since, detail=look.detail)
    percent, now = look.percent(client), look.pace(client)
    return SeatProgress(name, SeatState.STARTED, percent, now.rate, now.remaining, since=since, detail=look.detail)


def _reported(look: Look, name: str, client: Client, report: Report) -> SeatProgress:
    wrong = report.faults(look.image, look.spec.image, client.address)
    if not wrong:
        return SeatProgress(name, SeatState.DONE, 100.0, detail=report.text)
    failed = any(not good for _part, good in report.parts)
    state = SeatState.FAILED if failed else SeatState.UNKNOWN
    return SeatProgress(name, state, detail=f"{'; '.join(wrong)}: {report.text}")
