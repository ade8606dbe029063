# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The catalogue as a JSON file: read strictly, written whole, by one process at a time."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..device.fields import Fields, ProtocolError
from ..documents import whole
from ..room.rules import ImageFile
from ..seat.facts import Windows
from .model import Capture, Catalogue, ImageError, State, Trial, Version
from .seal import seal


def read(path: Path) -> Catalogue:
    """Read the file; an empty catalogue where there is none. Raises ImageError."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Catalogue()
    except (OSError, UnicodeDecodeError) as error:
        raise ImageError(f"{path}: the catalogue cannot be read: {error}") from error
    return parse(text, path.name)


def parse(text: str, place: str) -> Catalogue:
    """Read the text of a catalogue. Raises ImageError, naming the key that is wrong."""
    try:
        top = Fields(json.loads(text), f"{place}: ")
        versions = tuple(_version(one) for one in top.objects("images"))
    except (ProtocolError, ValueError) as error:
        raise ImageError(f"{error}; correct it, or take the file from a backup") from error
    names = [one.image for one in versions]
    for name in names:
        if names.count(name) > 1:
            raise ImageError(f"{place}: {name} is there twice; leave one")
    for one in versions:
        if one.checksum != seal(one.image, one.windows, one.files):
            raise ImageError(
                f"{place}: {one.image}: checksum is not that of its Windows and its files; it was changed by hand"
            )
    return Catalogue(versions)


def text_of(catalogue: Catalogue) -> str:
    """Return the text of a catalogue."""
    return json.dumps({"images": [as_data(one) for one in catalogue.versions]}, indent=2, ensure_ascii=False) + "\n"


def write(path: Path, catalogue: Catalogue) -> None:
    """Write the file whole or not at all. Raises ImageError."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        whole.write(path, text_of(catalogue))
    except OSError as error:
        raise ImageError(f"{path}: the catalogue cannot be written: {error.strerror}") from error


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Keep other processes on this machine from changing the catalogue meanwhile. Raises ImageError."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with path.with_name(f".{path.name}.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
    except OSError as error:
        raise ImageError(f"{path}: the catalogue's folder cannot be used: {error.strerror}") from error


def as_data(one: Version) -> dict[str, Any]:
    """Return a version as the file has it."""
    return {
        "name": one.name,
        "version": one.number,
        "image": one.image,
        "state": one.state.value,
        "reference": one.reference,
        "made": _told(one.made),
        "checksum": one.checksum,
        "windows": {"edition": one.windows.edition, "build": one.windows.build, "ubr": one.windows.ubr},
        "patched_until": _told(one.patched_until),
        "lacks": list(one.lacks),
        "files": [{"path": file.path, "sha256": file.sha256} for file in one.files],
        "begun": _told(one.begun),
        "generalised": _told(one.generalised),
        "capture": one.capture
        and {
            "job": one.capture.job,
            "at": _told(one.capture.at),
            "manifest": one.capture.manifest,
            "manifest_checksum": one.capture.manifest_checksum,
            "size": one.capture.size,
        },
        "test": one.test and {"room": one.test.room, "at": _told(one.test.at)},
        "published": _told(one.published),
        "retired": _told(one.retired),
    }


def for_policy(one: Version) -> dict[str, Any]:
    """Return a version as an entry of ``nightshift_cloning.images``."""
    return {
        "made": f"{one.made:%Y-%m-%d}",
        "version": str(one.number),
        "checksum": one.checksum,
        "build": f"{one.windows.build}.{one.windows.ubr}",
        "lacks": list(one.lacks),
        "files": [{"path": file.path, "sha256": file.sha256} for file in one.files],
    }


def policy_images(catalogue: Catalogue, *, candidates: bool) -> Mapping[str, dict[str, Any]]:
    """Return every published version for ``nightshift_cloning.images``, and those that can be tested where asked."""
    shown = [one for one in catalogue.versions if one.state is State.PUBLISHED]
    if candidates:
        shown += [one for one in catalogue.versions if one.state is State.CANDIDATE and one.capture is not None]
    return {one.image: for_policy(one) for one in shown}


def _version(row: Fields) -> Version:
    windows = row.object("windows")
    return Version(
        name=row.name("name"),
        number=row.number("version"),
        reference=row.name("reference"),
        made=row.needed_instant("made"),
        checksum=row.name("checksum"),
        windows=Windows(windows.name("edition"), windows.number("build"), windows.number("ubr")),
        patched_until=row.needed_instant("patched_until"),
        files=tuple(ImageFile(file.name("path"), file.name("sha256")) for file in row.objects("files")),
        state=row.word("state", State),
        lacks=row.texts("lacks"),
        begun=row.instant("begun"),
        generalised=row.instant("generalised"),
        capture=_capture(row.object("capture")) if "capture" in row else None,
        test=Trial(row.object("test").name("room"), row.object("test").needed_instant("at")) if "test" in row else None,
        published=row.instant("published"),
        retired=row.instant("retired"),
    )


def _capture(row: Fields) -> Capture:
    return Capture(
        row.name("job"),
        row.needed_instant("at"),
        row.name("manifest"),
        row.name("manifest_checksum"),
        row.number("size"),
    )


def _told(instant: datetime | None) -> str | None:
    return None if instant is None else f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
