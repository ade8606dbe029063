# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Table of the compliance figures: one snapshot a day is kept (enterprise 8)."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, Index, Integer, String

from .columns import UtcDateTime
from .tables import NAME, ROW_ID, WORD, metadata

compliance = sa.Table(  # devices by class, unit, ring and priority, as they stood on a day
    "compliance",
    metadata,
    Column("id", ROW_ID, primary_key=True, autoincrement=True),
    Column("day", String(10), nullable=False),  # YYYY-MM-DD, in UTC
    Column("taken_at", UtcDateTime, nullable=False),
    Column("device_class", WORD, nullable=False),
    Column("unit", NAME, nullable=False),  # "" where the register names none; likewise ring
    Column("ring", NAME, nullable=False),
    Column("priority", Integer, nullable=False),  # 0: all together
    Column("devices", Integer, nullable=False),
    Column("compliant", Integer, nullable=False),
    Column("late", Integer, nullable=False),
    Column("exempt", Integer, nullable=False),
    Column("unknown", Integer, nullable=False),
    Column("waiting", Integer, nullable=False),  # of the compliant ones: something is missing and in time
    Index(None, "day"),
)
