# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What software, other vendors' updates and rollbacks need in the ledger."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

INSTANT = sa.DateTime(timezone=True)
NAME = sa.String(length=255)
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
PACKAGE = ("vendor", "product", "installed_version", "available_version")


def upgrade() -> None:
    """Make the tables, and the columns that describe a package."""
    for name in PACKAGE:
        op.add_column("updates", sa.Column(name, sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "software",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("device", NAME, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("publisher", sa.Text(), nullable=False),
        sa.Column("scope", NAME, nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("gone_at", INSTANT),
        sa.Column("open_key", sa.String(length=64)),
        _of_device("software"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_software")),
        sa.UniqueConstraint("device", "open_key", name=op.f("uq_software_device_open_key")),
    )
    op.create_index(op.f("ix_software_device"), "software", ["device"], unique=False)
    op.create_table(
        "software_lists",
        sa.Column("device", NAME, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        _of_device("software_lists"),
        sa.PrimaryKeyConstraint("device", name=op.f("pk_software_lists")),
    )
    op.create_table(
        "rollbacks",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("update_name", NAME, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("ordered_by", NAME, nullable=False),
        sa.Column("ordered_at", INSTANT, nullable=False),
        sa.Column("at_once", sa.Boolean(), nullable=False),
        sa.Column("lifted_by", NAME),
        sa.Column("lifted_at", INSTANT),
        sa.Column("lifted_why", sa.Text(), nullable=False),
        sa.Column("open_key", NAME),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rollbacks")),
        sa.UniqueConstraint("open_key", name=op.f("uq_rollbacks_open_key")),
    )
    op.create_table(
        "installed_lists",
        sa.Column("device", NAME, nullable=False),
        sa.Column("scan", NAME, nullable=False),
        sa.Column("finished_at", INSTANT, nullable=False),
        _of_device("installed_lists"),
        sa.PrimaryKeyConstraint("device", name=op.f("pk_installed_lists")),
    )


def _of_device(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["device"], ["devices.name"], name=op.f(f"fk_{table}_device_devices"))
