# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The compliance figures of each day: a snapshot a day, the last one of the day (enterprise 8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

import sqlalchemy as sa

from .compliance_tables import compliance


@dataclass(frozen=True, slots=True)
class Figures:
    """How many devices of one class, unit and ring stand how with regard to one priority (0: all together).

    ``waiting``: of the compliant ones, those that lack something whose time is not up.
    The other four add up to ``devices``: unknown is never compliant.
    """

    device_class: str
    unit: str
    ring: str
    priority: int
    devices: int = 0
    compliant: int = 0
    late: int = 0
    exempt: int = 0
    unknown: int = 0
    waiting: int = 0


class ComplianceReader:
    """Questions. Reached as ``tx.compliance``."""

    __slots__ = ("_conn",)

    def __init__(self, conn: sa.Connection) -> None:
        self._conn = conn

    def history(self, days: int = 400) -> dict[str, tuple[Figures, ...]]:
        """Return the figures of the last ``days`` snapshots by day (YYYY-MM-DD in UTC), oldest first."""
        last = sa.select(compliance.c.day).distinct().order_by(compliance.c.day.desc()).limit(days)
        found: dict[str, list[Figures]] = {}
        query = sa.select(compliance).where(compliance.c.day.in_(last)).order_by(compliance.c.day, compliance.c.id)
        for row in self._conn.execute(query).mappings():
            found.setdefault(row["day"], []).append(Figures(**{name: row[name] for name in Figures.__slots__}))
        return {day: tuple(rows) for day, rows in found.items()}


class Compliance(ComplianceReader):
    """Questions, and the snapshot of today."""

    __slots__ = ()

    def keep(self, figures: Sequence[Figures], now: datetime) -> None:
        """Keep the figures of the day of ``now``, in place of those kept for it before."""
        day = now.astimezone(UTC).date().isoformat()
        self._conn.execute(sa.delete(compliance).where(compliance.c.day == day))
        rows = [{"day": day, "taken_at": now, **asdict(one)} for one in figures]
        if rows:
            self._conn.execute(sa.insert(compliance), rows)
