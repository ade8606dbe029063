# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reading the disk of one PC into an image on a FOG server, with the care of writing: a capture overwrites an image."""

from __future__ import annotations

from dataclasses import replace
from datetime import tzinfo

from ..engine import (
    CaptureSpec,
    EngineError,
    JobProgress,
    JobSpec,
    Mode,
    Problem,
    Request,
    SeatProgress,
    SeatState,
    Started,
)
from .arming import ours
from .client import Client
from .disarming import disarm
from .engine import FogEngine
from .room import belongs, hosts_of, problems_of
from .rows import CAPTURE, Host, Image, Task


class FogCapture:
    """Captures through FOG. ``zone``: the server's own time zone; None: times are left out."""

    def __init__(self, client: Client, zone: tzinfo | None = None) -> None:
        self._client = client
        self._engine = FogEngine(client, zone)

    def preflight(self, spec: CaptureSpec) -> tuple[Problem, ...]:
        """Return everything that forbids the job; only questions are asked."""
        image = self._image(spec.image)
        known = spec.image if image is not None or not spec.like else spec.like
        problems = list(problems_of(self._client, replace(_job(spec), image=known)))
        if image is not None and image.protected:
            problems.append(Problem(f"image {spec.image}: it is protected in FOG; capture into a new one"))
        if image is not None and image.filled and not self._had(spec):
            problems.append(
                Problem(
                    f"image {spec.image}: it holds a disk, which would be lost; capture each version into a new one"
                )
            )
        return tuple(problems)

    def start(self, spec: CaptureSpec, *, check: bool = False) -> Started:
        """Make the image where it is missing, arm the one host, and prove it. The PC is neither woken nor restarted.

        Raises EngineError; whatever was armed is cancelled before.
        """
        problems = self.preflight(spec)
        if problems:
            raise EngineError("; ".join(f"{p.seat}: {p.what}" if p.seat else p.what for p in problems))
        host = self._host(spec)
        if self._had(spec):
            if ours(self._client.active_tasks(), _job(spec)):
                self._prove(spec, host, "")
            return Started(changed=False)
        steps = self._plan(spec, host)
        if check:
            return Started(changed=True, requests=steps)
        image = self._made(spec)
        said = self._client.set_image(host.id, image.id)
        now = self._client.host(host.id)
        if now is None or now.image != image.id:
            raise EngineError(f"{spec.seat.name}: FOG did not take image {image.name} (said {said}); nothing was armed")
        said = self._client.capture_task(host.id, spec.id, shutdown=spec.after == "poweroff")
        self._prove(spec, host, f" (FOG said {said})")
        return Started(changed=True, requests=steps)

    def progress(self, spec: CaptureSpec) -> JobProgress:
        """Say how far the job is, as FOG claims."""
        return self._engine.progress(_job(spec))

    def cancel(self, spec: CaptureSpec, *, check: bool = False) -> Started:
        """Stop this job and no other, and prove that the PC does not stay armed."""
        return self._engine.cancel(_job(spec), check=check)

    def verify(self, spec: CaptureSpec) -> SeatProgress:
        """Return done only where FOG's task, its log and the image itself say so. It is still a claim."""
        said = self._engine.progress(_job(spec)).seats[0]
        if said.state is not SeatState.DONE:
            return said
        host, image = self._host(spec), self._image(spec.image)
        tasks = self._tasks(spec, host)
        why = ""
        if image is None or not image.filled:
            why = "FOG calls the task complete, and its image holds nothing"
        elif not any(self._logged(spec, host, task) for task in tasks):
            why = "FOG calls the task complete, its log has no end of it"
        return SeatProgress(spec.seat.name, SeatState.UNKNOWN, said.percent, detail=why) if why else said

    def finish(self, spec: CaptureSpec, *, check: bool = False) -> Started:
        """Disarm what is left. Raises EngineError while the disk is being read."""
        return self._engine.finish(_job(spec), check=check)

    def armed(self) -> frozenset[str]:
        """Return the MACs that FOG would write to, or read from, at their next boot, of this job or any other."""
        return self._engine.armed()

    def _plan(self, spec: CaptureSpec, host: Host) -> tuple[Request, ...]:
        image = self._image(spec.image)
        number = str(image.id) if image is not None else "<the new image>"
        shutdown = "1" if spec.after == "poweroff" else "0"
        body = f'{{"taskTypeID":{CAPTURE},"taskName":"{spec.id}","shutdown":"{shutdown}","wol":false}}'
        made = [] if image is not None else [Request(f'POST /image/create {{"name":"{spec.image}"}}')]
        return (
            *made,
            Request(f'PUT /host/{host.id}/edit {{"imageID":{number}}}'),
            Request(f"POST /host/{host.id}/task {body}"),
        )

    def _made(self, spec: CaptureSpec) -> Image:
        """Return the image, which holds nothing; make it where it is missing."""
        image = self._image(spec.image)
        if image is None:
            like = self._image(spec.like)
            if like is None:
                raise EngineError(f"image {spec.image}: FOG has none of that name, and no image to make it like")
            said = self._client.create_image(spec.image, like)
            image = self._image(spec.image)
            if image is None:
                raise EngineError(f"image {spec.image}: FOG did not make it (said {said}); nothing was armed")
        if image.filled or not image.enabled:
            raise EngineError(f"image {spec.image}: it is not an empty image that is enabled; nothing was armed")
        return image

    def _prove(self, spec: CaptureSpec, host: Host, said: str) -> None:
        image, tasks = self._image(spec.image), ours(self._client.active_tasks(), _job(spec))
        wrong = [] if len(tasks) == 1 else [f"it has {len(tasks)} tasks"]
        wrong += [
            f"task {t.id} is of host {t.host or '0 (a ghost)'}, not {host.id}" for t in tasks if t.host != host.id
        ]
        wrong += [f"task {t.id} is of type {t.type}, not {CAPTURE}" for t in tasks if t.type != CAPTURE]
        wrong += [f"task {t.id} has image {t.image}" for t in tasks if image is None or t.image != image.id]
        if wrong:
            disarm(self._client, _job(spec))
            raise EngineError(f"job {spec.id}: FOG armed something else, and is disarmed: {'; '.join(wrong)}{said}")

    def _image(self, name: str) -> Image | None:
        found = [image for image in self._client.images() if image.name == name]
        if len(found) > 1:
            raise EngineError(f"image {name}: FOG has {len(found)} of that name; leave it one")
        return found[0] if found else None

    def _host(self, spec: CaptureSpec) -> Host:
        host = hosts_of(self._client, _job(spec)).get(spec.seat.name)
        if host is None:
            raise EngineError(f"{spec.seat.name}: FOG knows no host with MAC {spec.seat.mac}; register it there")
        return host

    def _had(self, spec: CaptureSpec) -> bool:
        host = hosts_of(self._client, _job(spec)).get(spec.seat.name)
        return host is not None and bool(self._tasks(spec, host))

    def _tasks(self, spec: CaptureSpec, host: Host) -> list[Task]:
        return [task for task in self._client.tasks_of(host.id) if belongs(task.name, _job(spec))]

    def _logged(self, spec: CaptureSpec, host: Host, task: Task) -> bool:
        return any(
            row.type == "up"
            and row.image == spec.image
            and row.start is not None
            and row.finish is not None
            and row.finish > row.start
            and (task.created is None or row.start >= task.created)
            for row in self._client.log_of(host.id)
        )


def _job(spec: CaptureSpec) -> JobSpec:
    """Return the job as the questions and the disarming of a room's job know it. It is never armed as one."""
    return JobSpec(spec.id, spec.seat.name, spec.image, (spec.seat,), Mode.UNICAST, spec.after)
