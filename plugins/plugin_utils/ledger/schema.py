# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The schema's version: checked with one query on every opening, migrated once, under a lock."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import sqlalchemy as sa

from .engine import Database, copy_file, make_file, sqlite_path, use_wal
from .errors import LibraryMissing, SchemaMismatch
from .locks import alone
from .requirements import HAS_ALEMBIC

HEAD = "0010"  # the newest revision in migrations/versions; a test compares
MIGRATIONS = Path(__file__).parent / "migrations"
PATIENCE = 600.0  # seconds that an opening waits for another one's migration, which may have much to change
_ADVISORY_LOCK = 0x6E69676874  # "night"
_VERSION = sa.table("alembic_version", sa.column("version_num", sa.String))
_CURRENT = sa.select(_VERSION.c.version_num)


def version(database: Database) -> str | None:
    """The revision of the database; None when it holds no ledger."""
    with database.connect() as conn:
        try:
            return conn.execute(_CURRENT).scalar_one_or_none()
        except (sa.exc.OperationalError, sa.exc.ProgrammingError):  # no such table, as each database says it
            conn.rollback()
            return _version(conn)


def require(found: str | None, where: str) -> None:
    """Raise SchemaMismatch unless ``found`` is the revision that this version of the collection uses."""
    if found is None or found == HEAD:
        return
    if found in _revisions():
        raise SchemaMismatch(
            f"{where}: the ledger has schema {found}, {HEAD} is needed; run a patrol, which migrates it"
        )
    raise SchemaMismatch(
        f"{where}: the ledger has schema {found}, which this version does not know (its newest is {HEAD}); "
        "use the newer version of nightshift.fleet that made it"
    )


def migrate(database: Database, url: sa.URL) -> None:
    """Bring the database to ``HEAD``, making it first if need be. Of many callers at once one does the work.

    An SQLite ledger of an older version is copied first, into a file beside it that is named for its version.
    Raises SchemaMismatch for a schema newer than this version, LibraryMissing without Alembic.
    """
    path = sqlite_path(url)
    with _alone(path):
        if path is not None:
            make_file(path)
            use_wal(path)
        with database.connect(writes=True) as conn, conn.begin():
            if conn.dialect.name == "postgresql":
                conn.exec_driver_sql(f"SET LOCAL lock_timeout = '{PATIENCE:g}s'")
                conn.execute(sa.select(sa.func.pg_advisory_xact_lock(_ADVISORY_LOCK)))
            found = _version(conn)
            if found == HEAD:
                return
            if found is not None and found not in _revisions():
                require(found, url.render_as_string(hide_password=True))
            if found is not None and path is not None:
                copy_file(path, path.with_name(f"{path.name}-{found}"))
            _upgrade(conn)


def _version(conn: sa.Connection) -> str | None:
    if not sa.inspect(conn).has_table(_VERSION.name):
        return None
    return conn.execute(_CURRENT).scalar_one_or_none()


def _revisions() -> frozenset[str]:
    return frozenset(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def _upgrade(conn: sa.Connection) -> None:
    if not HAS_ALEMBIC:
        raise LibraryMissing("the ledger's schema must be made: install the Python library alembic on the controller")
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = conn
    command.upgrade(config, HEAD)


def _alone(path: Path | None) -> AbstractContextManager[None]:
    """Hold the folder of an SQLite file, made if need be."""
    if path is None:
        return nullcontext()
    for folder in reversed([parent for parent in path.parents if not parent.exists()]):
        folder.mkdir(mode=0o700, exist_ok=True)
    return alone(path.parent, PATIENCE, "making or changing the ledger's tables")
