# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The report as files: one JSON document, and two tables as CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from ..ledger.compliance import Figures
from .figures import Judged, Standing, totals

FIGURES, UPDATES, DOCUMENT = "compliance.csv", "compliance-updates.csv", "compliance.json"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Review:
    """Everything that a report tells. The lists are plain values, ready to be written."""

    at: datetime
    figures: tuple[Figures, ...]
    judged: tuple[Judged, ...]
    history: Mapping[str, tuple[Figures, ...]]
    expired_exceptions: Sequence[Mapping[str, object]] = ()
    missed_nights: Sequence[Mapping[str, object]] = ()
    deployments: Sequence[Mapping[str, object]] = ()
    tasks: Sequence[Mapping[str, object]] = ()
    halts: Sequence[Mapping[str, object]] = ()
    excluded: Sequence[str] = field(default=())  # out of scope: never contacted, in no figure


def files(review: Review) -> dict[str, str]:
    """Return the text of each file by its name."""
    return {
        DOCUMENT: json.dumps(as_data(review), indent=2, ensure_ascii=False) + "\n",
        FIGURES: _csv([{"day": _day(review.at), **_row(one)} for one in review.figures]),
        UPDATES: _csv([row for one in review.judged for row in _updates(one)]),
    }


def as_data(review: Review) -> dict[str, Any]:
    """Return the report as plain values; instants are UTC, in ISO 8601. ``priority`` null: all together."""
    return {
        "taken_at": _instant(review.at),
        "totals": [_numbers(one) for one in totals(review.figures)],
        "figures": [_row(one) for one in review.figures],
        "devices": [_device(one) for one in review.judged],
        "deployments": list(review.deployments),
        "tasks": list(review.tasks),
        "halts": list(review.halts),
        "expired_exceptions": list(review.expired_exceptions),
        "missed_nights": list(review.missed_nights),
        "out_of_scope": list(review.excluded),
        "history": [
            {"day": day, "totals": [_numbers(one) for one in totals(rows)]} for day, rows in review.history.items()
        ],
    }


def lines(review: Review) -> list[str]:
    """Return the totals as lines of text, and what needs a person."""
    found = ["priority   devices compliant (waiting)  late exempt unknown"]
    for one in totals(review.figures):
        name = "all" if one.priority == 0 else str(one.priority)
        found.append(
            f"{name:<10} {one.devices:>7} {one.compliant:>9} {f'({one.waiting})':>9} "
            f"{one.late:>5} {one.exempt:>6} {one.unknown:>7}"
        )
    for name, items in (
        ("rollouts halted", review.halts),
        ("tasks open", review.tasks),
        ("exceptions expired", review.expired_exceptions),
        ("nights missed", review.missed_nights),
    ):
        if items:
            found.append(f"{name}: {len(items)}")
    return found


def _row(one: Figures) -> dict[str, Any]:
    names = {"class": one.device_class, "unit": one.unit or None, "ring": one.ring or None}
    return {**names, **_numbers(one)}


def _numbers(one: Figures) -> dict[str, Any]:
    counts = {name: value for name, value in asdict(one).items() if isinstance(value, int)}
    return {**counts, "priority": one.priority or None}


def _device(one: Judged) -> dict[str, Any]:
    return {
        "device": one.device.name,
        "class": one.device.device_class,
        "unit": one.device.unit,
        "ring": one.device.ring,
        "standing": one.standing[0].value,
        "why": one.why or None,
        "until": _instant(one.until),
        "updates": [
            {
                "update": owed.update,
                "title": owed.title,
                "severity": owed.severity,
                "priority": owed.priority,
                "due": _instant(owed.due),
                "standing": owed.standing.value,
                "reason": owed.text,
                "until": _instant(owed.until),
            }
            for owed in one.owed
        ],
    }


def _updates(one: Judged) -> Iterable[dict[str, Any]]:
    """Yield a row for each update, or one for a device without any that is not compliant."""
    head = {name: value for name, value in _device(one).items() if name in ("device", "class", "unit", "ring")}
    empty = dict.fromkeys(("update", "title", "severity", "priority", "due", "standing", "reason", "until"))
    if one.standing[0] in (Standing.UNKNOWN, Standing.EXEMPT) and one.why:
        yield {**head, **empty, "standing": one.standing[0].value, "reason": one.why, "until": _instant(one.until)}
    for owed in _device(one)["updates"]:
        yield {**head, **owed}


def _csv(rows: Sequence[Mapping[str, Any]]) -> str:
    out = io.StringIO()
    if rows:
        writer = csv.DictWriter(out, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    return out.getvalue()


def _cell(value: object) -> object:
    """Return a cell that no spreadsheet takes for a formula: titles come from vendors."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _instant(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat(timespec="seconds")


def _day(moment: datetime) -> str:
    return moment.astimezone(UTC).date().isoformat()
