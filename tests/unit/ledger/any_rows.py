# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rows for the tables of any revision of the ledger, made up from what the database itself says of its columns."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

EPOCH = datetime(2026, 3, 1, 12, tzinfo=UTC)
ROWS = 3
Content = dict[str, list[dict[str, Any]]]


def tables_of(conn: sa.Connection) -> list[sa.Table]:
    """The ledger's tables as the database has them, parents first."""
    found = sa.MetaData()
    found.reflect(conn)
    return [table for table in found.sorted_tables if table.name != "alembic_version"]


def fill(conn: sa.Connection) -> Content:
    """Put rows into every table and return the content."""
    for table in tables_of(conn):
        conn.execute(sa.insert(table), [_row(table, number) for number in range(ROWS)])
    return content(conn)


def content(conn: sa.Connection, left_out: frozenset[str] = frozenset()) -> Content:
    """All rows by table, in the order of their keys; instants in UTC without a zone, whatever the database."""
    return {
        table.name: [
            {name: _plain(value) for name, value in row.items()}
            for row in conn.execute(sa.select(table).order_by(*table.primary_key.columns)).mappings()
        ]
        for table in tables_of(conn)
        if table.name not in left_out
    }


def _row(table: sa.Table, number: int) -> dict[str, Any]:
    """The last row of a table has nothing where nothing is allowed."""
    bare = number == ROWS - 1
    return {
        column.name: None if bare and column.nullable else _value(column, number)
        for column in table.columns
        if not (column.primary_key and isinstance(column.type, sa.Integer) and len(table.primary_key) == 1)
    }


def _value(column: sa.Column[Any], number: int) -> Any:
    parent = next((key.column for key in column.foreign_keys), None)
    if parent is not None:
        same = parent.primary_key and isinstance(parent.type, sa.Integer)
        return number + 1 if same else _value(parent, number)
    kind = column.type
    if isinstance(kind, sa.Float):
        return number + 0.5
    if isinstance(kind, sa.Boolean):
        return number % 2 == 0
    if isinstance(kind, sa.DateTime):
        instant = EPOCH + timedelta(hours=number, microseconds=7)
        return instant if kind.timezone else instant.replace(tzinfo=None)
    if isinstance(kind, sa.Date):
        return EPOCH.date() + timedelta(days=number)
    if isinstance(kind, sa.JSON):
        return {"number": number, "text": "ünï'\"\\"}
    if isinstance(kind, sa.String):
        return f"{number}-{column.table.name}-{column.name}"[: kind.length]
    if isinstance(kind, sa.Integer):
        return number + 1
    if isinstance(kind, sa.Numeric):
        return number + 0.5
    raise TypeError(f"{column}: no value is known for a {kind!r}")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).replace(tzinfo=None)
    return value
