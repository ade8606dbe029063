# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module ``capture_image`` as Ansible runs it, in a process of its own, against a FOG server over TLS."""

from __future__ import annotations

import base64
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.nightshift.fleet.plugins.module_utils.imaging.capture_steps import argument_spec
from ansible_collections.nightshift.fleet.plugins.module_utils.imaging.engines import ENGINES
from ansible_collections.nightshift.fleet.plugins.modules.capture_image import DOCUMENTATION, EXAMPLES, RETURN

sys.path.insert(0, str(Path(__file__).parent / "fog"))

from fog_scenes import ROOM, Building, building_with, mac

from lab.fog.answers import DOMAIN_PASSWORD, NODE_PASSWORD, PRODUCT_KEY
from lab.fog.server import API_TOKEN, USER_TOKEN
from tests.modules import options_of, run_module

SECRETS = (API_TOKEN, USER_TOKEN, base64.b64decode(API_TOKEN).decode(), NODE_PASSWORD, DOMAIN_PASSWORD, PRODUCT_KEY)


class Bench:
    """Someone who runs the module; every result is searched for secrets."""

    def __init__(self, building: Building, folder: Path) -> None:
        self.building = building
        self.job_file = folder / "jobs" / "new.job"

    def run(self, state: str, *, check: bool = False, **changes: Any) -> dict[str, Any]:
        told: dict[str, Any] = {
            "state": state,
            "name": ROOM[0],
            "mac": mac(ROOM[0]),
            "image": "new",
            "job_file": str(self.job_file),
            "engine": "fog",
            "fog": {
                "url": self.building.server.url,
                "api_token": API_TOKEN,
                "user_token": USER_TOKEN,
                "ca_path": str(self.building.ca),
            },
            **changes,
        }
        return run_module(
            "capture_image",
            {k: v for k, v in told.items() if v is not None},
            check=check,
            env={name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")},
            secrets=SECRETS,
            timeout=60,
        )


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with building_with(tmp_path, "1.5") as building:
        yield Bench(building, tmp_path)


def test_a_capture_from_start_to_finish_under_one_identity(bench: Bench) -> None:
    assert bench.run("started", check=True)["changed"]
    assert (bench.job_file.exists(), bench.building.server.orders()) == (False, [])
    started = bench.run("started")
    assert started["armed"] == [mac(ROOM[0])]
    again = bench.run("started")
    assert (again["changed"], again["job"]) == (False, started["job"])
    assert bench.run("progress")["claim"] == "armed"
    assert bench.building.pc(ROOM[0]).capture()
    told = bench.run("verified")
    assert (told["claim"], told["closed"], told["job"]) == ("done", True, started["job"])
    assert bench.run("finished")["armed"] == []
    assert not bench.job_file.exists()
    assert bench.run("finished")["job"] == ""


def test_a_second_capture_into_the_same_image_is_refused_and_keeps_no_identity(bench: Bench) -> None:
    bench.run("started")
    assert bench.building.pc(ROOM[0]).capture()
    bench.run("finished")
    told = bench.run("started")
    assert told["failed"]
    assert "it holds a disk, which would be lost" in told["msg"]
    assert not bench.job_file.exists()


def test_a_file_of_another_capture_is_not_taken_for_this_one(bench: Bench) -> None:
    bench.run("started")
    told = bench.run("progress", image="old")
    assert told["failed"]
    assert "is no id of a capture into old" in told["msg"]


@pytest.mark.parametrize("job", ["reimage-new-20261121T220000Z-0a1b2c", "capture-old-20261121T220000Z-0a1b2c", "x"])
def test_a_foreign_id_is_refused_before_the_server_is_asked(bench: Bench, job: str) -> None:
    told = bench.run("cancelled", job=job, job_file=None)
    assert "is no id of a capture into new" in told["msg"]
    assert bench.building.server.asked == []


def test_nothing_is_told_of_a_capture_that_is_not_open(bench: Bench) -> None:
    assert "no capture is open" in bench.run("progress")["msg"]
    assert bench.run("cancelled")["changed"] is False


def test_the_documentation_says_what_the_module_takes_and_gives() -> None:
    able = {name: kind for name, kind in ENGINES.items() if kind.capture is not None}
    documented = options_of(DOCUMENTATION)
    spec = argument_spec(able)
    assert set(spec) == set(documented)
    for name, option in spec.items():
        for key in ("type", "default", "choices", "required"):
            assert option.get(key) == documented[name].get(key), (name, key)
    for name, kind in able.items():
        assert set(kind.options) == set(documented[name]["suboptions"])
    for task in yaml.safe_load(EXAMPLES):
        assert set(task["nightshift.fleet.capture_image"]) <= set(spec)
    assert {"job", "claim", "armed", "closed"} <= set(yaml.safe_load(RETURN))
