# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The report of a run: JSON, CSV, and a page of the room. Instants are ISO 8601 with the offset of the run's zone."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ..documents.folder import FolderError, file_name, put
from ..ledger.rooms import RoomStep
from .judging import facts_of
from .model import Job, Run, Seat
from .patches import UNKNOWN, Patches
from .problem import RoomError
from .seat_map import as_html

COLUMNS = ("seat", "place", "verdict", "why", "attempts", "mode", "image", "version", "windows", "machine_sid", "lacks",
           "installed")  # fmt: skip


def write_report(
    run: Run, steps: Sequence[RoomStep], patches: Mapping[str, Patches], zone: ZoneInfo, folder: Path
) -> list[str]:
    """Write the report of a run into ``folder``, each file whole; return the files. Raises RoomError.

    ``patches``: those of each seat after the patch round.
    """
    kinds = {
        "json": as_json(run, steps, patches, zone),
        "csv": as_csv(run, patches),
        "html": as_html(run, zone, {name: one.missing or () for name, one in patches.items()}),
    }
    try:
        return put(folder, {f"{file_name(run.id)}.{kind}": text for kind, text in kinds.items()}).names
    except FolderError as wrong:
        raise RoomError(str(wrong)) from wrong


def _row(run: Run, seat: Seat) -> dict[str, str]:
    facts = facts_of(seat.after)
    job = next((job for job in reversed(run.jobs) if seat.name in job.seats), None)
    image = facts.image if facts else None
    windows = facts.windows if facts else None
    return {
        "seat": seat.name,
        "place": seat.place,
        "verdict": seat.verdict.value if seat.verdict else seat.state.value,
        "why": seat.why,
        "attempts": str(seat.attempts),
        "mode": job.kind.value if job else "",
        "image": image.name if image else "",
        "version": image.version if image else "",
        "windows": f"{windows.build}.{windows.ubr}" if windows else "",
        "machine_sid": (facts.machine_sid or "") if facts else "",
    }


def as_json(run: Run, steps: Sequence[RoomStep], patches: Mapping[str, Patches], zone: ZoneInfo) -> str:
    """Return the run as JSON: what it was, its seats, its jobs, every step. ``lacks`` is null where nobody knows."""
    told: dict[str, Any] = {
        "run": run.id,
        "room": run.room,
        "server": run.server,
        "engine": run.engine,
        "image": {"name": run.image, "version": run.version, "checksum": run.checksum},
        "started": _local(run.started, zone),
        "ended": _local(run.ended, zone),
        "outcome": run.outcome.value,
        "detail": run.detail,
        "seats": [_row(run, seat) | _patches_in_json(patches.get(seat.name, UNKNOWN)) for seat in run.seats],
        "jobs": [_job(job, zone) for job in run.jobs],
        "steps": [
            {"at": _local(one.at, zone), "seat": one.seat, "was": one.was, "became": one.became, "why": one.why}
            for one in steps
        ],
    }
    return json.dumps(told, indent=2, ensure_ascii=False) + "\n"


def _patches_in_json(patches: Patches) -> dict[str, list[str] | None]:
    missing = patches.missing
    return {"lacks": None if missing is None else list(missing), "installed": list(patches.installed)}


def _patches_as_texts(patches: Patches) -> dict[str, str]:
    missing = patches.missing
    return {
        "lacks": "unknown" if missing is None else " ".join(missing),
        "installed": "; ".join(patches.installed),
    }


def _job(job: Job, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "id": job.id,
        "kind": job.kind.value,
        "seats": list(job.seats),
        "intended": _local(job.intended, zone),
        "armed": _local(job.armed, zone),
        "closed": _local(job.closed, zone),
        "attempts": [
            {
                "seat": one.seat,
                "claim": one.claim,
                "percent": one.percent,
                "joined": _local(one.joined, zone),
                "outcome": one.outcome.value if one.outcome else "",
                "why": one.why,
            }
            for one in job.attempts.values()
        ],
    }


def as_csv(run: Run, patches: Mapping[str, Patches]) -> str:
    """Return the seats as CSV. A cell that a spreadsheet would take for a formula begins with an apostrophe."""
    text = StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for seat in run.seats:
        row = _row(run, seat) | _patches_as_texts(patches.get(seat.name, UNKNOWN))
        writer.writerow({name: _harmless(value) for name, value in row.items()})
    return text.getvalue()


def _harmless(value: str) -> str:
    return f"'{value}" if value.startswith(("=", "+", "-", "@", "\t", "\r")) else value


def _local(moment: datetime | None, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).isoformat(timespec="seconds") if moment else ""
