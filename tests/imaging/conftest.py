# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the rooms of emulated PCs share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.imaging import clonezilla_system, userland
from tests.imaging.folders import CannotBuild, run_folder
from tests.imaging.needs import missing


@pytest.fixture(scope="session")
def small_pc() -> None:
    """What the small PCs boot; the test is skipped where it cannot be had."""
    _skip_unless(missing(), userland.initrd)


@pytest.fixture(scope="session")
def drbl_system() -> None:
    """What the DRBL server and its PCs run; the test is skipped where it cannot be had."""
    _skip_unless(missing(clonezilla=True), clonezilla_system.system)


def _skip_unless(why: str, build: Callable[[], Path]) -> None:
    if why:
        pytest.skip(why)
    try:
        build()
    except CannotBuild as problem:
        pytest.skip(str(problem))


@pytest.fixture
def room_folder(small_pc: None) -> Iterator[Path]:
    """An empty folder for one room's disks and logs."""
    with run_folder() as folder:
        yield folder


@pytest.fixture
def clonezilla_folder(drbl_system: None) -> Iterator[Path]:
    """The same for a room with the real Clonezilla."""
    with run_folder() as folder:
        yield folder
