# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tables of the phased deployment, of manual tasks and of what is exploited (enterprise 3, 5 and 6)."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, String, Text, UniqueConstraint

from .columns import UtcDateTime
from .tables import ID, NAME, WORD, metadata

rollouts = sa.Table(  # how far the rollout of one update has come, ring by ring
    "rollouts",
    metadata,
    Column("update_id", ID, primary_key=True),
    Column("ring", NAME, primary_key=True),
    Column("opened_at", UtcDateTime),
    Column("opened_by", String(500)),  # NULL: by its rules
    Column("healthy_since", UtcDateTime),  # NULL: it is not
    Column("why", Text, nullable=False),  # what the next ring waits for
)

ring_halts = sa.Table(  # a rollout that stopped, until a person lets it go on
    "ring_halts",
    metadata,
    Column("id", ID, primary_key=True),
    Column("update_id", ID, nullable=False, index=True),
    Column("ring", NAME, nullable=False),
    Column("why", Text, nullable=False),
    Column("halted_at", UtcDateTime, nullable=False),
    Column("resumed_at", UtcDateTime),
    Column("resumed_by", String(500), nullable=False),
    Column("resumed_why", Text, nullable=False),
    Column("open_key", ID),  # the update while it is halted
    UniqueConstraint("open_key"),
)

manual_tasks = sa.Table(  # what a person does, open until a result is recorded
    "manual_tasks",
    metadata,
    Column("id", ID, primary_key=True),
    Column("device", NAME, ForeignKey("devices.name"), nullable=False),
    Column("update_id", ID, nullable=False),
    Column("label", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("responsible", NAME),
    Column("bulletin", Text, nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("closed_at", UtcDateTime),
    Column("result", WORD),
    Column("note", Text, nullable=False),
    Column("closed_by", String(500), nullable=False),
    Column("open_key", ID),  # the update while it is open
    UniqueConstraint("device", "open_key"),
)

exploited = sa.Table(  # an update that closes an exploited vulnerability, since when the fleet knows that it lacks it
    "exploited",
    metadata,
    Column("update_id", ID, primary_key=True),
    Column("found_at", UtcDateTime, nullable=False),
    Column("device", NAME, nullable=False),  # where it was found first
    Column("asked_at", UtcDateTime),  # an emergency approval was asked for
)
