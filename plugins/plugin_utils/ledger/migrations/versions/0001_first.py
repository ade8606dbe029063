# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The first schema. A migration is history: it never changes, and never imports the tables of today."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

INSTANT = sa.DateTime(timezone=True)
NAME = sa.String(length=255)
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make all tables, and the triggers that keep the audit trail append-only."""
    op.create_table(
        "audit",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("actor", sa.String(length=500), nullable=False),
        sa.Column("event", sa.String(length=64), nullable=False),
        sa.Column("device", NAME),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index(op.f("ix_audit_device"), "audit", ["device"], unique=False)
    op.create_table(
        "devices",
        sa.Column("name", NAME, nullable=False),
        sa.Column("device_class", sa.String(length=32), nullable=False),
        sa.Column("ring", NAME),
        sa.Column("unit", NAME),
        sa.Column("criticality", NAME),
        sa.Column("model", NAME),
        sa.Column("room", NAME),
        sa.Column("always_on", sa.Boolean(), nullable=False),
        sa.Column("managed", sa.Boolean(), nullable=False),
        sa.Column("known_since", INSTANT, nullable=False),
        sa.Column("served_until", INSTANT),
        sa.Column("last_reminded", INSTANT),
        sa.Column("last_restart_asked", INSTANT),
        sa.Column("failed_scans", sa.Integer(), nullable=False),
        sa.Column("failed_scan_at", INSTANT),
        sa.Column("last_seen", INSTANT),
        sa.Column("offline_since", INSTANT),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_devices")),
    )
    op.create_table(
        "leases",
        sa.Column("device", NAME, nullable=False),
        sa.Column("holder", sa.String(length=500), nullable=False),
        sa.Column("acquired_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("device", name=op.f("pk_leases")),
    )
    op.create_index(op.f("ix_leases_holder"), "leases", ["holder"], unique=False)
    op.create_table(
        "patrols",
        sa.Column("id", NAME, nullable=False),
        sa.Column("holder", sa.String(length=500), nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patrols")),
    )
    op.create_table(
        "updates",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("id", NAME, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("provider", sa.String(length=32), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("kbs", sa.JSON(), nullable=False),
        sa.Column("severity", sa.String(length=32)),
        sa.Column("categories", sa.JSON(), nullable=False),
        sa.Column("cves", sa.JSON(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("restart", sa.String(length=32), nullable=False),
        sa.Column("can_request_user_input", sa.Boolean(), nullable=False),
        sa.Column("supersedes", sa.JSON(), nullable=False),
        sa.Column("released", INSTANT),
        sa.Column("uninstallable", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_updates")),
    )
    op.create_index(op.f("ix_updates_id"), "updates", ["id"], unique=False)
    op.create_table(
        "attempts",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("device", NAME, nullable=False),
        sa.Column("job_id", NAME, nullable=False),
        sa.Column("update_id", NAME, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("outcome", sa.String(length=32), nullable=False),
        sa.Column("result_code", sa.Integer()),
        sa.Column("hresult", sa.BigInteger()),
        sa.Column("error_name", sa.String(length=100), nullable=False),
        sa.Column("error_text", sa.Text(), nullable=False),
        sa.Column("error_class", sa.String(length=32)),
        sa.Column("restart_required", sa.Boolean(), nullable=False),
        sa.Column("started_at", INSTANT),
        sa.Column("finished_at", INSTANT),
        sa.ForeignKeyConstraint(["device"], ["devices.name"], name=op.f("fk_attempts_device")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
        sa.UniqueConstraint("device", "job_id", "update_id", name=op.f("uq_attempts_device_job_id_update_id")),
    )
    op.create_index(op.f("ix_attempts_device_update_id"), "attempts", ["device", "update_id"], unique=False)
    op.create_table(
        "contacts",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("device", NAME, nullable=False),
        sa.Column("answered", sa.Boolean(), nullable=False),
        sa.Column("first_at", INSTANT, nullable=False),
        sa.Column("last_at", INSTANT, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["device"], ["devices.name"], name=op.f("fk_contacts_device")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contacts")),
    )
    op.create_index(op.f("ix_contacts_device"), "contacts", ["device"], unique=False)
    op.create_table(
        "device_updates",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("device", NAME, nullable=False),
        sa.Column("relation", sa.String(length=32), nullable=False),
        sa.Column("update_id", NAME, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("downloaded", sa.Boolean(), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("gone_at", INSTANT),
        sa.Column("open_key", sa.String(length=300)),
        sa.ForeignKeyConstraint(["device"], ["devices.name"], name=op.f("fk_device_updates_device")),
        sa.ForeignKeyConstraint(["digest"], ["updates.digest"], name=op.f("fk_device_updates_digest")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device_updates")),
        sa.UniqueConstraint("device", "open_key", name=op.f("uq_device_updates_device_open_key")),
    )
    op.create_index(op.f("ix_device_updates_device_update_id"), "device_updates", ["device", "update_id"], unique=False)
    op.create_table(
        "jobs",
        sa.Column("device", NAME, nullable=False),
        sa.Column("id", NAME, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("updates", sa.JSON(), nullable=False),
        sa.Column("deadline", INSTANT),
        sa.Column("intended_at", INSTANT),
        sa.Column("denied_at", INSTANT),
        sa.Column("started_at", INSTANT),
        sa.Column("finished_at", INSTANT),
        sa.Column("ended_as", sa.String(length=32)),
        sa.Column("recorded_at", INSTANT),
        sa.Column("acknowledged_at", INSTANT),
        sa.Column("error", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["device"], ["devices.name"], name=op.f("fk_jobs_device")),
        sa.PrimaryKeyConstraint("device", "id", name=op.f("pk_jobs")),
    )
    op.create_index(op.f("ix_jobs_device_state"), "jobs", ["device", "state"], unique=False)
    op.create_table(
        "observations",
        sa.Column("device", NAME, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("device_time", INSTANT),
        sa.Column("boot_time", INSTANT),
        sa.Column("pending_restart", sa.JSON(), nullable=False),
        sa.Column("users", sa.JSON(), nullable=False),
        sa.Column("on_battery", sa.Boolean()),
        sa.Column("free_bytes", sa.BigInteger()),
        sa.Column("restart_scheduled_at", INSTANT),
        sa.Column("foreign_restart", sa.Boolean(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["device"], ["devices.name"], name=op.f("fk_observations_device")),
        sa.PrimaryKeyConstraint("device", name=op.f("pk_observations")),
    )
    op.create_table(
        "restarts",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("device", NAME, nullable=False),
        sa.Column("asked_at", INSTANT),
        sa.Column("scheduled_for", INSTANT),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("cancelled_at", INSTANT),
        sa.Column("booted_at", INSTANT),
        sa.ForeignKeyConstraint(["device"], ["devices.name"], name=op.f("fk_restarts_device")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_restarts")),
        sa.UniqueConstraint("device", "asked_at", name=op.f("uq_restarts_device_asked_at")),
    )
    op.create_table(
        "scans",
        sa.Column("device", NAME, nullable=False),
        sa.Column("id", NAME, nullable=False),
        sa.Column("finished_at", INSTANT, nullable=False),
        sa.Column("trust", sa.String(length=32), nullable=False),
        sa.Column("result_code", sa.Integer()),
        sa.Column("warnings", sa.JSON(), nullable=False),
        sa.Column("source", sa.JSON(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["device"], ["devices.name"], name=op.f("fk_scans_device")),
        sa.PrimaryKeyConstraint("device", "id", name=op.f("pk_scans")),
    )
    op.create_index(op.f("ix_scans_device_finished_at"), "scans", ["device", "finished_at"], unique=False)
    op.create_table(
        "standings",
        sa.Column("device", NAME, nullable=False),
        sa.Column("planned_at", INSTANT, nullable=False),
        sa.Column("next_at", INSTANT),
        sa.Column("policy", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["device"], ["devices.name"], name=op.f("fk_standings_device")),
        sa.PrimaryKeyConstraint("device", name=op.f("pk_standings")),
    )
    op.create_index(op.f("ix_standings_next_at"), "standings", ["next_at"], unique=False)
    op.create_table(
        "tickets",
        sa.Column("id", NAME, nullable=False),
        sa.Column("device", NAME, nullable=False),
        sa.Column("signal", sa.String(length=32), nullable=False),
        sa.Column("update_id", NAME, nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("raised_at", INSTANT, nullable=False),
        sa.Column("closed_at", INSTANT),
        sa.Column("closed_why", sa.Text(), nullable=False),
        sa.Column("open_key", sa.String(length=300)),
        sa.ForeignKeyConstraint(["device"], ["devices.name"], name=op.f("fk_tickets_device")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tickets")),
        sa.UniqueConstraint("device", "open_key", name=op.f("uq_tickets_device_open_key")),
    )
    op.create_index(op.f("ix_tickets_device_update_id"), "tickets", ["device", "update_id"], unique=False)

    if op.get_context().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER audit_no_{verb.lower()} BEFORE {verb} ON audit "
                "BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END"
            )
    else:
        op.execute(
            "CREATE FUNCTION nightshift_audit_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'the audit trail is append-only'; END $$"
        )
        op.execute(
            "CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit "
            "FOR EACH STATEMENT EXECUTE FUNCTION nightshift_audit_append_only()"
        )
