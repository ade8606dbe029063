# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The two statements whose spelling differs between databases: insert-if-absent and upsert.

SQLite and PostgreSQL spell ON CONFLICT alike, and so do their SQLAlchemy dialects.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from .errors import LedgerError

T = TypeVar("T")
Row = sa.RowMapping | Mapping[str, Any]  # columns by name, read or about to be written
CHUNK = 500  # names per IN (...): far below every database's limit of bound values


def insert_if_absent(conn: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert ``rows``; one that breaks a unique constraint is left out silently."""
    if rows:
        conn.execute(_insert_if_absent(conn.dialect.name, table), list(rows))


def upsert(
    conn: sa.Connection,
    table: sa.Table,
    rows: Sequence[Mapping[str, Any]],
    where: sa.ColumnElement[bool] | None = None,
) -> None:
    """Insert ``rows``; where the primary key exists, set the other columns, if ``where`` holds for the old row."""
    if rows:
        conn.execute(_upsert(conn.dialect.name, table, tuple(rows[0]), where), list(rows))


@cache
def _insert_if_absent(dialect: str, table: sa.Table) -> sa.Insert:
    return _insert(dialect, table).on_conflict_do_nothing()


@cache
def _upsert(dialect: str, table: sa.Table, columns: tuple[str, ...], where: sa.ColumnElement[bool] | None) -> sa.Insert:
    statement = _insert(dialect, table)
    keys = [column.name for column in table.primary_key]
    values = {name: statement.excluded[name] for name in columns if name not in keys}
    return statement.on_conflict_do_update(index_elements=keys, set_=values, where=where)


def _insert(dialect: str, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
    if dialect == "sqlite":
        return sqlite.insert(table)
    if dialect == "postgresql":
        return postgresql.insert(table)
    raise LedgerError(f"{dialect} databases are not supported; use a sqlite:/// or postgresql+psycopg:// URL")


def chunks(items: Iterable[T]) -> Iterator[list[T]]:
    """Yield ``items`` in lists of at most ``CHUNK``."""
    rest = list(items)
    for start in range(0, len(rest), CHUNK):
        yield rest[start : start + CHUNK]
