# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ledgers without a row, for tests that are not about how a ledger is made.

Making one takes all migrations, which cost more than most tests. A process makes one file, of which each test gets a
copy, and as many databases of PostgreSQL as it needs at a time, which are emptied from test to test: so their engines
keep what they know of the server, and their compiled statements.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import open_ledger
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger.engine import make_file
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger.tables import metadata

from tests.services.postgresql import Cluster

_SHAPE = """
SELECT (SELECT string_agg(version_num, ' ') FROM alembic_version), string_agg(name, ' ' ORDER BY name)
FROM (SELECT attrelid::regclass || '.' || attname || ' ' || atttypid::regtype AS name
      FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
      WHERE relnamespace = 'public'::regnamespace AND attnum > 0) AS columns
"""
_END_THE_OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_idle: list[tuple[str, tuple[str, ...]]] = []  # databases that wait for a test: URL and shape


def new_file(path: Path) -> str:
    """Copy a ledger without a row to ``path``; return its URL."""
    made = _file()
    path.parent.mkdir(parents=True, exist_ok=True)
    make_file(path)
    path.write_bytes(made)
    return f"sqlite:///{path}"


@cache
def _file() -> bytes:
    with tempfile.TemporaryDirectory(prefix="nightshift-") as folder:
        path = Path(folder) / "ledger.sqlite"
        open_ledger(f"sqlite:///{path}")
        return path.read_bytes()


@contextmanager
def database_of(cluster: Cluster) -> Iterator[str]:
    """Lend a database of PostgreSQL that holds a ledger without a row; give its URL.

    One that comes back with other tables, or with another version in them, is not lent again.
    """
    url, shape = _idle.pop() if _idle else _new_database(cluster)
    yield url
    name = cluster.name_of(url)
    if _emptied(cluster, name) == shape:
        _idle.append((url, shape))
    else:
        cluster.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _new_database(cluster: Cluster) -> tuple[str, tuple[str, ...]]:
    name = cluster.new_name()
    cluster.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    open_ledger(cluster.url(name))
    return cluster.url(name), _emptied(cluster, name)


def _emptied(cluster: Cluster, name: str) -> tuple[str, ...]:
    """End who is still connected, delete all rows, start the numbers at one; return the shape of the tables."""
    with cluster.connect(name) as connection:
        connection.execute(_END_THE_OTHERS)
        connection.execute("SET session_replication_role = replica")  # in any order: no foreign key is looked at
        connection.execute(_delete_everything())
        connection.execute("SELECT setval(seqrelid::regclass, 1, false) FROM pg_sequence")
        return tuple(connection.execute(_SHAPE).fetchone() or ())


@cache
def _delete_everything() -> bytes:
    return "; ".join(f'DELETE FROM "{table.name}"' for table in metadata.sorted_tables).encode()
