# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Connections to the database: made per transaction, so that a forked worker inherits none.

SQLite: WAL, a busy timeout, foreign keys, full synchronisation (what is acknowledged
to a device must survive a power loss here), and BEGIN IMMEDIATE for what writes, so
that two writers queue instead of failing half-way: in order, on the lock of a file beside.

All SQLite files share one engine. What an engine is worth are its dialect and its
cache of compiled statements; made once in the controller's main process, every
worker forked from it inherits them (see :mod:`prepare`).
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from urllib.parse import quote, unquote

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool
from sqlalchemy.schema import CreateIndex, CreateTable

from .errors import LedgerError
from .tables import metadata

BUSY_SECONDS = 60.0
_WRITES = "nightshift_writes"  # execution option: this transaction will write
_MEMORY = "file::memory:"
_address: ContextVar[str] = ContextVar("address of the SQLite database that is being connected to")


class Database:
    """A database that exists. ``address``: the URI of an SQLite file; None for an engine that knows its own."""

    __slots__ = ("_address", "_engine")

    def __init__(self, engine: sa.Engine, address: str | None = None) -> None:
        self._engine = engine
        self._address = address

    @contextmanager
    def connect(self, *, writes: bool = False) -> Iterator[sa.Connection]:
        """A connection of its own, closed at the end of the block; what was not committed is rolled back."""
        with self._queue() if writes else nullcontext(), self._open() as conn:
            yield _prepared(conn, writes)

    @contextmanager
    def kept(self) -> Iterator[Database]:
        """The same database with one connection for all transactions of the block, one after the other.

        A connection to an SQLite file costs as much as five statements: it reads the schema first.
        """
        with self._open() as conn:
            yield _Kept(self, conn)

    @contextmanager
    def _queue(self) -> Iterator[None]:
        """Wait for the writers before this one; the kernel calls the next one, also when a process dies.

        SQLite alone lets writers sleep and try again, up to 0.1 s each time: of twenty some wait ten times as long
        as others, and with more some would give up.
        """
        if self._address is None or self._address == _MEMORY:
            yield
            return
        path = unquote(self._address.removeprefix("file:").partition("?")[0])
        handle = os.open(f"{path}-queue", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _open(self) -> sa.Connection:
        if self._address is None:
            return self._engine.connect()
        token = _address.set(self._address)
        try:
            return self._engine.connect()
        finally:
            _address.reset(token)


class _Kept(Database):
    """A database through one connection. Not for a fork, nor for two transactions at once."""

    __slots__ = ("_conn",)

    def __init__(self, whole: Database, conn: sa.Connection) -> None:
        super().__init__(whole._engine, whole._address)
        self._conn = conn

    @contextmanager
    def connect(self, *, writes: bool = False) -> Iterator[sa.Connection]:
        with self._queue() if writes else nullcontext():
            try:
                yield _prepared(self._conn, writes)
            finally:
                if self._conn.in_transaction():
                    self._conn.rollback()


def _prepared(conn: sa.Connection, writes: bool) -> sa.Connection:
    """Set what the next transaction of a connection is for."""
    if conn.dialect.name != "postgresql":
        return conn.execution_options(**{_WRITES: writes})
    level = conn.default_isolation_level if writes else "REPEATABLE READ"
    return conn.execution_options(isolation_level=level, postgresql_readonly=not writes)


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


def database(url: URL) -> Database:
    """The database at ``url``; no connection is made yet."""
    path = sqlite_path(url)
    if path is None:
        return Database(_engine(url))
    return Database(_sqlite_engine(), f"file:{quote(str(path))}?mode=rw")


def empty() -> Database:
    """A ledger without a row, in memory, new for each connection: what a reader sees where there is none yet."""
    return Database(_sqlite_engine(), _MEMORY)


def make_file(path: Path) -> None:
    """Make an empty database file for the owner alone (0600); its folder exists."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


def use_wal(path: Path) -> None:
    """Switch a database file to write-ahead logging; it stays so. Nobody else may be switching it."""
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
    finally:
        connection.close()


@cache
def _engine(url: URL) -> sa.Engine:
    try:
        return sa.create_engine(url, poolclass=NullPool)
    except ImportError as missing:
        shown = url.render_as_string(hide_password=True)
        raise LedgerError(f"ledger URL {shown!r} needs a database driver on the controller: {missing}") from missing


@cache
def _sqlite_engine() -> sa.Engine:
    engine = sa.create_engine("sqlite://", creator=_open_sqlite, poolclass=NullPool)

    @sa.event.listens_for(engine, "begin")
    def begin(conn: sa.Connection) -> None:
        conn.exec_driver_sql("BEGIN IMMEDIATE" if conn.get_execution_options().get(_WRITES) else "BEGIN")

    return engine


def _open_sqlite() -> sqlite3.Connection:
    address = _address.get()
    connection = sqlite3.connect(address, uri=True, timeout=BUSY_SECONDS, isolation_level=None)
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA synchronous=FULL")
    if address == _MEMORY:
        connection.executescript(_ddl())
    return connection


@cache
def _ddl() -> str:
    dialect = sqlite.dialect()
    statements: list[str] = []
    for table in metadata.sorted_tables:
        statements.append(str(CreateTable(table).compile(dialect=dialect)))
        statements += [str(CreateIndex(index).compile(dialect=dialect)) for index in table.indexes]
    return ";\n".join(statements) + ";"
