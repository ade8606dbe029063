# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tables of room runs: the runs, their seats, jobs of the engine, attempts, steps and proofs."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Boolean, Column, Float, ForeignKey, Index, Integer, String, Text, UniqueConstraint

from .columns import UtcDateTime
from .tables import ID, NAME, ROW_ID, WORD, metadata

room_runs = sa.Table(  # at most one is open for a room, and one on an imaging server
    "room_runs",
    metadata,
    Column("id", ID, primary_key=True),
    Column("room", NAME, nullable=False),
    Column("server", NAME, nullable=False),
    Column("engine", WORD, nullable=False),
    Column("image", NAME, nullable=False),
    Column("version", NAME, nullable=False),
    Column("checksum", String(128), nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("not_after", UtcDateTime, nullable=False),
    Column("surveyed_at", UtcDateTime),
    Column("sentinel", NAME, nullable=False),
    Column("stopped", Text, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("outcome", WORD, nullable=False),
    Column("detail", Text, nullable=False),
    Column("open_room", NAME),  # the room while the run is open, likewise its server
    Column("open_server", NAME),
    UniqueConstraint("open_room"),
    UniqueConstraint("open_server"),
    Index(None, "room", "started_at"),
)

room_seats = sa.Table(
    "room_seats",
    metadata,
    Column("run", ID, ForeignKey("room_runs.id"), primary_key=True),
    Column("device", NAME, ForeignKey("devices.name"), primary_key=True),
    Column("mac", String(17), nullable=False),
    Column("place", NAME, nullable=False),
    Column("address", NAME, nullable=False),
    Column("state", WORD, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("verdict", WORD),
    Column("why", Text, nullable=False),
    Column("touched", Boolean, nullable=False),
    Column("final", Boolean, nullable=False),
    Column("prepared", Boolean, nullable=False),
)

room_jobs = sa.Table(  # a job of the engine, recorded before anything is armed
    "room_jobs",
    metadata,
    Column("id", ID, primary_key=True),
    Column("run", ID, ForeignKey("room_runs.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("kind", WORD, nullable=False),
    Column("state", WORD, nullable=False),
    Column("intended_at", UtcDateTime, nullable=False),
    Column("armed_at", UtcDateTime),
    Column("closed_at", UtcDateTime),
    Column("judged_at", UtcDateTime),
    Column("open_key", ID),  # the run while the job is open: there is never more than one
    UniqueConstraint("run", "number"),
    UniqueConstraint("open_key"),
)

room_attempts = sa.Table(  # a seat in a job
    "room_attempts",
    metadata,
    Column("job", ID, ForeignKey("room_jobs.id"), primary_key=True),
    Column("device", NAME, ForeignKey("devices.name"), primary_key=True),
    Column("told_at", UtcDateTime),
    Column("joined_at", UtcDateTime),
    Column("changed_at", UtcDateTime),
    Column("claim", WORD, nullable=False),
    Column("percent", Float, nullable=False),
    Column("outcome", WORD),
    Column("why", Text, nullable=False),
    Index(None, "device"),
)

room_steps = sa.Table(  # every change of a seat or of a run, for people; never changed
    "room_steps",
    metadata,
    Column("id", ROW_ID, primary_key=True, autoincrement=True),
    Column("run", ID, ForeignKey("room_runs.id"), nullable=False),
    Column("device", NAME),  # none: about the run
    Column("at", UtcDateTime, nullable=False),
    Column("was", WORD, nullable=False),
    Column("became", WORD, nullable=False),
    Column("why", Text, nullable=False),
    Index(None, "run"),
)

room_proofs = sa.Table(  # what a seat said of itself: before its disk was touched, and after
    "room_proofs",
    metadata,
    Column("run", ID, ForeignKey("room_runs.id"), primary_key=True),
    Column("device", NAME, ForeignKey("devices.name"), primary_key=True),
    Column("phase", WORD, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("said", sa.JSON, nullable=False),
    Column("silence", Text, nullable=False),
    Column("off", Boolean, nullable=False),
    Column("marked", ID, nullable=False),
)
