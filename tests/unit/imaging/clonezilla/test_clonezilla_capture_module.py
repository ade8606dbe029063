# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module ``capture_image`` as Ansible runs it, in a process of its own, on a DRBL server of the lab."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.nightshift.fleet.plugins.modules.capture_image import RETURN

sys.path.insert(0, str(Path(__file__).parent))

from capture_scenes import REFERENCE, booted, clean
from clonezilla_scenes import JOB, Building, mac

from tests.modules import run_module


class Bench:
    """Someone who runs the module for the reference PC."""

    def __init__(self, building: Building, folder: Path) -> None:
        self.building = building
        self.job_file = folder / "jobs" / "autumn.job"

    def run(self, state: str, *, check: bool = False, **changes: Any) -> dict[str, Any]:
        """Return the result of one run; its ``failed`` is always there."""
        told: dict[str, Any] = {
            "state": state,
            "name": REFERENCE,
            "mac": mac(REFERENCE),
            "image": "autumn",
            "disk": "sda",
            "job_file": str(self.job_file),
            "engine": "clonezilla",
            "clonezilla": {"interface": "eth1", "timeout": 60, "root": str(self.building.root)},
            **changes,
        }
        return run_module("capture_image", {k: v for k, v in told.items() if v is not None}, check=check)


@pytest.fixture
def bench(building: Building, tmp_path: Path) -> Bench:
    """The bench."""
    return Bench(building, tmp_path)


def test_a_capture_from_preflight_to_finish_under_one_identity(bench: Bench) -> None:
    documented = yaml.safe_load(RETURN)
    told = {"preflight": bench.run("preflight"), "check": bench.run("started", check=True)}
    assert (bench.job_file.exists(), bench.building.armed()) == (False, set())
    told["started"] = bench.run("started")
    assert told["preflight"]["requests"] == told["check"]["requests"] == told["started"]["requests"]
    assert told["started"]["armed"] == [mac(REFERENCE)]
    again = bench.run("started")
    assert (again["changed"], again["job"]) == (False, told["started"]["job"])
    save = booted(bench.building).begin()
    for part in save.parts:
        save.write(part)
    told["progress"] = bench.run("progress")
    assert (told["progress"]["claim"], told["progress"]["closed"]) == ("started", False)
    save.end()
    told["verified"] = bench.run("verified", disk=None)
    assert (told["verified"]["claim"], told["verified"]["closed"]) == ("done", True)
    told["finished"] = bench.run("finished")
    assert (told["finished"]["armed"], bench.job_file.exists()) == ([], False)
    assert clean(bench.building)
    for state, result in told.items():
        assert not result["failed"], result
        assert result.keys() - {"failed", "changed", "invocation"} <= documented.keys(), state


def test_a_second_capture_into_the_same_image_is_refused_and_keeps_no_identity(bench: Bench) -> None:
    bench.run("started")
    booted(bench.building).whole()
    bench.run("finished")
    told = bench.run("started")
    assert told["failed"] and "Clonezilla would remove it" in told["msg"]
    assert (bench.job_file.exists(), bench.building.armed()) == (False, set())


def test_while_a_room_is_served_the_capture_is_refused_with_the_reason(bench: Bench) -> None:
    bench.building.engine.start(bench.building.spec())
    armed = bench.building.armed()
    told = bench.run("started")
    assert told["failed"] and f"job {JOB} of room S12 has this server" in told["msg"]
    assert (bench.building.armed(), bench.job_file.exists()) == (armed, False)


def test_a_cancelled_capture_is_forgotten_and_a_new_one_starts(bench: Bench) -> None:
    bench.run("started")
    booted(bench.building).begin().write("sda1")
    cancelled = bench.run("cancelled")
    assert (cancelled["claim"], cancelled["armed"], cancelled["closed"]) == ("interrupted", [], True)
    told = bench.run("started")
    assert told["failed"] and "it was cancelled and does not start twice" in told["msg"]
    assert bench.building.armed() == set()
    bench.run("finished")
    fresh = bench.run("started")
    assert (fresh["changed"], fresh["job"] != cancelled["job"]) == (True, True)
