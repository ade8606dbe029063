# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""nightshift.fleet.win_image_marker, as docs/device-protocol.md has it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ...truth import What
from .. import forms
from ..arguments import Option
from ..markers import FIELDS, MarkerTorn, path_of, read_marker, write_marker
from ..pc import SimulatedPC
from .outcome import ModuleFailure

SPEC = {
    "kind": Option(required=True, choices=("image", "run")),
    "state": Option(default="present", choices=("present", "absent")),
    **{name: Option() for name in ("name", "version", "checksum", "date", "job", "room")},
}

_INSTANT = re.compile(r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$")


async def run(pc: SimulatedPC, params: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    """Write or remove one marker."""
    kind = params["kind"]
    torn = False
    try:
        before = read_marker(pc.disk, kind)
    except MarkerTorn:
        before, torn = None, True
    after = _wanted(pc, params) if params["state"] == "present" else None
    if _alike(before, after):
        after = before
        changed = torn
    else:
        changed = True
    if changed and not check_mode:
        if after is None:
            pc.disk.remove(path_of(kind))
        else:
            write_marker(pc.disk, kind, after)
        pc.note(What.MARKED, detail=f"{kind} {'absent' if after is None else ' '.join(after.values())}")
    diff = {"before": before or {}, "after": after or {}}
    return {"changed": changed, "path": path_of(kind), "marker": after, "diff": diff}


def _wanted(pc: SimulatedPC, params: Mapping[str, Any]) -> dict[str, str]:
    kind = params["kind"]
    marker = {}
    for name in FIELDS[kind]:
        if name == "written":
            marker[name] = forms.instant(pc, pc.at) or ""
        elif not params[name]:
            raise ModuleFailure(f"{name}: it is missing; a marker of kind {kind} has it")
        else:
            marker[name] = params[name]
    if kind == "image":
        if not re.fullmatch(r"[0-9A-Fa-f]{64}", marker["checksum"]):
            raise ModuleFailure(f"checksum: '{marker['checksum']}' is not a SHA-256; write its 64 hexadecimal digits")
        if not _INSTANT.match(marker["date"]):
            raise ModuleFailure(
                f"date: '{marker['date']}' is not an instant; write ISO 8601 with a zone, such as 2026-11-23T16:05:00Z"
            )
        marker["checksum"] = marker["checksum"].lower()
        marker["date"] = forms.plain_instant(datetime.fromisoformat(marker["date"])) or ""
    return marker


def _alike(before: Mapping[str, str] | None, after: Mapping[str, str] | None) -> bool:
    if before is None or after is None:
        return before is after
    return all(before[name] == value for name, value in after.items() if name != "written")
