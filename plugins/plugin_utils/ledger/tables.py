# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The ledger's tables, declared once.

A device is its inventory name. Every instant is UTC. Where at most one row of a
kind may be open (a ticket, an update that a device lacks), ``open_key`` names
what is open and becomes NULL when the row is closed: a plain unique constraint
then does what a partial index would, on every database.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Text, UniqueConstraint

from .columns import UtcDateTime

# Named, so that a later migration can drop a constraint on any database.
metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

NAME = String(255)
ID = String(255)
WORD = String(32)
BIG = sa.BigInteger()
ROW_ID = sa.BigInteger().with_variant(Integer(), "sqlite")


def _device() -> Column[str]:
    return Column("device", NAME, ForeignKey("devices.name"), nullable=False)


devices = sa.Table(
    "devices",
    metadata,
    Column("name", NAME, primary_key=True),
    Column("device_class", WORD, nullable=False),
    Column("ring", NAME),
    Column("unit", NAME),
    Column("criticality", NAME),
    Column("model", NAME),
    Column("room", NAME),
    Column("always_on", Boolean, nullable=False),
    Column("managed", Boolean, nullable=False),
    Column("known_since", UtcDateTime, nullable=False),
    Column("served_until", UtcDateTime),
    Column("last_reminded", UtcDateTime),
    Column("last_restart_asked", UtcDateTime),
    Column("failed_scans", Integer, nullable=False, default=0),  # since the last search that can be believed
    Column("failed_scan_at", UtcDateTime),
    Column("last_seen", UtcDateTime),
    Column("offline_since", UtcDateTime),
    Column("exposure", WORD),  # of the register, as are the next two
    Column("impact", NAME),
    Column("responsible", NAME),
)

