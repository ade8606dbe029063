# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The two markers on a PC's disk: image.json and run.json, as docs/device-protocol.md has them."""

from __future__ import annotations

import json
from collections.abc import Mapping

from .disk import DATA_FOLDER, Disk

FIELDS = {"image": ("name", "version", "checksum", "date"), "run": ("job", "room", "written")}


class MarkerTorn(Exception):
    """The file is there, and holds no marker."""


def path_of(kind: str) -> str:
    """Return where the marker of a kind (image, run) lies."""
    return f"{DATA_FOLDER}\\{kind}.json"


def read_marker(disk: Disk, kind: str) -> dict[str, str] | None:
    """Return the marker, None where there is none. Raises MarkerTorn, and OSError where the disk cannot be read."""
    content = disk.read(path_of(kind))
    if content is None:
        return None
    try:
        held = json.loads(content)
    except ValueError:
        held = {}
    marker = {name: str(held[name]) for name in FIELDS[kind] if isinstance(held, dict) and held.get(name)}
    missing = [name for name in FIELDS[kind] if name not in marker]
    if missing:
        raise MarkerTorn(f"{path_of(kind)} is cut off or has no {missing[0]}")
    return marker


def write_marker(disk: Disk, kind: str, marker: Mapping[str, str]) -> None:
    """Write a marker whole. Raises OSError."""
    disk.write(path_of(kind), json.dumps(dict(marker)).encode())
