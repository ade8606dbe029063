# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A golden image is made by stock ansible-playbook: patched, generalised, captured, tested on a seat, published."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.nightshift.fleet.plugins.plugin_utils.golden.catalogue_file import parse
from ansible_collections.nightshift.fleet.plugins.plugin_utils.golden.model import Catalogue, State

from lab.operator import Operator, Run
from tests.e2e.fleets import CUMULATIVE, IGNORED, UPDATES, WANTED, catalogue
from tests.e2e.forking import ForkingOperator

START = "2026-11-23T20:00:00+00:00"  # a Monday evening
PATIENCE = 300.0  # real seconds, on a machine that is busy with other things
UNATTEND = "C:\\Windows\\Panther\\Unattend\\clone.xml"
ANSWERS = "<unattend xmlns='urn:schemas-microsoft-com:unattend'><settings pass='oobeSystem'/></unattend>"
PLAIN = "<unattend><AutoLogon><Password><Value>secret</Value></Password></AutoLogon></unattend>"
PROOF = {"C:\\Room\\content.txt": "what the room works with", "D:\\data.txt": "the second partition"}
WHAT = {"nightshift_reference": "ref-1", "nightshift_image_name": "classroom", "nightshift_sentinel_room": "T-1"}
NIGHT = [{"days": "daily", "start": "18:00", "end": "17:00"}]
POLICY = {
    "zone": "Europe/Rome",
    "install": {"windows": NIGHT},
    "restart": {"after_install": "always", "windows": NIGHT},
}


def fleet(*, behind: bool, engine: str = "fog", **reference: Any) -> dict[str, Any]:
    """Return a reference PC, a sentinel seat, and a room that has nothing to do with it. ``behind``: of updates."""
    usual = {"product": "windows-11-24h2", "patched_until": "2026-11-09T00:00:00+00:00"}
    files = {**PROOF, UNATTEND: ANSWERS}
    devices = [
        {**usual, "name": "ref-1", "domain": "", "mac": "52:54:00:77:00:01", "files": files, **reference},
        {**usual, "name": "t1-01", "class": "room", "room": "T-1", "mac": "52:54:00:77:01:01"},
        {**usual, "name": "s12-01", "class": "room", "room": "S12", "mac": "52:54:00:77:12:01"},
    ]
    return {
        "zone": "Europe/Rome",
        "pace": {"install_minutes": 1},
        "catalogue": catalogue(*((*UPDATES, CUMULATIVE) if behind else ()), *IGNORED),
        "devices": devices,
        "imaging": {"engine": engine, "minutes": 4, "images": {"base": "s12-01"}, "pcs": ["ref-1"]},
    }


@dataclass(frozen=True, slots=True)
class Workshop:
    """A lab, and who makes images there."""

    operator: Operator

    def make(self, *arguments: str, **variables: str) -> Run:
        """Play the playbook."""
        return self.operator.play("golden_image", *arguments, **{**WHAT, **variables})

    def adopt(self, golden: Mapping[str, Any], **rooms: Any) -> None:
        """Write what an operator would: the policies, and how images are made; ``golden``: what differs of that."""
        group_vars = self.operator.inventory.parent / "group_vars"
        self.operator.adopt({"desktops": POLICY})
        cloning = {
            "zone": "Europe/Rome",
            "seasons": [{"name": "winter", "from": "11-01", "to": "02-20"}],
            "windows": [{"days": "mon-sun", "start": "20:00", "end": "19:00"}],
            "estimate": "1h",
            "images": "{{ lookup('nightshift.fleet.images', candidates=true) }}",
            "server": "fog-1",
            "run": {"poll": "1m", "timeouts": {"boot": "6m", "stall": "5m", "transfer": "1h", "settle": "20m"},
                    "patch": False, **rooms},
        }  # fmt: skip
        told = {
            "golden_image_unattend": UNATTEND,
            "golden_image_files": list(PROOF),
            "golden_image_server": "fog-1",
            "golden_image_like": "base",
            "golden_image_mac": "52:54:00:77:00:01",
            "golden_image_images_folder": str(self.operator.folder / "lab" / "images"),
            "golden_image_manifests_folder": str(self.operator.folder / "manifests"),
            "golden_image_wake": "{{ nightshift_lab_wake }}",
            "golden_image_keep": 1,
            **golden,
        }
        for group, content in (("rooms", {"nightshift_cloning": cloning}), ("all", told)):
            (group_vars / group).mkdir(parents=True, exist_ok=True)
            (group_vars / group / "golden.yml").write_text(yaml.safe_dump(content), encoding="utf-8")

    def catalogue(self) -> Catalogue:
        """Return the catalogue as it stands."""
        path = self.operator.inventory.parent / ".nightshift" / "images.json"
        return parse(path.read_text(encoding="utf-8"), "images.json") if path.exists() else Catalogue()

    def states(self) -> list[tuple[str, State]]:
        """Return every version with its state."""
        return [(one.image, one.state) for one in self.catalogue().versions]

    def armed(self) -> list[str]:
        """Return the PCs that the imaging server would write to or read from."""
        return list(self.operator.remote.get("/imaging")["armed"])

    def report(self) -> dict[str, Any]:
        """Return the report of the sentinel room."""
        (report,) = (self.operator.inventory.parent / ".nightshift" / "rooms").glob("*.json")
        return dict(json.loads(report.read_text(encoding="utf-8")))

    def marks(self) -> list[Path]:
        """Return the marks of captures of which the reference PC may be armed; a guard ends when its mark is gone."""
        return sorted((self.operator.inventory.parent / ".nightshift" / "guards").glob("capture-*.mark"))

    def happened(self, device: str) -> list[str]:
        """Return what became of a PC's disk, in order."""
        kinds = ("generalised", "captured", "imaged", "set_up")
        return [event["what"] for event in self.operator.truth(device) if event["what"] in kinds]


