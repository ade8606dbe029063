# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A private copy of a ledger, in SQLite whatever the ledger is in: check mode records there, and it is thrown away.

All that plans and tickets read is copied; of a PostgreSQL ledger not what only people read (``LEFT_OUT``). A fleet of
10 000 with 30 missing updates each is 150 MB, so rows do not pass through objects: an SQLite file is copied by its
pages, and PostgreSQL itself writes values as SQLite keeps them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa

from . import schema
from .columns import UtcDateTime
from .engine import copy_file, database, database_url, sqlite_path, use_wal
from .tables import contacts, metadata

LEFT_OUT = frozenset({"audit", "patrols"})
KNOWN_FOR = "120 days"  # of contacts before the last one: nights that were missed, absences before the longest due date
ROWS = 5000  # at a time, between the databases


def copy(url: str, target: Path) -> None:
    """Copy the ledger at ``url`` into a file that does not exist yet; none, or an empty one, makes an empty ledger.

    Raises LedgerError for a URL that cannot be used, SchemaMismatch for a ledger of another version.
    """
    address = database_url(url)
    path = sqlite_path(address)
    source = database(address)
    found = None if path is not None and not path.exists() else schema.version(source)
    schema.require(found, address.render_as_string(hide_password=True))
    if path is not None and found is not None:
        copy_file(path, target)
        use_wal(target)
        return
    copy_url = database_url(f"sqlite:///{target}")
    schema.migrate(database(copy_url), copy_url)
    if found is not None:
        with source.connect() as rows:
            _copy_rows(rows, target)


def _copy_rows(source: sa.Connection, target: Path) -> None:
    tables = [table for table in metadata.sorted_tables if table.name not in LEFT_OUT]
    with closing(sqlite3.connect(target, isolation_level=None)) as fresh:
        fresh.execute("PRAGMA synchronous=OFF")
        fresh.execute("BEGIN")
        for table in tables:
            names = ", ".join(f'"{column.name}"' for column in table.columns)
            marks = ", ".join(["?"] * len(table.columns))
            statement = f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})'
            for rows in _as_sqlite_keeps_them(source, table):
                fresh.executemany(statement, rows)
        fresh.execute("COMMIT")


def _as_sqlite_keeps_them(source: sa.Connection, table: sa.Table) -> Iterable[Sequence[Sequence[object]]]:
    """Read a table of PostgreSQL in portions: instants in UTC and JSON as text, truth as a number."""
    columns = [_value(column).label(column.name) for column in table.columns]
    query = sa.select(*columns)
    if table is contacts:
        last = sa.select(sa.func.max(contacts.c.last_at, type_=sa.DateTime(timezone=True))).scalar_subquery()
        query = query.where(
            sa.cast(contacts.c.last_at, sa.DateTime(timezone=True)) >= last - sa.text(f"interval '{KNOWN_FOR}'")
        )
    with closing(source.connection.cursor(name="rehearsal")) as cursor:
        cursor.execute(str(query.compile(source, compile_kwargs={"literal_binds": True})))
        while rows := cursor.fetchmany(ROWS):
            yield rows


def _value(column: sa.Column[object]) -> sa.ColumnElement[object]:
    if isinstance(column.type, UtcDateTime):
        return sa.func.to_char(sa.func.timezone("UTC", column), "YYYY-MM-DD HH24:MI:SS.US")
    if isinstance(column.type, sa.JSON):
        return sa.cast(column, sa.Text)
    if isinstance(column.type, sa.Boolean):
        return sa.cast(column, sa.Integer)
    return column
