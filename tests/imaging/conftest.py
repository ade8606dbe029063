# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the rooms of emulated PCs share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.imaging.folders import run_folder
from tests.imaging.needs import missing


@pytest.fixture
def room_folder() -> Iterator[Path]:
    """An empty folder for one room's disks and logs; the test is skipped where no room can be run."""
    if why := missing():
        pytest.skip(why)
    with run_folder() as folder:
        yield folder
