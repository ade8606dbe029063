# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tables of what people decided: entries of approvals and exceptions as they were seen, and emergencies."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, Index, String, Text

from .columns import UtcDateTime
from .tables import WORD, metadata

decisions = sa.Table(  # one row per entry of a file, or per exception that is recorded here alone
    "decisions",
    metadata,
    Column("id", String(64), primary_key=True),  # of kind, source and all that it says
    Column("kind", WORD, nullable=False),  # approval or exception
    Column("source", String(300), nullable=False),  # campus/approvals.yml, or ledger
    Column("said", sa.JSON, nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("gone_at", UtcDateTime),  # since when it no longer stands there
    Index(None, "kind", "source"),
)

emergencies = sa.Table(
    "emergencies",
    metadata,
    Column("id", String(64), primary_key=True),  # of all that was declared: saying it again changes nothing
    Column("updates", sa.JSON, nullable=False),
    Column("reason", Text, nullable=False),
    Column("authorised_by", Text, nullable=False),
    Column("declared_at", UtcDateTime, nullable=False),
    Column("expires", UtcDateTime, nullable=False, index=True),
)
