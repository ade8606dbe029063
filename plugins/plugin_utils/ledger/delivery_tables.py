# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tables of the delivery of tickets: what a ticket system has, and what it is still to be told.

A *ticket* is a trouble that the ledger knows (:mod:`tables`). A *case* is one ticket in a
ticket system: of one trouble, or of one update that fails on many devices. A *message*
opens a case, adds to it or closes it; messages of a case go out one after the other.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Text, UniqueConstraint

from .columns import UtcDateTime
from .tables import ID, NAME, WORD, metadata

ticket_cases = sa.Table(
    "ticket_cases",
    metadata,
    Column("id", ID, primary_key=True),  # travels with the case: how an uncertain creation is found again
    Column("destination", NAME, nullable=False),  # the name of the ticket system's configuration
    Column("open_key", String(700), unique=True),  # what the case is about, while it is open
    Column("grouped", Boolean, nullable=False),  # an update on many devices
    Column("subject", Text, nullable=False),
    Column("external_id", NAME),  # NULL: not created yet, as far as is known
    Column("url", Text, nullable=False),
    Column("doubted_at", UtcDateTime),  # its creation was once uncertain: a late twin may turn up
    Column("polled_at", UtcDateTime),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("closed_at", UtcDateTime),
    Column("closed_as", WORD),  # verified, person, merged or moved
)

case_tickets = sa.Table(  # the case that tells of a ticket now
    "case_tickets",
    metadata,
    Column("ticket_id", ID, ForeignKey("tickets.id"), primary_key=True),
    Column("case_id", ID, ForeignKey("ticket_cases.id"), nullable=False),
    Column("told", String(64), nullable=False),  # digest of what a message of the case tells of the ticket
    Index(None, "case_id"),
)

ticket_messages = sa.Table(
    "ticket_messages",
    metadata,
    Column("id", ID, primary_key=True),  # the idempotency key of one message
    Column("case_id", ID, ForeignKey("ticket_cases.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("kind", WORD, nullable=False),  # open, comment or close
    Column("subject", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("evidence", sa.JSON, nullable=False),
    Column("state", WORD, nullable=False),  # waiting, trying, uncertain, delivered or dropped
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("tried_at", UtcDateTime),
    Column("next_try_at", UtcDateTime),
    Column("last_error", Text, nullable=False),
    Column("ended_at", UtcDateTime),
    UniqueConstraint("case_id", "number"),
    Index(None, "state"),
)
