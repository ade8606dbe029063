# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A building with two rooms on one FOG server of the lab, over TLS."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from fog_scenes import Building, building_with


@pytest.fixture(params=["1.5", "1.6"])
def building(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Building]:
    """The building, once in each dialect."""
    with building_with(tmp_path, request.param) as scene:
        yield scene


@pytest.fixture
def old_building(tmp_path: Path) -> Iterator[Building]:
    """The building in the dialect 1.5 alone."""
    with building_with(tmp_path, "1.5") as scene:
        yield scene