@contextmanager
def workshop(
    folder: Path,
    *,
    behind: bool = False,
    engine: str = "fog",
    golden: Mapping[str, Any] | None = None,
    **reference: Any,
) -> Iterator[Workshop]:
    """Start a lab; it ends with the block."""
    operator = ForkingOperator.start(folder, fleet(behind=behind, engine=engine, **reference), start=START)
    trusted = {"SSL_CERT_FILE": str(folder / "lab" / "ca" / "ca.pem"), "SSL_CERT_DIR": "/dev/null"}
    operator = replace(operator, environment={**operator.environment, **trusted})
    try:
        lab = Workshop(operator)
        lab.adopt(golden or {})
        yield lab
    finally:
        for mark in Workshop(operator).marks():  # no guard outlives its lab
            mark.unlink(missing_ok=True)
        operator.stop()


def test_an_image_is_patched_generalised_captured_tested_and_published(tmp_path: Path) -> None:
    with workshop(tmp_path, behind=True) as lab:
        told = lab.make().ok()
        assert lab.states() == [("classroom-1", State.PUBLISHED)], told.said
        assert set(lab.operator.installed("ref-1")) == WANTED | {CUMULATIVE["kb"]}, "approved, and nothing else"
        assert lab.happened("ref-1") == ["generalised", "captured"]
        assert lab.happened("t1-01") == ["imaged", "set_up"]
        assert lab.happened("s12-01") == ["captured"], "the base image alone, at the lab's start"
        assert lab.armed() == []
        (version,) = lab.catalogue().versions
        assert version.capture is not None and version.test is not None
        assert version.test.room == "T-1"
        manifest = (tmp_path / "manifests" / "classroom-1.sha256").read_text(encoding="utf-8")
        assert len(manifest.splitlines()) >= len(PROOF)
        assert [(one["image"], one["version"], one["verdict"]) for one in lab.report()["seats"]] == [
            ("classroom-1", "1", "done")
        ]


def test_nothing_begins_on_a_reference_pc_that_is_not_ready(tmp_path: Path) -> None:
    """Check mode first: it tells the same and does nothing at all."""
    answers = {**PROOF, UNATTEND: PLAIN}
    unready = {"appx": ["Contoso.Notes"], "bitlocker": True}
    with workshop(tmp_path, files=answers, sysprep=unready, domain="help.example") as lab:
        told = lab.make("--check")
        assert "classroom-1" in told.out
        assert lab.operator.installed("ref-1") == []
        told = lab.make()
        assert told.code != 0
        for word in (
            "package Contoso.Notes",
            "BitLocker protects C:",
            "a plain password in AutoLogon/Password",
            "it is in a domain",
        ):
            assert word in told.out
        assert "secret" not in told.said
        assert lab.states() == []
        assert (lab.happened("ref-1"), lab.happened("t1-01"), lab.armed()) == ([], [], [])


