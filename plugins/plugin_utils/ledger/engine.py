# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Connections to the database: made per transaction, so that a forked worker inherits none.

SQLite: WAL, a busy timeout, foreign keys, full synchronisation (what is acknowledged
to a device must survive a power loss here), and BEGIN IMMEDIATE for what writes, so
that two writers queue instead of failing half-way.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool
from sqlalchemy.schema import CreateIndex, CreateTable

from .errors import LedgerError
from .tables import metadata

BUSY_SECONDS = 60.0
WRITES = "nightshift_writes"  # execution option: this transaction will write


def database_url(text: str) -> URL:
    """Read a URL; raises LedgerError unless it is one of SQLite (a file) or PostgreSQL."""
    try:
        url = sa.make_url(text)
    except sa.exc.ArgumentError:
        raise LedgerError(
            f"ledger URL {text!r} is no URL; use sqlite:////path/to/file or postgresql+psycopg://..."
        ) from None
    shown = url.render_as_string(hide_password=True)
    if url.get_backend_name() == "sqlite":
        if not url.database or url.database == ":memory:":
            raise LedgerError(f"ledger URL {shown!r} names no file; use sqlite:////path/to/file")
    elif url.get_backend_name() != "postgresql":
        raise LedgerError(f"ledger URL {shown!r} is not supported; use sqlite:/// or postgresql+psycopg://")
    return url


def sqlite_path(url: URL) -> Path | None:
    """The absolute path of an SQLite database, None for another one."""
    if url.get_backend_name() != "sqlite" or not url.database:
        return None
    return Path(url.database).expanduser().absolute()


def connect(url: URL) -> sa.Engine:
    """An engine for a database that exists; no connection is made yet."""
    path = sqlite_path(url)
    if path is None:
        try:
            return sa.create_engine(url, poolclass=NullPool)
        except ImportError as missing:
            raise LedgerError(
                f"ledger URL {url.render_as_string(hide_password=True)!r} needs a database driver: {missing}"
            ) from missing
    return _sqlite_engine(f"file:{quote(str(path))}?mode=rw")


def empty() -> sa.Engine:
    """An engine on a ledger without a row, in memory: what a reader sees where there is no database yet."""
    return _sqlite_engine("file::memory:", _ddl())


def make_file(path: Path) -> None:
    """Make an empty database file for the owner alone (0600), and missing folders (0700)."""
    for folder in reversed([parent for parent in path.parents if not parent.exists()]):
        folder.mkdir(mode=0o700, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


def use_wal(path: Path) -> None:
    """Switch a database file to write-ahead logging; it stays so. Nobody else may be switching it."""
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
    finally:
        connection.close()


def _sqlite_engine(address: str, script: str = "") -> sa.Engine:
    def open_connection() -> sqlite3.Connection:
        connection = sqlite3.connect(address, uri=True, timeout=BUSY_SECONDS, isolation_level=None)
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA synchronous=FULL")
        if script:
            connection.executescript(script)
        return connection

    engine = sa.create_engine("sqlite://", creator=open_connection, poolclass=NullPool)

    @sa.event.listens_for(engine, "begin")
    def begin(conn: sa.Connection) -> None:
        conn.exec_driver_sql("BEGIN IMMEDIATE" if conn.get_execution_options().get(WRITES) else "BEGIN")

    return engine


def _ddl() -> str:
    dialect = sqlite.dialect()
    statements: list[str] = []
    for table in metadata.sorted_tables:
        statements.append(str(CreateTable(table).compile(dialect=dialect)))
        statements += [str(CreateIndex(index).compile(dialect=dialect)) for index in table.indexes]
    return ";\n".join(statements) + ";"
