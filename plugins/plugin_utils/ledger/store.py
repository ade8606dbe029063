# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The ledger as its callers see it: open it, begin a transaction, ask and tell."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from . import rehearsal, schema
from .engine import Database, database, database_url, empty, sqlite_path
from .errors import ReadOnly
from .transaction import Reader, Transaction


class Ledger:
    """An opened ledger. Holds no connection between transactions, so it may be used after a fork."""

    __slots__ = ("_database", "_read_only")

    def __init__(self, database: Database, *, read_only: bool) -> None:
        self._database = database
        self._read_only = read_only

    @contextmanager
    def kept(self) -> Iterator[Ledger]:
        """The same ledger over one connection, for a row of short transactions in one process."""
        with self._database.kept() as database:
            yield Ledger(database, read_only=self._read_only)

    @contextmanager
    def begin(self) -> Iterator[Transaction]:
        """A transaction that writes, committed at the end of the block. Raises ReadOnly."""
        if self._read_only:
            raise ReadOnly("the ledger was opened for reading; nothing is recorded in check mode")
        with self._database.connect(writes=True) as conn, conn.begin():
            yield Transaction(conn)

    @contextmanager
    def read(self) -> Iterator[Reader]:
        """One consistent view of the ledger, which waits for no writer."""
        with self._database.connect() as conn:
            yield Reader(conn)


def open_ledger(url: str, read_only: bool = False) -> Ledger:
    """Open the ledger at an SQLAlchemy URL, ``sqlite:////path`` or ``postgresql+psycopg://...``.

    Makes the database (file 0600, missing folders 0700) and migrates its schema when
    needed. With ``read_only`` neither happens: where there is no database, the ledger
    is empty. Raises LedgerError for a URL that cannot be used, SchemaMismatch for a
    schema of another version, LibraryMissing without Alembic where it is needed.
    """
    address = database_url(url)
    path = sqlite_path(address)
    here = database(address)
    found = None if path is not None and not path.exists() else schema.version(here)
    if read_only:
        schema.require(found, address.render_as_string(hide_password=True))
        return Ledger(empty() if found is None else here, read_only=True)
    if found != schema.HEAD:
        schema.migrate(here, address)
    return Ledger(here, read_only=False)


@cache
def reopen(url: str) -> Ledger:
    """Return for writing a ledger that this run has opened before: its schema is not looked at again."""
    return Ledger(database(database_url(url)), read_only=False)


def private_copy(url: str, folder: Path) -> str:
    """Return the URL of a copy of the ledger, in ``folder``, for a rehearsal: what is recorded there is lost with it.

    A database that does not exist yet copies as an empty ledger. Raises LedgerError as open_ledger does.
    """
    fresh = folder / "rehearsal.sqlite"
    rehearsal.copy(url, fresh)
    return f"sqlite:///{fresh}"