def killed_while_armed(lab: Workshop, folder: Path, **variables: str) -> None:
    """Play the playbook and kill its process group as soon as the reference PC is armed. Raises AssertionError."""
    command = lab.operator.command("golden_image", **WHAT, **variables)
    with subprocess.Popen(
        command, cwd=folder, env=lab.operator.variables(), stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    ) as process:  # fmt: skip
        until = time.monotonic() + PATIENCE
        while not lab.armed() and process.poll() is None and time.monotonic() < until:
            time.sleep(0.2)
        assert lab.armed() == ["ref-1"]
        os.killpg(process.pid, signal.SIGKILL)


@pytest.mark.slow
def test_a_capture_that_was_killed_is_disarmed_by_its_guard_and_its_version_stays_open(tmp_path: Path) -> None:
    with workshop(tmp_path) as lab:
        killed_while_armed(lab, tmp_path, golden_image_guard="3s")
        (mark,), end = lab.marks(), time.monotonic() + PATIENCE
        assert "ref-1 may be armed on fog-1" in mark.read_text(encoding="utf-8")
        while lab.marks() and time.monotonic() < end:
            time.sleep(0.5)
        said = (mark.parent / "classroom-1.log").read_text(encoding="utf-8")
        assert (lab.marks(), lab.armed()) == ([], []), said
        assert lab.states() == [("classroom-1", State.CANDIDATE)], "disarming gives no version up"
        assert lab.happened("ref-1") == ["generalised"]


@pytest.mark.slow
def test_a_disarmed_capture_is_made_anew_and_without_a_guard_a_killed_one_stays_armed(tmp_path: Path) -> None:
    with workshop(tmp_path) as lab:
        killed_while_armed(lab, tmp_path, golden_image_guard="0")
        assert lab.marks() == []
        time.sleep(10)
        assert lab.armed() == ["ref-1"], "as it was wanted"
        told = lab.make(nightshift_disarm="true").ok()
        assert lab.armed() == [], "an operator may ask for what a guard does"
        assert "Nothing of classroom-1 is armed" in told.out
        lab.operator.remote.post("/devices/ref-1/power", {"on": False})  # it may have been woken before the kill
        told = lab.make().ok()
        assert lab.states() == [("classroom-1", State.PUBLISHED)], told.said
        assert lab.happened("ref-1") == ["generalised", "captured"]
        assert (lab.armed(), lab.marks()) == ([], [])


@pytest.mark.slow
def test_a_run_that_broke_off_is_carried_on_with_and_nothing_is_done_twice(tmp_path: Path) -> None:
    """Killed while the disk is read; then no manifest can be written; then a seat only says that it has the image."""
    with workshop(tmp_path) as lab:
        killed_while_armed(lab, tmp_path)
        inside = str(tmp_path / "lab" / "images" / "classroom-1")
        told = lab.make(golden_image_manifests_folder=inside)
        assert told.code != 0
        assert "lies in the image's folder" in told.out
        assert lab.happened("ref-1") == ["generalised", "captured"]
        assert lab.armed() == []
        lab.operator.remote.post("/imaging/mishaps", {"t1-01": {"kind": "only_says_so"}})
        assert lab.make().code != 0
        assert lab.states() == [("classroom-1", State.CANDIDATE)], (
            "the server calls the seat done, and it shows that it is not"
        )
        lab.operator.remote.post("/imaging/mishaps", {})
        told = lab.make().ok()
        assert lab.states() == [("classroom-1", State.PUBLISHED)], told.said
        assert lab.happened("ref-1") == ["generalised", "captured"], "once each, over four runs"
        assert lab.armed() == []


@pytest.mark.slow
def test_a_reference_pc_that_never_comes_to_be_read_is_told_with_what_to_do(tmp_path: Path) -> None:
    with workshop(tmp_path) as lab:
        lab.operator.remote.post("/imaging/mishaps", {"ref-1": {"kind": "never_comes"}})
        told = lab.make(golden_image_capture_time="10m")
        assert told.code != 0
        assert "it never came to be read: switch it off and run again" in " ".join(told.said.split())
        assert (lab.armed(), lab.states()) == ([], [("classroom-1", State.CANDIDATE)])
