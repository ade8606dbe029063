# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every test that has a rig runs with a ledger in SQLite and with one in PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from functools import cache

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import reopen
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol import contact

from tests.unit.patrol import rig


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A module that imports the rig has its tests doubled; the second half may be for make test-slow."""
    if getattr(metafunc.module, "Rig", None) is rig.Rig:
        slow = metafunc.definition.get_closest_marker("slow_on_postgresql")
        second = pytest.param("postgresql", marks=[pytest.mark.slow] if slow else [])
        metafunc.parametrize("ledger_database", ["sqlite", second], indirect=True)


@pytest.fixture(autouse=True)
def ledger_database(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have the rigs of a test keep their ledgers in the database that it is about.

    A connection to PostgreSQL costs as much as ten turns: a test's turns, which are of one process, share one. Turns
    with connections of their own are in test_ten_patrols.
    """
    if getattr(request, "param", "") != "postgresql":
        yield
        return
    new = request.getfixturevalue("new_ledger")
    monkeypatch.setattr(rig, "new_ledger", lambda folder: new())
    with ExitStack() as connected:
        monkeypatch.setattr(contact, "reopen", cache(lambda url: connected.enter_context(reopen(url).kept())))
        yield
