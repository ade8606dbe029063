# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A ledger on every database that is here: the same tests run on SQLite and on PostgreSQL."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import Ledger, Transaction, open_ledger

sys.path.insert(0, str(Path(__file__).parent))

from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import Device
from ledger_scenes import NOW, PC

from tests.services.ledgers import new_file

# Every commit waits for the disk, and no test here is about the disk: memory is used where there is some.
MEMORY = Path("/dev/shm")
FOLDER = MEMORY if os.access(MEMORY, os.W_OK) and MEMORY not in Path(tempfile.gettempdir()).parents else None


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty folder."""
    with tempfile.TemporaryDirectory(prefix="nightshift-", dir=FOLDER) as name:
        yield Path(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """The URL of a database that holds no ledger yet; for a test that wants a ledger too, of one without a row."""
    made = "ledger" in request.fixturenames
    if request.param == "sqlite":
        path: Path = request.getfixturevalue("folder") / "ledger.sqlite"
        return new_file(path) if made else f"sqlite:///{path}"
    new: str = request.getfixturevalue("new_ledger" if made else "new_database")()
    return new


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
