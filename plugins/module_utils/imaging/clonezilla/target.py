# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What forbids to save a disk as an image: Clonezilla removes whatever had the name before, and asks nobody."""

from __future__ import annotations

import re

from ..engine import CaptureSpec, EngineError, Problem
from .image import Image, fit_name, read_image
from .layout import Settings
from .room import Server

_DISK = re.compile(r"^[a-z][a-z0-9]*$")


def disk_of(server: Server, spec: CaptureSpec) -> str:
    """Return the disk that is to be read, as the PC's Linux names it. Raises EngineError where nobody has said it."""
    job = server.jobs.read_id(spec.id)
    if job is not None and job.words:
        return job.words[-1]  # as it was started
    like = like_of(server, spec)
    disk = spec.disk or (like.disk if like else "")
    if not disk and spec.like:
        raise EngineError(f"disk: image {spec.like}, which would tell it, is not here; name the disk, or another image")
    if not _DISK.match(disk):
        raise EngineError(f"disk: {disk or 'nothing'} is no disk of the PC; name it as Linux does, sda or nvme0n1")
    return disk


def like_of(server: Server, spec: CaptureSpec) -> Image | None:
    """Return the image that this one is to be like, None where there is none of that name."""
    return read_image(server.settings, spec.like) if spec.like else None


def problems_of_target(server: Server, settings: Settings, spec: CaptureSpec) -> list[Problem]:
    """Return what forbids the image. What the job itself has begun to write does not."""
    if server.jobs.read_id(spec.id) is not None:
        return []
    problems = problems_of_name(settings, spec.image)
    try:
        disk_of(server, spec)
    except EngineError as wrong:
        problems.append(Problem(str(wrong)))
    like = like_of(server, spec)
    if like is not None and settings.images.is_dir() and (free := server.free()) < like.size:
        problems.append(
            Problem(
                f"{settings.images} has {free} bytes left, image {spec.like} has {like.size}; make room there first"
            )
        )
    return problems


def problems_of_name(settings: Settings, name: str) -> list[Problem]:
    """Return why nothing can be saved under a name just now."""
    if not fit_name(name):
        return [Problem(f"image {name}: no name for Clonezilla; use letters, digits, and . _ + - in between")]
    if not settings.images.is_dir():
        return [Problem(f"{settings.images} is not there; mount the disk with the images")]
    folder = settings.images / name
    if folder.exists() or folder.is_symlink():
        return [
            Problem(
                f"image {name}: {folder} is there, and Clonezilla would remove it; capture each version into a new "
                "one, or move that away"
            )
        ]
    return []
