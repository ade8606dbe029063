# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A computer room gets its image by stock ansible-playbook, and each seat proves it."""

from __future__ import annotations

import json
from pathlib import Path

from tests.e2e.rooms import room_lab, seats_of


def test_a_room_gets_its_image_the_sentinel_first_and_each_seat_proves_it(tmp_path: Path) -> None:
    with room_lab(tmp_path / "lab") as lab:
        told = lab.clone().ok()
        assert lab.verdicts() == dict.fromkeys(seats_of("S12", 3), "done"), told.said
        assert lab.imaged() == ["s12-01", "s12-02", "s12-03"]
        assert lab.armed() == []
        assert lab.imaging()["groups"] == []
        assert [job.kind.value for job in lab.run().jobs] == ["sentinel", "wave"]
        report = json.loads(next((lab.operator.inventory.parent / ".nightshift" / "rooms").glob("*.json")).read_text())
        assert [(seat["seat"], seat["image"], seat["version"]) for seat in report["seats"]] == [
            (name, "lab", "7") for name in seats_of("S12", 3)
        ]
