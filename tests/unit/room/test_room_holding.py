# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Leases of a room run are held in the name of its playbook, and by nobody once that is dead."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import open_ledger
from ansible_collections.nightshift.fleet.plugins.plugin_utils.room import holding
from ansible_collections.nightshift.fleet.plugins.plugin_utils.room.model import Seat
from ansible_collections.nightshift.fleet.plugins.plugin_utils.room.problem import RoomError
from ansible_collections.nightshift.fleet.plugins.plugin_utils.room.rules import RunRules
from ansible_collections.nightshift.fleet.plugins.plugin_utils.room.session import RoomSession
from ansible_collections.nightshift.fleet.plugins.plugin_utils.seat.expected import ImageWanted

NAMES = ["room S12", "imaging server drbl-1", "s12-01"]


def session(url: str, controller: int) -> RoomSession:
    image = ImageWanted("lab", "7", "0" * 64, 26100, 4061)
    seats = (Seat("s12-01", "52:54:00:77:12:01"),)
    night = datetime(2026, 11, 24, 5, tzinfo=UTC)
    return RoomSession("S12", "drbl-1", url, controller, seats, {"s12-01": 5986}, RunRules(), image, night)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_a_worker_whose_playbook_was_killed_takes_no_lease_and_the_next_run_does(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    ledger = open_ledger(url)
    playbook = subprocess.Popen([sys.executable, "-c", ""])
    playbook.wait()
    with pytest.raises(RoomError, match="the next run carries on"):
        holding.take(ledger, session(url, playbook.pid))
    with ledger.read() as view:
        assert view.leases(NAMES) == {}
    holding.take(ledger, session(url, os.getpid()))
    with ledger.read() as view:
        assert sorted(view.leases(NAMES)) == sorted(NAMES)
