# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the runs that give rooms their images need: runs, seats, jobs of the engine, attempts, steps, proofs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

NAME = sa.String(length=255)
WORD = sa.String(length=32)
INSTANT = sa.DateTime(timezone=True)
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    _runs()
    _seats()
    _jobs()
    _told()


def _foreign(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}"))


def _runs() -> None:
    op.create_table(
        "room_runs",
        sa.Column("id", NAME, nullable=False),
        sa.Column("room", NAME, nullable=False),
        sa.Column("server", NAME, nullable=False),
        sa.Column("engine", WORD, nullable=False),
        sa.Column("image", NAME, nullable=False),
        sa.Column("version", NAME, nullable=False),
        sa.Column("checksum", sa.String(length=128), nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("not_after", INSTANT, nullable=False),
        sa.Column("surveyed_at", INSTANT),
        sa.Column("sentinel", NAME, nullable=False),
        sa.Column("stopped", sa.Text(), nullable=False),
        sa.Column("ended_at", INSTANT),
        sa.Column("outcome", WORD, nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("open_room", NAME),
        sa.Column("open_server", NAME),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_room_runs")),
        sa.UniqueConstraint("open_room", name=op.f("uq_room_runs_open_room")),
        sa.UniqueConstraint("open_server", name=op.f("uq_room_runs_open_server")),
    )
    op.create_index(op.f("ix_room_runs_room_started_at"), "room_runs", ["room", "started_at"], unique=False)


def _seats() -> None:
    op.create_table(
        "room_seats",
        sa.Column("run", NAME, nullable=False),
        sa.Column("device", NAME, nullable=False),
        sa.Column("mac", sa.String(length=17), nullable=False),
        sa.Column("place", NAME, nullable=False),
        sa.Column("address", NAME, nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("verdict", WORD),
        sa.Column("why", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Boolean(), nullable=False) for name in ("touched", "final", "prepared")),
        _foreign("room_seats", "run", "room_runs.id"),
        _foreign("room_seats", "device", "devices.name"),
        sa.PrimaryKeyConstraint("run", "device", name=op.f("pk_room_seats")),
    )


def _jobs() -> None:
    op.create_table(
        "room_jobs",
        sa.Column("id", NAME, nullable=False),
        sa.Column("run", NAME, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.Column("intended_at", INSTANT, nullable=False),
        *(sa.Column(name, INSTANT) for name in ("armed_at", "closed_at", "judged_at")),
        sa.Column("open_key", NAME),
        _foreign("room_jobs", "run", "room_runs.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_room_jobs")),
        sa.UniqueConstraint("run", "number", name=op.f("uq_room_jobs_run_number")),
        sa.UniqueConstraint("open_key", name=op.f("uq_room_jobs_open_key")),
    )
    op.create_table(
        "room_attempts",
        sa.Column("job", NAME, nullable=False),
        sa.Column("device", NAME, nullable=False),
        *(sa.Column(name, INSTANT) for name in ("told_at", "joined_at", "changed_at")),
        sa.Column("claim", WORD, nullable=False),
        sa.Column("percent", sa.Float(), nullable=False),
        sa.Column("outcome", WORD),
        sa.Column("why", sa.Text(), nullable=False),
        _foreign("room_attempts", "job", "room_jobs.id"),
        _foreign("room_attempts", "device", "devices.name"),
        sa.PrimaryKeyConstraint("job", "device", name=op.f("pk_room_attempts")),
    )


def _told() -> None:
    op.create_table(
        "room_steps",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("run", NAME, nullable=False),
        sa.Column("device", NAME),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("was", WORD, nullable=False),
        sa.Column("became", WORD, nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        _foreign("room_steps", "run", "room_runs.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_room_steps")),
    )
    op.create_index(op.f("ix_room_steps_run"), "room_steps", ["run"], unique=False)
    op.create_table(
        "room_proofs",
        sa.Column("run", NAME, nullable=False),
        sa.Column("device", NAME, nullable=False),
        sa.Column("phase", WORD, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("said", sa.JSON(), nullable=False),
        sa.Column("silence", sa.Text(), nullable=False),
        sa.Column("off", sa.Boolean(), nullable=False),
        sa.Column("marked", NAME, nullable=False),
        _foreign("room_proofs", "run", "room_runs.id"),
        _foreign("room_proofs", "device", "devices.name"),
        sa.PrimaryKeyConstraint("run", "device", "phase", name=op.f("pk_room_proofs")),
    )
