# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What all tests share: the services that are started for a run."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from hypothesis import settings

from tests.services import postgresql as service

settings.register_profile("the same ones", derandomize=True, deadline=None)
settings.load_profile("the same ones")  # in every run; --hypothesis-profile=default looks for others


def pytest_configure(config: pytest.Config) -> None:
    """Name the process whose end is the end of the run; pytest-xdist's workers inherit the name."""
    if not hasattr(config, "workerinput"):
        os.environ[service.RUN] = str(os.getpid())


@pytest.fixture(scope="session")
def postgresql() -> service.Cluster:
    """The run's PostgreSQL, started when the first test wants it."""
    try:
        return service.cluster()
    except service.Missing as why:
        pytest.skip(str(why))


@pytest.fixture
def new_database(postgresql: service.Cluster) -> Iterator[Callable[[], str]]:
    """Make empty databases; they are dropped with the test."""
    with ExitStack() as made:
        yield lambda: made.enter_context(postgresql.database())


@pytest.fixture
def new_ledger(postgresql: service.Cluster) -> Iterator[Callable[[], str]]:
    """Give databases that hold a ledger without a row: their URLs."""
    from tests.services import ledgers  # loads SQLAlchemy, which most tests do without

    with ExitStack() as lent:
        yield lambda: lent.enter_context(ledgers.database_of(postgresql))
