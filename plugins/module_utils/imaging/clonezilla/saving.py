# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How far the PC is whose disk is being saved: told by the folder of the image, not by what the PC says of itself.

A PC that cannot save a partition tells nobody: it removes what it has of it and waits for a key. So a folder that gets
smaller, one that does not grow for long, and a disk without room count as a failure. Anyone can tell ocsmgrd that the
PC is through: that makes nothing done, and it does make the PC boot from its disk.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ..engine import JobSpec, SeatProgress, SeatState
from . import jobs_log
from .boot import armed, fetched
from .clients import Client
from .disarming import LOST
from .jobs import Job
from .pace import Marks, pace, read_marks
from .room import Server
from .saved import Saved, read_saved
from .standing import Standing

_NEEDED = 1024 * 1024  # bytes that must be left; Clonezilla itself tries as many
_SHRUNK = 64 * 1024  # bytes by which a folder may get smaller, of tables that are written anew
_FAIL = "***FAIL***"
_STILL = 30 * 60  # seconds without a change; partclone writes all the time, what follows takes minutes
# What marks tell of: the bytes that there are, the most that there were, and when that changed, in seconds since 1970.
NOW, MOST, CHANGED = "", "most", "changed"


@dataclass(frozen=True, slots=True)
class Look:
    """The server at one moment, as a capture concerns it. ``told``: what the PC has said at its end, "" for nothing.
    ``free``: bytes that are left for the image."""

    server: Server
    job: Job | None
    lost: bool
    client: Client | None
    armed: bool
    told: str
    saved: Saved | None
    free: int
    before: Marks | None
    now: Marks

    @classmethod
    def at(cls, server: Server, spec: JobSpec, now: datetime) -> Look:
        """Look at the server. Raises EngineError."""
        stands = Standing.of(server, spec)
        job, live = stands.job, stands.live
        client = server.seats(spec).get(spec.seats[0].name)
        report = jobs_log.reports(stands.told(server, spec)).get(client.mac) if client else None
        saved = read_saved(server.settings, spec, job.words[-1]) if job is not None and job.words else None
        before = read_marks(server.jobs.marks(spec))
        size = saved.size if saved else 0
        earlier = before.done if before else {}
        changed = earlier[CHANGED] if earlier.get(NOW) == size and CHANGED in earlier else int(now.timestamp())
        return cls(
            server=server,
            job=job,
            lost=stands.lost,
            client=client,
            armed=live and client is not None and client.mac in armed(server.layout, server.clients),
            told=report.text if report else "",
            saved=saved,
            free=server.free() if live else 0,
            before=before,
            now=Marks(now, {NOW: size, MOST: max(size, earlier.get(MOST, 0)), CHANGED: changed}),
        )

    @property
    def percent(self) -> float:
        """Return how far it is, from the size of the image that it is like; 0 where there is none."""
        total = self.job.total if self.job else 0
        return min(99.0, round(100.0 * self.now.done[NOW] / total, 2)) if total else 0.0

    @property
    def failure(self) -> str:
        """Return why a PC that is still at work will not come to an end, "" where it may."""
        if self.free < _NEEDED:
            return "the disk with the images is full; the PC waits for a key, and has failed"
        if self.now.done[MOST] - self.now.done[NOW] > _SHRUNK:
            return "the PC has removed what it had of a partition: it has failed, and waits for a key"
        still = int(self.now.at.timestamp()) - self.now.done[CHANGED]
        if self.saved is not None and not self.saved.whole and still >= _STILL:
            return f"nothing was written for {still // 60} minutes: the PC waits for a key, or is gone"
        return ""

    @property
    def written(self) -> str:
        """Return what there is of the image, for people."""
        return f"{self.saved.size} bytes, last in {self.saved.latest}" if self.saved else ""


def seat_of(look: Look, name: str) -> SeatProgress:
    """Return how far the PC is. ``DONE`` is claimed of a whole image, and of nothing else."""
    job = look.job
    if look.client is None or job is None:
        return SeatProgress(name, SeatState.UNKNOWN, detail="this server has no job of this id for it")
    if _FAIL in look.told:
        return SeatProgress(name, SeatState.FAILED, detail=f"the PC told of a failure: {look.told}")
    if job.broken:
        return SeatProgress(name, SeatState.FAILED, detail=job.broken)
    if look.saved is not None and look.saved.whole and not look.armed:
        return SeatProgress(name, SeatState.DONE, 100.0, detail=look.written)
    if name in job.interrupted:
        detail = "its disk was being read when the job ended; what there is of the image is not whole"
        return SeatProgress(name, SeatState.INTERRUPTED, detail=detail)
    if name in job.cancelled:
        return SeatProgress(name, SeatState.CANCELLED)
    if look.lost and look.saved is not None:
        return SeatProgress(name, SeatState.INTERRUPTED, detail=LOST)
    if look.told and look.saved is None:
        return SeatProgress(
            name, SeatState.UNKNOWN, detail=f"it told that it is through, and there is no image: {look.told}"
        )
    if not look.armed and not look.told:
        return SeatProgress(name, SeatState.UNKNOWN, detail="it is not armed any more, and has told nothing")
    return _under_way(look, name, look.client)


def _under_way(look: Look, name: str, client: Client) -> SeatProgress:
    """Return how far a PC is that has its orders. A folder is begun by nobody but a PC that has fetched them."""
    since = fetched(look.server.layout, client)
    if look.saved is None and since is None:
        return SeatProgress(name, SeatState.ARMED)
    if look.lost:
        return SeatProgress(name, SeatState.INTERRUPTED, since=since, detail=LOST)
    if look.failure:
        return SeatProgress(
            name, SeatState.FAILED, look.percent, since=since, detail=f"{look.failure} ({look.written})"
        )
    detail = look.written
    if look.saved is not None and look.saved.whole:
        detail = "the image is whole, and the PC is still armed: it has told nothing"
    elif look.told and look.saved is not None:
        detail = f"the PC is through, and its image is not: {'; '.join(look.saved.lacking)}"
    now = pace(look.before, look.now, NOW, look.job.total if look.job else 0)
    remaining = now.remaining if look.job and look.job.total else ""
    return SeatProgress(name, SeatState.STARTED, look.percent, now.rate, remaining, since=since, detail=detail)
