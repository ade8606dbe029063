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

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool
from sqlalchemy.schema import CreateIndex, CreateTable

from .errors import LedgerError
from .locks import alone
from .tables import metadata

PATIENCE = 60.0  # seconds that a writer waits for the others, unless the URL says otherwise: ?timeout=
_WRITES = "nightshift_writes"  # execution option: this transaction will write


@dataclass(frozen=True, slots=True)
class File:
    """An SQLite file, or no file: an empty ledger in memory. ``patience``: seconds that a writer waits for others."""

    path: Path | None
    patience: float = PATIENCE

    @property
    def address(self) -> str:
        """What sqlite3 connects to."""
        return "file::memory:" if self.path is None else f"file:{quote(str(self.path))}?mode=rw"


_file: ContextVar[File] = ContextVar("SQLite database that is being connected to")


class Database:
    """A database that exists. ``file``: an SQLite database; None for an engine that knows its own."""

    __slots__ = ("_engine", "_file")

    def __init__(self, engine: sa.Engine, file: File | None = None) -> None:
        self._engine = engine
        self._file = file

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

    def _queue(self) -> AbstractContextManager[None]:
        """Wait for the writers before this one; the kernel calls the next one, also when a process dies.

        SQLite alone lets writers sleep and try again, up to 0.1 s each time: of twenty some wait ten times as long
        as others, and with more some would give up.
        """
        if self._file is None or self._file.path is None:
            return nullcontext()
        path = self._file.path
        return alone(path.with_name(f"{path.name}-queue"), self._file.patience, "writing to the ledger")

    def _open(self) -> sa.Connection:
        token = None if self._file is None else _file.set(self._file)
        try:
            return self._engine.connect()
        except sa.exc.OperationalError as unreachable:
            shown = self._engine.url.render_as_string(hide_password=True) if self._file is None else self._file.path
            said = str(unreachable.orig).strip().partition("\n")[0]
            raise LedgerError(
                f"ledger {shown}: {said}; see that it is there and lets you in, then run this again"
            ) from unreachable
        finally:
            if token is not None:
                _file.reset(token)


class _Kept(Database):
    """A database through one connection. Not for a fork, nor for two transactions at once."""

    __slots__ = ("_conn",)

    def __init__(self, whole: Database, conn: sa.Connection) -> None:
        super().__init__(whole._engine, whole._file)
        self._conn = conn

    @contextmanager
    def kept(self) -> Iterator[Database]:
        """Itself: its connection is kept already."""
        yield self

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
        patience(url)
    elif url.get_backend_name() != "postgresql":
        raise LedgerError(f"ledger URL {shown!r} is not supported; use sqlite:/// or postgresql+psycopg://")
    return url


def sqlite_path(url: URL) -> Path | None:
    """The absolute path of an SQLite database, None for another one."""
    if url.get_backend_name() != "sqlite" or not url.database:
        return None
    return Path(url.database).expanduser().absolute()


def patience(url: URL) -> float:
    """Seconds that a writer waits for others: ``timeout`` of an SQLite URL. Raises LedgerError for what is no span."""
    text = url.query.get("timeout", str(PATIENCE))
    try:
        seconds = float(text) if isinstance(text, str) else -1.0
    except ValueError:
        seconds = -1.0
    if not 0 < seconds < threading.TIMEOUT_MAX:
        raise LedgerError(f"ledger URL: timeout={text!r} is not a number of seconds; use one above 0, like timeout=60")
    return seconds


def database(url: URL) -> Database:
    """The database at ``url``; no connection is made yet."""
    path = sqlite_path(url)
    if path is None:
        return Database(_engine(url))
    return Database(_sqlite_engine(), File(path, patience(url)))


def empty() -> Database:
    """A ledger without a row, in memory, new for each connection: what a reader sees where there is none yet."""
    return Database(_sqlite_engine(), File(None))


def make_file(path: Path) -> None:
    """Make an empty database file for the owner alone (0600); its folder exists."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


def use_wal(path: Path) -> None:
    """Switch a database file to write-ahead logging; it stays so. Nobody else may be switching it."""
    connection = sqlite3.connect(path, timeout=PATIENCE)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
    finally:
        connection.close()


def copy_file(source: Path, target: Path) -> None:
    """Copy an SQLite database, as last committed, page by page (150 MB take half a second); it waits for no writer.

    ``target`` is for its owner alone and either whole or absent.
    """
    fresh = target.with_name(f"{target.name}.part")
    fresh.unlink(missing_ok=True)
    make_file(fresh)
    address = f"file:{quote(str(source))}?mode=ro"
    with closing(sqlite3.connect(address, uri=True)) as rows, closing(sqlite3.connect(fresh)) as copied:
        rows.backup(copied)
        copied.execute("PRAGMA journal_mode=DELETE")  # one file, without companions
    fresh.replace(target)


@cache
def _engine(url: URL) -> sa.Engine:
    """PostgreSQL. An administrator sees who is connected, and nobody waits without end for a row (docs/ledger.md)."""
    ours = {"application_name": "nightshift", "options": f"-c lock_timeout={PATIENCE:g}s"}
    wanted = {key: value for key, value in ours.items() if key not in url.query}
    try:
        engine = sa.create_engine(url, poolclass=NullPool, connect_args=wanted)
    except ImportError as missing:
        shown = url.render_as_string(hide_password=True)
        raise LedgerError(f"ledger URL {shown!r} needs a database driver on the controller: {missing}") from missing

    @sa.event.listens_for(engine, "handle_error")
    def waited_enough(context: sa.ExceptionContext) -> None:
        if getattr(context.original_exception, "sqlstate", "") == "55P03":  # lock_not_available
            raise LedgerError(
                "ledger: waited long enough for another session, which has not ended its transaction; "
                "find it in pg_stat_activity (state 'idle in transaction'), end it, then run this again"
            ) from context.original_exception

    return engine


@cache
def _sqlite_engine() -> sa.Engine:
    engine = sa.create_engine("sqlite://", creator=_open_sqlite, poolclass=NullPool)

    @sa.event.listens_for(engine, "begin")
    def begin(conn: sa.Connection) -> None:
        driver = conn.connection.dbapi_connection  # SQLAlchemy's way to say BEGIN costs as much as a query
        if not isinstance(driver, sqlite3.Connection):
            raise TypeError(f"a connection of {type(driver).__name__} where one of sqlite3 was opened")
        if not conn.get_execution_options().get(_WRITES):
            driver.execute("BEGIN")
            return
        try:
            driver.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as busy:  # by a program that knows nothing of the queue, such as sqlite3
            raise LedgerError(
                f"another program keeps the ledger locked; let it end, then run this again ({busy})"
            ) from busy

    return engine


def _open_sqlite() -> sqlite3.Connection:
    file = _file.get()
    connection = sqlite3.connect(file.address, uri=True, timeout=file.patience, isolation_level=None)
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA synchronous=FULL")
    if file.path is None:
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
