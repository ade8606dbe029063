# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A building with two rooms on one DRBL server of the lab."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from clonezilla_scenes import Building, building_in


@pytest.fixture
def building(tmp_path: Path) -> Iterator[Building]:
    """The building."""
    with building_in(tmp_path) as scene:
        yield scene