contacts = sa.Table(  # one row per spell of answers, or of silence
    "contacts",
    metadata,
    Column("id", ROW_ID, primary_key=True, autoincrement=True),
    _device(),
    Column("answered", Boolean, nullable=False),
    Column("first_at", UtcDateTime, nullable=False),
    Column("last_at", UtcDateTime, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("why", Text, nullable=False),
    Index(None, "device"),
)

observations = sa.Table(  # the last one of each device
    "observations",
    metadata,
    Column("device", NAME, ForeignKey("devices.name"), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("device_time", UtcDateTime),  # the device's own clock when it reported
    Column("boot_time", UtcDateTime),
    Column("pending_restart", sa.JSON, nullable=False),
    Column("users", sa.JSON, nullable=False),
    Column("on_battery", Boolean),
    Column("free_bytes", BIG),
    Column("restart_scheduled_at", UtcDateTime),
    Column("foreign_restart", Boolean, nullable=False),
    Column("facts", sa.JSON, nullable=False),
    Column("pending_since", UtcDateTime),  # first seen to ask for a restart since it started
    Column("postponed", Integer, nullable=False, server_default="0"),  # windows in which that restart was put off
    Column("postponed_in", UtcDateTime),  # the opening of the last of them
    Column("vain_restarts", Integer, nullable=False, server_default="0"),  # starts in a row while it waited for one
)

scans = sa.Table(
    "scans",
    metadata,
    Column("device", NAME, ForeignKey("devices.name"), primary_key=True),
    Column("id", ID, primary_key=True),
    Column("finished_at", UtcDateTime, nullable=False),
    Column("trust", WORD, nullable=False),
    Column("result_code", Integer),
    Column("warnings", sa.JSON, nullable=False),
    Column("source", sa.JSON, nullable=False),
    Column("error", Text, nullable=False),
    Column("listed", Boolean, nullable=False),  # its updates were sent and recorded
    Column("recorded_at", UtcDateTime, nullable=False),
    Index(None, "device", "finished_at"),
)

updates = sa.Table(  # descriptions, immutable: another title or revision is another row
    "updates",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("id", ID, nullable=False, index=True),
    Column("revision", Integer, nullable=False),
    Column("provider", WORD, nullable=False),
    Column("title", Text, nullable=False),
    Column("kbs", sa.JSON, nullable=False),
    Column("severity", WORD),
    Column("categories", sa.JSON, nullable=False),
    Column("cves", sa.JSON, nullable=False),
    Column("size", BIG, nullable=False),
    Column("restart", WORD, nullable=False),
    Column("can_request_user_input", Boolean, nullable=False),
    Column("supersedes", sa.JSON, nullable=False),
    Column("released", UtcDateTime),
    Column("uninstallable", Boolean, nullable=False),
    Column("vendor", Text, nullable=False, server_default=""),
    Column("product", Text, nullable=False, server_default=""),
    Column("installed_version", Text, nullable=False, server_default=""),
    Column("available_version", Text, nullable=False, server_default=""),
)

device_updates = sa.Table(  # what a device lacks or has, since when and until when
    "device_updates",
    metadata,
    Column("id", ROW_ID, primary_key=True, autoincrement=True),
    _device(),
    Column("relation", WORD, nullable=False),  # missing or installed
    Column("update_id", ID, nullable=False),
    Column("digest", String(64), ForeignKey("updates.digest"), nullable=False),
    Column("downloaded", Boolean, nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("gone_at", UtcDateTime),
    Column("open_key", String(300)),  # relation:update while it holds
    UniqueConstraint("device", "open_key"),
    Index(None, "device", "update_id"),
)

jobs = sa.Table(
    "jobs",
    metadata,
    Column("device", NAME, ForeignKey("devices.name"), primary_key=True),
    Column("id", ID, primary_key=True),
    Column("kind", WORD, nullable=False),
    Column("state", WORD, nullable=False),
    Column("updates", sa.JSON, nullable=False),
    Column("deadline", UtcDateTime),
    Column("intended_at", UtcDateTime),  # NULL: the device reported a job that this ledger never intended
    Column("denied_at", UtcDateTime),  # the device did not know the intended job at that instant
    Column("started_at", UtcDateTime),
    Column("finished_at", UtcDateTime),
    Column("ended_as", WORD),  # reported, refused or lost; NULL while active
    Column("recorded_at", UtcDateTime),  # when its end was recorded
    Column("acknowledged_at", UtcDateTime),  # when the device was seen to have let it go
    Column("error", Text, nullable=False),
    Index(None, "device", "state"),
)

attempts = sa.Table(
    "attempts",
    metadata,
    Column("id", ROW_ID, primary_key=True, autoincrement=True),
    _device(),
    Column("job_id", ID, nullable=False),
    Column("update_id", ID, nullable=False),
    Column("kind", WORD, nullable=False),
    Column("title", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("outcome", WORD, nullable=False),
    Column("result_code", Integer),
    Column("hresult", BIG),
    Column("error_name", String(100), nullable=False),
    Column("error_text", Text, nullable=False),
    Column("error_class", WORD),
    Column("restart_required", Boolean, nullable=False),
    Column("started_at", UtcDateTime),
    Column("finished_at", UtcDateTime),
    UniqueConstraint("device", "job_id", "update_id"),
    Index(None, "device", "update_id"),
    Index(None, "update_id"),
)

restarts = sa.Table(  # asked for by us, or only seen
    "restarts",
    metadata,
    Column("id", ROW_ID, primary_key=True, autoincrement=True),
    _device(),
    Column("asked_at", UtcDateTime),
    Column("scheduled_for", UtcDateTime),
    Column("why", Text, nullable=False),
    Column("cancelled_at", UtcDateTime),
    Column("booted_at", UtcDateTime),
    UniqueConstraint("device", "asked_at"),
)

tickets = sa.Table(  # an outbox: recorded first, delivered after (delivery_tables)
    "tickets",
    metadata,
    Column("id", ID, primary_key=True),
    Column("device", NAME, ForeignKey("devices.name")),  # NULL: no single device is concerned
    Column("about", String(300), nullable=False),  # the device, or ":" and what else is concerned
    Column("signal", WORD, nullable=False),
    Column("update_id", ID, nullable=False),  # "" where no update is concerned
    Column("subject", Text, nullable=False),
    Column("evidence", sa.JSON, nullable=False),
    Column("state", WORD, nullable=False),  # pending or delivered
    Column("raised_at", UtcDateTime, nullable=False),
    Column("closed_at", UtcDateTime),
    Column("closed_why", Text, nullable=False),
    Column("open_key", String(300)),  # signal:update while it is open
    UniqueConstraint("about", "open_key"),
    Index(None, "device", "update_id"),
)

leases = sa.Table(
    "leases",
    metadata,
    Column("device", NAME, primary_key=True),
    Column("holder", String(500), nullable=False, index=True),
    Column("acquired_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
)

standings = sa.Table(  # where the last plan left each device
    "standings",
    metadata,
    Column("device", NAME, ForeignKey("devices.name"), primary_key=True),
    Column("planned_at", UtcDateTime, nullable=False),
    Column("next_at", UtcDateTime),
    Column("policy", String(64), nullable=False),
    Column("status", WORD, nullable=False),
    Column("text", Text, nullable=False),
    Column("counts", sa.JSON, nullable=False),
    Index(None, "next_at"),
)

patrols = sa.Table(
    "patrols",
    metadata,
    Column("id", ID, primary_key=True),
    Column("holder", String(500), nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("counts", sa.JSON, nullable=False),
)

audit = sa.Table(  # append-only: the migration adds triggers that refuse anything else
    "audit",
    metadata,
    Column("id", ROW_ID, primary_key=True, autoincrement=True),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", String(500), nullable=False),
    Column("event", String(64), nullable=False),
    Column("device", NAME, index=True),
    Column("detail", sa.JSON, nullable=False),
)
