# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every test that has a rig runs with a ledger in SQLite and with one in PostgreSQL."""

from __future__ import annotations

import pytest

from tests.unit.patrol import rig


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A module that imports the rig has its tests doubled."""
    if getattr(metafunc.module, "Rig", None) is rig.Rig:
        metafunc.fixturenames.insert(0, "ledger_database")
        metafunc.parametrize("ledger_database", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def ledger_database(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the rigs of a test keep their ledgers in the database that it is about."""
    if request.param == "postgresql":
        new = request.getfixturevalue("new_ledger")
        monkeypatch.setattr(rig, "new_ledger", lambda folder: new())
