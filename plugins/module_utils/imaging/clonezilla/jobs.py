# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Our own jobs on a DRBL server: one file each, from before its start, and one lock for whoever changes the server.

Clonezilla SE serves one room at a time and has no lock worth the name: a second start ends the first. A job holds the
server from ``STARTING`` until it is ``FINISHED``, over runs and restarts; the lock is held only while a run changes
something, and ends with that run, however it ends.
"""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from ..engine import EngineError, JobSpec
from .layout import Layout


class Phase(str, Enum):
    """How far a job is with the server."""

    STARTING = "starting"  # something may be armed already
    STARTED = "started"
    CANCELLED = "cancelled"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True)
class Job:
    """A job as it stands in its file. ``session``: when Clonezilla's lock file was touched for it, in nanoseconds
    since 1970, 0 where that is not known; another time there means that someone else has started Clonezilla since.
    ``interrupted``: seats that were being written when it was cancelled. ``cancelled``: those that were not yet.
    ``words``: the command that it was started with. ``total``: how many bytes its transfer will have, 0 where that is
    not known before. ``broken``: what was found wrong with the image that it saved, "" for nothing."""

    id: str
    room: str
    phase: Phase
    session: int = 0
    interrupted: tuple[str, ...] = ()
    cancelled: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    total: int = 0
    broken: str = ""

    @property
    def whose(self) -> str:
        """What it is for: a room, or the one PC of a capture."""
        return self.room if self.id.startswith("capture-") else f"room {self.room}"


class Jobs:
    """The folder of the jobs."""

    def __init__(self, layout: Layout) -> None:
        self._folder = layout.kept

    def read(self, spec: JobSpec) -> Job | None:
        """Return a job, None when this server never had it. Raises EngineError."""
        return self.read_id(spec.id)

    def read_id(self, job: str) -> Job | None:
        """Return the job of an id, None when this server never had it. Raises EngineError."""
        return self._read(self._path(job))

    def others(self, spec: JobSpec) -> tuple[Job, ...]:
        """Return the jobs that hold the server, without this one. Raises EngineError."""
        paths = sorted(self._folder.glob("*.json")) if self._folder.is_dir() else []
        jobs = [self._read(path) for path in paths]
        return tuple(job for job in jobs if job and job.id != spec.id and job.phase is not Phase.FINISHED)

    def write(self, job: Job) -> None:
        """Keep a job, whole or not at all. Raises EngineError."""
        self._whole(self._path(job.id), json.dumps(asdict(job), indent=1))

    def remove(self, spec: JobSpec) -> None:
        """Forget a job whose start came to nothing."""
        self._path(spec.id).unlink(missing_ok=True)

    def log(self, spec: JobSpec) -> Path:
        """Return the file for what the commands of a job say."""
        self._make()
        return self._folder / f"{spec.id}.log"

    def marks(self, spec: JobSpec) -> Path:
        """Return the file for where its transfer was when it was last looked at."""
        return self._folder / f"{spec.id}.marks"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Be the only run that changes the server. Raises EngineError when another one does."""
        self._make()
        with (self._folder / "lock").open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise EngineError(f"{file.name}: another run changes this server just now; try again later") from None
            yield

    def _path(self, job: str) -> Path:
        return self._folder / f"{job}.json"

    def _make(self) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise EngineError(f"{self._folder}: cannot be made ({error.strerror}); run this as root") from error

    def _read(self, path: Path) -> Job | None:
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            return _job(content)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise EngineError(
                f"{path}: cannot be read ({error}); look what runs on this server, then remove it"
            ) from error

    def _whole(self, path: Path, text: str) -> None:
        self._make()
        try:
            handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=self._folder)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(path)
        except OSError as error:
            raise EngineError(f"{path}: cannot be kept ({error.strerror}); nothing was started") from error


def _job(content: Any) -> Job:
    return Job(
        id=str(content["id"]),
        room=str(content["room"]),
        phase=Phase(content["phase"]),
        session=int(content["session"]),
        interrupted=tuple(content["interrupted"]),
        cancelled=tuple(content["cancelled"]),
        words=tuple(content.get("words", ())),
        total=int(content.get("total", 0)),
        broken=str(content.get("broken", "")),
    )
