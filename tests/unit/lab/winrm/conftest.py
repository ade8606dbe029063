# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Fixtures: a fleet of two devices that real clients can talk to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.lab.winrm.running import Pc, RunningFleet


@pytest.fixture(scope="session")
def authority_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("authority")


@pytest.fixture
def lab(authority_folder: Path) -> Iterator[RunningFleet]:
    """Two devices with the same user and different passwords, TLS and plain."""
    pcs = [Pc("pc-001", "127.61.0.1"), Pc("pc-002", "127.61.0.2", password="an0ther Pässword")]
    running = RunningFleet(authority_folder, pcs)
    yield running
    running.stop()
