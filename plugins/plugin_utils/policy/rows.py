# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Readers of the lists that read like tables: the priority matrix, and the rings. Every row is a mapping."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from itertools import product
from types import MappingProxyType
from typing import Any

from ..planner.model import Severity
from ..planner.priority import ANY, PriorityRow
from ..planner.rings import Ring
from .problems import Gather, refuse
from .values import choices, duration, meant, text, truth, whole

MOST_URGENT, LEAST_URGENT = 1, 9
level = whole(MOST_URGENT, LEAST_URGENT)
_PERCENT = whole(0, 100)
_DAYS = timedelta(days=92)
_RATINGS = tuple(severity.value for severity in Severity)
_MATRIX: Mapping[str, Callable[[object], object]] = {
    "criticality": text,
    "impact": text,
    **dict.fromkeys(_RATINGS, level),
}
_RING: Mapping[str, Callable[[object], object]] = {
    "name": text,
    "soak": duration(timedelta(0), _DAYS),
    "success": _PERCENT,
    "coverage": _PERCENT,
    "count": whole(1, 100_000),
    "per_model": truth,
    "failures": _PERCENT,
}


def level_name(raw: object) -> str:
    """Read a priority as the key of a mapping."""
    return str(level(raw))


def matrix(raw: object) -> tuple[PriorityRow, ...]:
    """Read the rows of the priority matrix: the first row that fits covers a system, and some row fits each."""
    rows = _rows(raw, "a row of the matrix", _MATRIX, needed=tuple(_MATRIX))
    found = tuple(
        PriorityRow(
            row["criticality"], row["impact"], MappingProxyType({Severity(name): row[name] for name in _RATINGS})
        )
        for row in rows
    )
    gather = Gather()
    for number, row in enumerate(found):
        earlier = next((at for at in range(number) if _hides(found[at], row)), None)
        if earlier is not None:
            gather.missing(f"[{number}]", f"is never reached: row {earlier} covers it", "remove it, or put it higher")
    if found:
        for criticality, impact in _uncovered(found):
            fault = f"has no row for criticality {criticality} with impact {impact}"
            gather.missing("", fault, "add one, or a last row with criticality: any and impact: any")
    gather.done()
    return found


def rings(raw: object) -> tuple[Ring, ...]:
    """Read the rings, in the order in which they open."""
    found = tuple(Ring(**row) for row in _rows(raw, "a ring", _RING, needed=("name",)))
    gather = Gather()
    names = [ring.name for ring in found]
    for number, name in enumerate(names):
        if name in names[:number]:
            gather.refuse(f"[{number}].name", name, "stands twice", "give each ring its own name")
    if len(found) == 1:
        gather.missing("", "is one ring alone, so nothing is phased", "add the ring that follows, or use []")
    gather.done()
    return found


def _uncovered(rows: Sequence[PriorityRow]) -> list[tuple[str, str]]:
    """Return the combinations that no row covers; ``any other`` stands for words that no row names."""
    other = "any other"
    criticalities = [*dict.fromkeys(row.criticality for row in rows if row.criticality != ANY), other]
    impacts = [*dict.fromkeys(row.impact for row in rows if row.impact != ANY), other]
    return [pair for pair in product(criticalities, impacts) if not any(row.covers(*pair) for row in rows)]


def _hides(earlier: PriorityRow, later: PriorityRow) -> bool:
    """Return whether each system that ``later`` covers is covered by ``earlier``."""
    return earlier.criticality in (ANY, later.criticality) and earlier.impact in (ANY, later.impact)


def _rows(
    raw: object, what: str, readers: Mapping[str, Callable[[object], object]], needed: Sequence[str]
) -> list[dict[str, Any]]:
    if not isinstance(raw, (list, tuple)):
        raise refuse(raw, "is not a list", f"write a list, each item {what} with {choices(readers)}")
    gather = Gather()
    found = [
        gather.read(f"[{number}]", lambda item: _row(item, what, readers, needed), item)
        for number, item in enumerate(raw)
    ]
    gather.done()
    return [row for row in found if row is not None]


def _row(
    raw: object, what: str, readers: Mapping[str, Callable[[object], object]], needed: Sequence[str]
) -> dict[str, Any]:
    remedy = f"use {choices(readers)}"
    if not isinstance(raw, Mapping):
        raise refuse(raw, f"is not {what}", remedy)
    gather, row = Gather(), dict[str, Any]()
    for key, value in raw.items():
        if key in readers and value is not None:
            row[str(key)] = gather.read(f".{key}", readers[str(key)], value)
        elif key not in readers:
            gather.missing(f".{key}", f"is not a key of {what}", f"{meant(str(key), readers)}{remedy}")
    for key in needed:
        if raw.get(key) is None:
            gather.missing(f".{key}", "is missing", f"{what} needs {choices(needed).replace(' or ', ' and ')}")
    gather.done()
    return row
