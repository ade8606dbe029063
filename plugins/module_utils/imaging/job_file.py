# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The identity of a job, kept in a file from before its start to its finish: a second run carries on with it."""

from __future__ import annotations

import json
import os
import re
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .engine import CaptureSpec, EngineError, JobSpec

LONGEST_ROOM = 16  # so that a job's id fits into a name of FOG's database
_ID = re.compile(r"^reimage-([a-z0-9-]+)-\d{8}T\d{6}Z-[0-9a-f]{6}\Z")
_CAPTURE_ID = re.compile(r"^capture-([a-z0-9-]+)-\d{8}T\d{6}Z-[0-9a-f]{6}\Z")


def new_id(room: str, now: datetime) -> str:
    """Return an id for a job that begins ``now`` (aware): ``reimage-<room>-<UTC>-<6 hex>``."""
    return f"reimage-{_short(room)}-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"


def checked_id(job: str, room: str) -> str:
    """Return ``job``. Raises EngineError when it is no id of a job of ``room``: it could be someone else's task."""
    found = _ID.match(job)
    if not found or found[1] != _short(room):
        raise EngineError(
            f"job: {job} is no id of a job of room {room}; use one like reimage-{_short(room)}-20261121T220000Z-0a1b2c"
        )
    return job


def new_capture_id(image: str, now: datetime) -> str:
    """Return an id for a capture that begins ``now`` (aware): ``capture-<image>-<UTC>-<6 hex>``."""
    return f"capture-{_short(image)}-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"


def checked_capture_id(job: str, image: str) -> str:
    """Return ``job``. Raises EngineError when it is no id of a capture into ``image``."""
    found = _CAPTURE_ID.match(job)
    if not found or found[1] != _short(image):
        raise EngineError(
            f"job: {job} is no id of a capture into {image}; use one like "
            f"capture-{_short(image)}-20261121T220000Z-0a1b2c"
        )
    return job


def _short(room: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", room.lower()).strip("-")[:LONGEST_ROOM].strip("-") or "room"


@dataclass(frozen=True, slots=True)
class JobFile:
    """The file. Its content: the id, and what the job was for."""

    path: Path

    def read(self) -> str | None:
        """Return the id of the job as it stands there, None when no job is open. Raises EngineError."""
        content = self._content()
        return None if content is None else str(content.get("id", ""))

    def check(self, spec: JobSpec | CaptureSpec) -> None:
        """Raise EngineError when the file is about another room, image, set of seats or way."""
        content = self._content()
        if content is None:
            return
        for name, wanted in _about(spec).items():
            if content.get(name) != wanted:
                raise EngineError(
                    f"{self.path}: job {content.get('id')} is open there for {name} {content.get(name)}, not {wanted}; "
                    "finish that one first"
                )

    def write(self, spec: JobSpec | CaptureSpec) -> None:
        """Keep the job, whole or not at all. Raises EngineError when it cannot be kept."""
        text = json.dumps({"id": spec.id, **_about(spec)}, indent=1)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix=f".{self.path.name}.", dir=self.path.parent)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(self.path)
        except OSError as error:
            raise EngineError(f"{self.path}: the job cannot be kept ({error.strerror}); nothing was started") from error

    def remove(self) -> None:
        """Forget the job."""
        self.path.unlink(missing_ok=True)

    def _content(self) -> Mapping[str, Any] | None:
        try:
            content = json.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise EngineError(
                f"{self.path}: the open job cannot be read ({error}); look what runs, then remove it"
            ) from error
        if not isinstance(content, Mapping):
            raise EngineError(f"{self.path}: this is no job; name another file")
        return content


def _about(spec: JobSpec | CaptureSpec) -> dict[str, Any]:
    if isinstance(spec, CaptureSpec):
        return {"capture": f"{spec.seat.name} {spec.seat.mac}", "image": spec.image}
    seats = sorted(f"{seat.name} {seat.mac}" for seat in spec.seats)
    return {"room": spec.room, "image": spec.image, "mode": spec.mode.value, "seats": seats}
