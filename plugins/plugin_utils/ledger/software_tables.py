# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The software of each device, and the orders to roll an update back."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Boolean, Column, ForeignKey, Index, String, Text, UniqueConstraint

from .columns import UtcDateTime
from .tables import ID, NAME, ROW_ID, metadata

software = sa.Table(  # what a device has, since when and until when
    "software",
    metadata,
    Column("id", ROW_ID, primary_key=True, autoincrement=True),
    Column("device", NAME, ForeignKey("devices.name"), nullable=False),
    Column("name", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("publisher", Text, nullable=False),
    Column("scope", NAME, nullable=False),  # machine, machine32 or user:<SID>
    Column("since", UtcDateTime, nullable=False),
    Column("gone_at", UtcDateTime),
    Column("open_key", String(64)),  # SHA-256 of name, version, publisher and scope while it is there
    UniqueConstraint("device", "open_key"),
    Index(None, "device"),
)

software_lists = sa.Table(  # the last list of each device
    "software_lists",
    metadata,
    Column("device", NAME, ForeignKey("devices.name"), primary_key=True),
    Column("digest", String(64), nullable=False),  # as the device gave it
    Column("seen_at", UtcDateTime, nullable=False),
)

rollbacks = sa.Table(  # declined for everyone, and to be removed wherever it is installed, until it is lifted
    "rollbacks",
    metadata,
    Column("id", ROW_ID, primary_key=True, autoincrement=True),
    Column("update_name", ID, nullable=False),  # a KB, a package or an update id
    Column("reason", Text, nullable=False),
    Column("ordered_by", NAME, nullable=False),
    Column("ordered_at", UtcDateTime, nullable=False),
    Column("at_once", Boolean, nullable=False),
    Column("lifted_by", NAME),
    Column("lifted_at", UtcDateTime),
    Column("lifted_why", Text, nullable=False),
    Column("open_key", ID),  # the update's name while the order stands
    UniqueConstraint("open_key"),
)

installed_lists = sa.Table(  # which search of each device its list of installed updates is from
    "installed_lists",
    metadata,
    Column("device", NAME, ForeignKey("devices.name"), primary_key=True),
    Column("scan", ID, nullable=False),
    Column("finished_at", UtcDateTime, nullable=False),
)
