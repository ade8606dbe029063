# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What docs/ledger.md says of PostgreSQL, where SQLite has no say."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import LedgerError, open_ledger, prepare, reopen
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import Device
from ledger_scenes import NOW, PC

from tests.services.postgresql import Cluster


@pytest.fixture
def role(postgresql: Cluster) -> Iterator[str]:
    """A role that may log in, and nothing else."""
    name = f"role_{uuid.uuid4().hex}"
    postgresql.execute(f"CREATE ROLE {name} LOGIN")
    yield name
    postgresql.execute(f"DROP ROLE {name}")


def test_a_role_that_owns_its_database_and_nothing_else_keeps_a_ledger(postgresql: Cluster, role: str) -> None:
    with postgresql.database() as url:
        name = url.partition("@/")[2].partition("?")[0]
        postgresql.execute(f"ALTER DATABASE {name} OWNER TO {role}")
        own = url.replace("postgres@/", f"{role}@/")
        with open_ledger(own).begin() as tx:
            tx.enrol([Device(PC)], NOW)
        prepare(own)
        with open_ledger(own, read_only=True).read() as tx:
            assert tx.device_state(PC) is not None


def test_preparing_leaves_no_row(new_database: Callable[[], str]) -> None:
    url = new_database()
    open_ledger(url)
    prepare(url)
    with open_ledger(url).read() as tx:
        for table in ("devices", "updates", "jobs", "audit", "tickets", "leases"):
            assert tx._conn.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one() == 0


def test_a_worker_that_was_forked_after_preparing_asks_the_server_nothing_about_itself(
    postgresql: Cluster, new_database: Callable[[], str]
) -> None:
    url = new_database()
    open_ledger(url)
    prepare(url)
    name = url.partition("@/")[2].partition("?")[0]
    postgresql.execute(f"ALTER DATABASE {name} SET log_statement = 'all'")
    log = postgresql.log
    before = log.stat().st_size
    worker = os.fork()
    if worker == 0:
        try:
            with reopen(url).read() as tx:
                tx.presence([PC])
        finally:
            os._exit(0)
    os.waitpid(worker, 0)
    said = [line.partition("LOG:")[2].strip() for line in log.read_bytes()[before:].decode().splitlines()]
    mine = [line for line in said if line.startswith(("statement:", "execute"))]
    assert [line.split()[:3] for line in mine] == [
        ["statement:", "BEGIN", "ISOLATION"],
        ["execute", "<unnamed>:", "SELECT"],
        ["statement:", "ROLLBACK"],
    ]


def test_a_server_out_of_reach_is_named_without_the_password(tmp_path: object) -> None:
    with pytest.raises(LedgerError) as refused:
        open_ledger(f"postgresql+psycopg://nightshift:hunter2@/ledger?host={tmp_path}")
    assert "see that it is there and lets you in" in str(refused.value)
    assert "hunter2" not in str(refused.value)
