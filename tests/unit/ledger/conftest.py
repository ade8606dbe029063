# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A ledger on every database that is here: the same tests run on SQLite and on PostgreSQL."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import Ledger, Transaction, open_ledger

sys.path.insert(0, str(Path(__file__).parent))

from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import Device
from ledger_scenes import NOW, PC

# Every commit waits for the disk, and no test here is about the disk: memory is used where there is some.
MEMORY = Path("/dev/shm")
FOLDER = MEMORY if os.access(MEMORY, os.W_OK) else None

PROGRAMS = {name: shutil.which(name) for name in ("initdb", "pg_ctl")}


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The folder of a running PostgreSQL's socket; as another user when the tests run as root, which it refuses."""
    if not all(PROGRAMS.values()):
        pytest.skip("no PostgreSQL here: initdb and pg_ctl are not on PATH")
    if find_spec("psycopg") is None:
        pytest.skip("no PostgreSQL driver here: pip install 'psycopg[binary]'")
    folder = Path(tempfile.mkdtemp(prefix="nightshift-pg-", dir=FOLDER))
    user = None
    if os.getuid() == 0:
        user = "nobody"
        shutil.chown(folder, user)

    def run(*command: str) -> None:
        subprocess.run(command, check=True, user=user, cwd=folder, stdout=subprocess.DEVNULL, timeout=120)

    data = str(folder / "data")
    run(str(PROGRAMS["initdb"]), "--pgdata", data, "--username", "postgres", "--auth", "trust", "--no-sync")
    options = f"-k {folder} -c listen_addresses='' -c fsync=off"
    try:
        run(str(PROGRAMS["pg_ctl"]), "--pgdata", data, "--wait", "--log", f"{folder}/log", "-o", options, "start")
        yield str(folder)
    finally:
        run(str(PROGRAMS["pg_ctl"]), "--pgdata", data, "--mode", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty folder."""
    with tempfile.TemporaryDirectory(prefix="nightshift-", dir=FOLDER) as name:
        yield Path(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """The URL of a database that holds no ledger yet."""
    if request.param == "sqlite":
        return f"sqlite:///{request.getfixturevalue('folder') / 'ledger.sqlite'}"
    socket = request.getfixturevalue("postgresql")
    import psycopg

    with psycopg.connect(f"host={socket} user=postgres dbname=postgres", autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")  # one database for all tests: making one is slow
        connection.execute("CREATE SCHEMA public")
    return f"postgresql+psycopg://postgres@/postgres?host={socket}"


@pytest.fixture
def ledger(url: str) -> Ledger:
    """A ledger that knows one device, PC."""
    opened = open_ledger(url)
    with opened.begin() as tx:
        tx.enrol([Device(PC)], NOW)
    return opened


@pytest.fixture
def tx(ledger: Ledger) -> Iterator[Transaction]:
    """An open transaction on it."""
    with ledger.begin() as transaction:
        yield transaction
