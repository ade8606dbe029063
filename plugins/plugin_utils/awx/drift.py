# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What AWX has beside what the policy says: one line for each difference."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .schedules import Schedule, prefix_of

REMEDY = "run the playbook nightshift.fleet.awx"


@dataclass(frozen=True, slots=True)
class Drift:
    """``lines``: the differences; ``surplus``: the names of schedules of ours that no window asks for."""

    lines: tuple[str, ...]
    surplus: tuple[str, ...]


def drift(wanted: Sequence[Schedule], found: Iterable[Mapping[str, Any]], inventory: str) -> Drift:
    """Compare with what AWX's API gives (``name``, ``rrule``, ``limit``, ``extra_data``, ``enabled`` of each schedule).

    Names that do not begin as those of ``inventory`` are other people's, and passed over.
    """
    known = {str(row["name"]): row for row in found if str(row["name"]).startswith(prefix_of(inventory))}
    names = {one.name for one in wanted}
    lines = []
    for one in wanted:
        if one.name not in known:
            lines.append(f"{one.name}: is not in AWX; the policy says {one.rrule}; {REMEDY}")
            continue
        lines += [f"{one.name}: {line}; {REMEDY}" for line in _differences(one, known[one.name])]
    surplus = tuple(sorted(name for name in known if name not in names))
    lines += [f"{name}: no window of the policy asks for it; {REMEDY}, which removes it" for name in surplus]
    return Drift(tuple(lines), surplus)


def _differences(one: Schedule, row: Mapping[str, Any]) -> list[str]:
    lines = []
    for key, wanted in (("rrule", one.rrule), ("limit", one.limit), ("extra_data", dict(one.extra))):
        given = row.get(key) or type(wanted)()
        if given != wanted:
            lines.append(f"AWX has {key} {given!r}, the policy says {wanted!r}")
    if not row.get("enabled", True):
        lines.append("it is switched off in AWX")
    return lines
