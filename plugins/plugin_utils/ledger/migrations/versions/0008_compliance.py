# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the compliance report needs in the ledger: its figures, day by day."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

NAME = sa.String(length=255)
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "compliance",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("device_class", sa.String(length=32), nullable=False),
        sa.Column("unit", NAME, nullable=False),
        sa.Column("ring", NAME, nullable=False),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("priority", "devices", "compliant", "late", "exempt", "unknown", "waiting")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_compliance")),
    )
    op.create_index(op.f("ix_compliance_day"), "compliance", ["day"], unique=False)
