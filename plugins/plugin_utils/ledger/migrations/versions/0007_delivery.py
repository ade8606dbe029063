# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the delivery of tickets needs: tickets that concern no single device; cases of ticket systems, and messages."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

INSTANT = sa.DateTime(timezone=True)
NAME = sa.String(length=255)
WORD = sa.String(length=32)


def upgrade() -> None:
    """Let a ticket be about something else than a device; make the tables of the delivery."""
    with op.batch_alter_table("tickets") as tickets:
        tickets.add_column(sa.Column("about", sa.String(length=300)))
        tickets.alter_column("device", existing_type=NAME, nullable=True)
        tickets.drop_constraint(op.f("uq_tickets_device_open_key"), type_="unique")
    op.execute("UPDATE tickets SET about = device")
    with op.batch_alter_table("tickets") as tickets:
        tickets.alter_column("about", existing_type=sa.String(length=300), nullable=False)
        tickets.create_unique_constraint(op.f("uq_tickets_about_open_key"), ["about", "open_key"])
    op.create_table(
        "ticket_cases",
        sa.Column("id", NAME, nullable=False),
        sa.Column("destination", NAME, nullable=False),
        sa.Column("open_key", sa.String(length=700)),
        sa.Column("grouped", sa.Boolean(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("external_id", NAME),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("doubted_at", INSTANT),
        sa.Column("polled_at", INSTANT),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("closed_at", INSTANT),
        sa.Column("closed_as", WORD),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_cases")),
        sa.UniqueConstraint("open_key", name=op.f("uq_ticket_cases_open_key")),
    )
    op.create_table(
        "case_tickets",
        sa.Column("ticket_id", NAME, nullable=False),
        sa.Column("case_id", NAME, nullable=False),
        sa.Column("told", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_case_tickets_ticket_id")),
        sa.ForeignKeyConstraint(["case_id"], ["ticket_cases.id"], name=op.f("fk_case_tickets_case_id")),
        sa.PrimaryKeyConstraint("ticket_id", name=op.f("pk_case_tickets")),
    )
    op.create_index(op.f("ix_case_tickets_case_id"), "case_tickets", ["case_id"], unique=False)
    op.create_table(
        "ticket_messages",
        sa.Column("id", NAME, nullable=False),
        sa.Column("case_id", NAME, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("tried_at", INSTANT),
        sa.Column("next_try_at", INSTANT),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("ended_at", INSTANT),
        sa.ForeignKeyConstraint(["case_id"], ["ticket_cases.id"], name=op.f("fk_ticket_messages_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_messages")),
        sa.UniqueConstraint("case_id", "number", name=op.f("uq_ticket_messages_case_id_number")),
    )
    op.create_index(op.f("ix_ticket_messages_state"), "ticket_messages", ["state"], unique=False)
