# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Since when a device waits for its restart, how often that was put off, and how often a restart did not help."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add what is remembered of a pending restart, and the index by which durations of an update are found."""
    when = sa.DateTime(timezone=True)
    op.add_column("observations", sa.Column("pending_since", when))
    op.add_column("observations", sa.Column("postponed", sa.Integer, nullable=False, server_default="0"))
    op.add_column("observations", sa.Column("postponed_in", when))
    op.add_column("observations", sa.Column("vain_restarts", sa.Integer, nullable=False, server_default="0"))
    # What is pending now was pending when it was last seen at the latest.
    columns = (sa.column("pending_since", when), sa.column("at", when), sa.column("pending_restart", sa.JSON))
    observations = sa.table("observations", *columns)
    waits = sa.cast(observations.c.pending_restart, sa.Text) != "[]"
    op.execute(sa.update(observations).where(waits).values(pending_since=observations.c.at))
    op.create_index("ix_attempts_update_id", "attempts", ["update_id"])
