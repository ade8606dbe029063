# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the phased deployment, manual tasks and exploited vulnerabilities need in the ledger."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

INSTANT = sa.DateTime(timezone=True)
NAME = sa.String(length=255)
WORD = sa.String(length=32)
PERSON = sa.String(length=500)


def upgrade() -> None:
    """Add the register's new facts to the devices, and the tables."""
    for column in (sa.Column("exposure", WORD), sa.Column("impact", NAME), sa.Column("responsible", NAME)):
        op.add_column("devices", column)
    op.create_table(
        "rollouts",
        sa.Column("update_id", NAME, nullable=False),
        sa.Column("ring", NAME, nullable=False),
        sa.Column("opened_at", INSTANT),
        sa.Column("opened_by", PERSON),
        sa.Column("healthy_since", INSTANT),
        sa.Column("why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("update_id", "ring", name=op.f("pk_rollouts")),
    )
    op.create_table(
        "ring_halts",
        sa.Column("id", NAME, nullable=False),
        sa.Column("update_id", NAME, nullable=False),
        sa.Column("ring", NAME, nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("halted_at", INSTANT, nullable=False),
        sa.Column("resumed_at", INSTANT),
        sa.Column("resumed_by", PERSON, nullable=False),
        sa.Column("resumed_why", sa.Text(), nullable=False),
        sa.Column("open_key", NAME),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ring_halts")),
        sa.UniqueConstraint("open_key", name=op.f("uq_ring_halts_open_key")),
    )
    op.create_index(op.f("ix_ring_halts_update_id"), "ring_halts", ["update_id"], unique=False)
    op.create_table(
        "manual_tasks",
        sa.Column("id", NAME, nullable=False),
        sa.Column("device", NAME, nullable=False),
        sa.Column("update_id", NAME, nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("responsible", NAME),
        sa.Column("bulletin", sa.Text(), nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("closed_at", INSTANT),
        sa.Column("result", WORD),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("closed_by", PERSON, nullable=False),
        sa.Column("open_key", NAME),
        sa.ForeignKeyConstraint(["device"], ["devices.name"], name=op.f("fk_manual_tasks_device")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_manual_tasks")),
        sa.UniqueConstraint("device", "open_key", name=op.f("uq_manual_tasks_device_open_key")),
    )
    op.create_table(
        "exploited",
        sa.Column("update_id", NAME, nullable=False),
        sa.Column("found_at", INSTANT, nullable=False),
        sa.Column("device", NAME, nullable=False),
        sa.Column("asked_at", INSTANT),
        sa.PrimaryKeyConstraint("update_id", name=op.f("pk_exploited")),
    )
