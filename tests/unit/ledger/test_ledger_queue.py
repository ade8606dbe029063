# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Writers of an SQLite ledger wait in a queue that the kernel keeps, and not for ever."""

from __future__ import annotations

import fcntl
import multiprocessing
import os
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import LedgerError, open_ledger
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import Device

NOW = datetime(2026, 11, 23, 16, tzinfo=UTC)
FORK = multiprocessing.get_context("fork")


def test_a_writer_waits_for_the_one_before_it_and_a_reader_does_not(tmp_path: Path) -> None:
    ledger = open_ledger(f"sqlite:///{tmp_path / 'a ledger#1.sqlite'}")

    def write() -> None:
        with ledger.begin() as tx:
            tx.enrol([Device("pc-001")], NOW)

    write()
    with (tmp_path / "a ledger#1.sqlite-queue").open() as queue:
        fcntl.flock(queue, fcntl.LOCK_EX)
        writer = threading.Thread(target=write)
        writer.start()
        with ledger.read() as tx:
            assert tx.device_state("pc-001") is not None
        writer.join(0.2)
        assert writer.is_alive()
    writer.join(10)
    assert not writer.is_alive()


def _write_and_stay(url: str, inside: Event, leave: Event) -> None:
    with open_ledger(url).begin() as tx:
        tx.enrol([Device("pc-001")], NOW)
        inside.set()
        leave.wait()


@contextmanager
def stopped_writer(url: str) -> Iterator[int]:
    """A process that was stopped (SIGSTOP) in the middle of a transaction, by its number; let go on at the end."""
    inside, leave = FORK.Event(), FORK.Event()
    writer = FORK.Process(target=_write_and_stay, args=(url, inside, leave))
    writer.start()
    assert writer.pid is not None
    assert inside.wait(30)
    os.kill(writer.pid, signal.SIGSTOP)
    try:
        yield writer.pid
    finally:
        os.kill(writer.pid, signal.SIGCONT)
        leave.set()
        writer.join(30)


@pytest.mark.skipif(not Path("/proc/locks").exists(), reason="needs /proc/locks to name the holder")
def test_a_writer_that_is_stopped_is_named_to_those_who_waited_for_it_long_enough(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.sqlite'}?timeout=0.5"
    ledger = open_ledger(url)
    with stopped_writer(url) as pid:
        began = time.monotonic()
        said = rf"ledger.sqlite-queue: waited 0.5 s for process {pid} \(.*, stopped\), which is still writing"
        with pytest.raises(LedgerError, match=said), ledger.begin():
            pass
        assert 0.4 < time.monotonic() - began < 10
        with ledger.read() as tx:
            assert tx.device_state("pc-001") is None, "a reader does not wait"
    with ledger.begin() as tx:
        assert tx.device_state("pc-001") is not None, "once it went on, both are recorded"


def test_with_postgresql_too_a_writer_that_is_stopped_is_not_waited_for_without_end(
    new_database: Callable[[], str],
) -> None:
    url = f"{new_database()}&options=-c%20lock_timeout%3D300ms"
    ledger = open_ledger(url)
    with stopped_writer(url):
        with pytest.raises(LedgerError, match="waited long enough for another session"), ledger.begin() as tx:
            tx.enrol([Device("pc-001")], NOW)
        with ledger.begin() as tx:
            tx.enrol([Device("pc-002")], NOW)
    with ledger.begin() as tx:
        assert tx.device_states(["pc-001", "pc-002"]).keys() == {"pc-001", "pc-002"}


def test_a_writer_that_gave_up_waiting_takes_the_lock_from_nobody_later(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.sqlite'}?timeout=0.2"
    ledger = open_ledger(url)
    with stopped_writer(url):
        for _ in range(3):
            with pytest.raises(LedgerError), ledger.begin():
                pass
    for number in range(20):
        with ledger.begin() as tx:
            tx.audit("test", f"event-{number}", None, {}, NOW)


def test_a_program_that_knows_nothing_of_the_queue_is_waited_for_as_long(tmp_path: Path) -> None:
    ledger = open_ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}?timeout=0.2")
    other = sqlite3.connect(tmp_path / "ledger.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LedgerError, match="another program keeps the ledger locked"), ledger.begin():
        pass
    other.execute("ROLLBACK")
    with ledger.begin() as tx:
        tx.enrol([Device("pc-001")], NOW)


@pytest.mark.parametrize("wrong", ["soon", "0", "-1", "nan", "1e300"])
def test_a_time_limit_that_is_none_is_refused(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(LedgerError, match="not a number of seconds; use one above 0"):
        open_ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}?timeout={wrong}")
