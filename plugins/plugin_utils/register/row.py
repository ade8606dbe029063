# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One device of the register, as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..planner.model import Device, Exposure

CLASSES = ("desktop", "laptop", "server", "room")

REQUIRED_COLUMNS = ("name", "address", "class")

COLUMNS = (
    *REQUIRED_COLUMNS,
    "ring",
    "room",
    "seat",
    "mac",
    "unit",
    "criticality",
    "model",
    "always_on",
    "managed",
    "responsible",
    "exposure",
    "impact",
)


@dataclass(frozen=True, slots=True)
class Row:
    """One checked row. ``None`` is an empty cell; ``mac`` looks like ``00:1a:2b:3c:4d:5e``.

    ``line`` is the line of the file on which the row begins, counted from 1. ``extra``
    holds the columns that the reader was told to keep.
    """

    line: int
    name: str
    address: str
    device_class: str
    ring: str | None = None
    room: str | None = None
    seat: str | None = None
    mac: str | None = None
    unit: str | None = None
    criticality: str | None = None
    model: str | None = None
    always_on: bool = False
    managed: bool = True
    responsible: str | None = None
    exposure: str | None = None
    impact: str | None = None
    extra: Mapping[str, str] = field(default_factory=dict)


def to_device(row: Row) -> Device:
    """Return what the planner needs to know of a row."""
    return Device(
        name=row.name,
        device_class=row.device_class,
        ring=row.ring,
        unit=row.unit,
        criticality=row.criticality,
        model=row.model,
        room=row.room,
        always_on=row.always_on,
        managed=row.managed,
        exposure=Exposure(row.exposure or Exposure.INTERNAL),
        impact=row.impact,
        responsible=row.responsible,
    )
