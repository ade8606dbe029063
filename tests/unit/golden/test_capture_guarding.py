# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Two runs do not drive one capture, and the guard of one has it disarmed and gives nothing up."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.golden import guarding
from ansible_collections.nightshift.fleet.plugins.plugin_utils.golden.model import ImageError
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import Ledger, open_ledger

from tests.services.ledgers import new_file

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
IMAGE = "classroom-1"


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """A ledger without a row."""
    return open_ledger(new_file(tmp_path / "ledger.sqlite"))


@pytest.fixture
def other() -> Iterator[subprocess.Popen[bytes]]:
    """Another controller."""
    found = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
    yield found
    found.kill()
    found.wait()


def test_a_second_run_is_kept_away_until_the_first_gives_the_capture_back(
    ledger: Ledger, other: subprocess.Popen[bytes]
) -> None:
    guarding.take(ledger, IMAGE, other.pid)
    guarding.take(ledger, IMAGE, other.pid)
    with pytest.raises(ImageError, match=f"capture of {IMAGE}: process {other.pid} on .* holds it"):
        guarding.take(ledger, IMAGE, os.getpid())
    guarding.take(ledger, "classroom-2", os.getpid())
    guarding.give_back(ledger, IMAGE, other.pid)
    guarding.take(ledger, IMAGE, os.getpid())


def test_a_capture_whose_controller_is_dead_is_anybodys(ledger: Ledger, other: subprocess.Popen[bytes]) -> None:
    guarding.take(ledger, IMAGE, other.pid)
    other.kill()
    other.wait()
    guarding.take(ledger, IMAGE, os.getpid())


def test_a_guard_has_the_capture_disarmed_and_the_version_kept() -> None:
    order = guarding.charge(
        IMAGE, "classroom", "ref-1", "fog-1", wait=timedelta(minutes=15), ledger="sqlite:////l.sqlite", controller=1
    )
    assert order.playbook == "nightshift.fleet.golden_image"
    assert order.variables == {
        "nightshift_reference": "ref-1", "nightshift_image_name": "classroom", "nightshift_disarm": True,
    }  # fmt: skip
    assert order.job != IMAGE, "the mark of a capture is no job's of a room"
