# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A golden image is made through Clonezilla SE, from the reference PC's patches to its publication."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.golden.model import State

from tests.e2e.fleets import CUMULATIVE, WANTED
from tests.e2e.test_golden_image import PROOF, workshop

pytestmark = pytest.mark.slow


def test_an_image_is_made_through_clonezilla_se_and_its_sentinel_seat_proves_it(tmp_path: Path) -> None:
    """On the stand-in of a DRBL server, from which the PCs of the lab boot."""
    golden = {
        "golden_image_images_folder": str(tmp_path / "lab" / "drbl" / "home" / "partimag"),
        "golden_image_job_folder": str(tmp_path / "jobs"),
    }
    with workshop(tmp_path, behind=True, engine="clonezilla", golden=golden) as lab:
        told = lab.make().ok()
        assert lab.states() == [("classroom-1", State.PUBLISHED)], told.said
        assert set(lab.operator.installed("ref-1")) == WANTED | {CUMULATIVE["kb"]}, "approved, and nothing else"
        assert lab.happened("ref-1") == ["generalised", "captured"]
        assert lab.happened("t1-01") == ["imaged", "set_up"]
        assert lab.happened("s12-01") == ["captured"], "the base image alone, at the lab's start"
        assert lab.armed() == [] and lab.marks() == []
        assert lab.operator.remote.get("/imaging")["images"] == ["base", "classroom-1"]
        (version,) = lab.catalogue().versions
        assert version.capture is not None and version.test is not None and version.test.room == "T-1"
        assert {file.path for file in version.files} == set(PROOF)
        manifest = (tmp_path / "manifests" / "classroom-1.sha256").read_text(encoding="utf-8")
        kept = Path(golden["golden_image_images_folder"]) / "classroom-1"
        assert {line.split("  ")[1] for line in manifest.splitlines()} == {path.name for path in kept.iterdir()}
        (seat,) = lab.report()["seats"]
        assert (seat["image"], seat["version"], seat["verdict"]) == ("classroom-1", "1", "done")
