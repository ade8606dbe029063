# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Writers of an SQLite ledger wait in a queue that the kernel keeps."""

from __future__ import annotations

import fcntl
import threading
from datetime import UTC, datetime
from pathlib import Path

from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import open_ledger
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import Device

NOW = datetime(2026, 11, 23, 16, tzinfo=UTC)


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
