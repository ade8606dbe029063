# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An image that a PC is saving, or has saved: whether it is whole is told by its files, in the order they come.

Clonezilla writes each partition, then the tables of the disk, ``parts``, ``disk`` and what it knows of the PC. Then the
PC tells the server that it is through, and last of all come ``clonezilla-img``, its whole log, and ``Info-img-id.txt``
with the checksum of that log. ``parts`` and ``disk`` are written after a failure too, when somebody has pressed a key
at the PC: so they prove nothing by themselves.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..engine import EngineError, JobSpec, Mode
from .image import problems_of_image
from .layout import Settings

_END_OF_LOG = "### End of log ###"
_ID = re.compile(r"^IMG_ID=([0-9a-f]{128})$", re.MULTILINE)
_FAILED = re.compile(r"^Failed to save partition (\S+?)\.?$", re.MULTILINE)
_SUM = re.compile(r"^([0-9a-f]+) [ *](.+)$")
_SUMS: dict[str, Callable[..., Any]] = {"MD5SUMS": hashlib.md5, "SHA1SUMS": hashlib.sha1, "B2SUMS": hashlib.blake2b}
_CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Saved:
    """The folder of an image. ``size``: bytes of its files. ``latest``: the file that was written to last.
    ``lacking``: what it lacks of a whole image, nothing where it is whole."""

    size: int
    latest: str
    lacking: tuple[str, ...]

    @property
    def whole(self) -> bool:
        """Whether nothing is lacking."""
        return not self.lacking


def read_saved(settings: Settings, spec: JobSpec, disk: str) -> Saved | None:
    """Look at the image of a job that saves ``disk``; None when there is no folder of that name."""
    folder = settings.images / spec.image
    if not folder.is_dir():
        return None
    found = []
    for path in folder.iterdir():
        try:
            status = path.stat()
        except FileNotFoundError:
            continue  # Clonezilla removes what it could not write to the end
        found.append((status.st_mtime_ns, path.name, status.st_size))
    return Saved(
        sum(size for _at, _name, size in found), max(found, default=(0, "", 0))[1], _lacking(settings, spec, disk)
    )


def wrong_sums(settings: Settings, spec: JobSpec) -> list[str]:
    """Return which files do not have the checksums that the PC has made of them, where it has made any.

    Raises EngineError where a file cannot be read.
    """
    folder = settings.images / spec.image
    wrong = []
    for name, kind in _SUMS.items():
        for line in _text(folder / name).splitlines():
            told = _SUM.match(line)
            if told is None:
                wrong.append(f"{name} has a line that is no checksum")
            elif not (folder / told[2]).is_file() or _digest(folder / told[2], kind) != told[1]:
                wrong.append(f"{told[2]} has another checksum than {name} tells")
    return wrong


def _lacking(settings: Settings, spec: JobSpec, disk: str) -> tuple[str, ...]:
    folder = settings.images / spec.image
    forbidden = problems_of_image(settings, replace(spec, mode=Mode.MULTICAST), None)
    wrong = [problem.what.removeprefix(f"image {spec.image}: ") for problem in forbidden]
    told = _text(folder / "disk").split()
    if told and told != [disk]:
        wrong.append(f"it is of {' '.join(told)}, not of {disk}")
    wrong += [f"{path.name} is empty" for path in sorted(folder.glob("*-img*")) if path.is_file() and not _size(path)]
    tables = [f"{disk}-pt.sf", f"{disk}-pt.parted", f"{disk}-mbr"]
    if "Partition Table: gpt" in _text(folder / f"{disk}-pt.parted"):
        tables += [f"{disk}-gpt-1st", f"{disk}-gpt-2nd"]
    wrong += [f"{name} is not there, or empty" for name in tables if not _size(folder / name)]
    command = " ".join(_text(folder / "Info-saved-by-cmd.txt").split())
    if not command.endswith(f" savedisk {spec.image} {disk}"):
        wrong.append(f"Info-saved-by-cmd.txt tells {command[-100:] or 'nothing'}")
    return (*wrong, *_of_log(folder))


def _of_log(folder: Path) -> list[str]:
    """Return what is wrong with the PC's own log, which closes an image."""
    log = _text(folder / "clonezilla-img")
    told = _ID.search(_text(folder / "Info-img-id.txt"))
    if _END_OF_LOG not in log or told is None:
        return ["the PC's log, which closes it, is not there yet"]
    wrong = [f"the PC failed to save {part}" for part in _FAILED.findall(log)]
    if _digest(folder / "clonezilla-img", hashlib.sha512) != told[1]:
        wrong.append("clonezilla-img has another checksum than Info-img-id.txt tells")
    return wrong


def _digest(path: Path, kind: Callable[..., Any]) -> str:
    digest = kind()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    except OSError as error:
        raise EngineError(f"{path}: cannot be read ({error.strerror}); look at the disk of the server") from error
    return str(digest.hexdigest())


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
