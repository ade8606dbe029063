# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a room's image lacks is installed on its seats after they were cloned, and what they still lack is told."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.fleets import IGNORED, UPDATES
from tests.e2e.rooms import RoomLab, policy, room_lab, seats_of

NIGHT = [{"days": "daily", "start": "20:00", "end": "06:00"}]
POLICY: dict[str, Any] = {
    "zone": "Europe/Rome",
    "install": {"windows": NIGHT},
    "restart": {"after_install": "always", "windows": NIGHT},
}
(WANTED, *_OTHERS) = UPDATES
SEATS = seats_of("S12", 2)


def lacks(lab: RoomLab) -> dict[str, list[str] | None]:
    """Return the approved updates that each seat lacks, as the room's report has them."""
    return {seat["seat"]: seat["lacks"] for seat in lab.report()["seats"]}


def page_and_table(lab: RoomLab) -> tuple[str, dict[str, str]]:
    """Return the page of the room, and the column of its table."""
    folder = lab.operator.inventory.parent / ".nightshift" / "rooms"
    rows = csv.DictReader(next(folder.glob("*.csv")).read_text(encoding="utf-8").splitlines())
    return next(folder.glob("*.html")).read_text(encoding="utf-8"), {row["seat"]: row["lacks"] for row in rows}


@pytest.mark.slow
@pytest.mark.policy("campus 5b")
def test_a_room_is_patched_with_what_its_image_lacks_also_where_the_old_disks_had_it(tmp_path: Path) -> None:
    """The evening before, a patrol patched the room and found that nobody's turn comes before the next night."""
    with room_lab(tmp_path / "lab", policy(patch=True), count=2, released=(WANTED, *IGNORED)) as lab:
        lab.operator.adopt({"rooms": POLICY})
        lab.operator.patrol("--limit", ",".join(SEATS)).ok()
        assert [lab.operator.installed(name) for name in SEATS] == [[WANTED["kb"]]] * 2
        told = lab.clone().ok()
        assert lab.verdicts() == dict.fromkeys(SEATS, "done"), told.said
        assert [lab.operator.installed(name) for name in SEATS] == [[WANTED["kb"]] * 2] * 2, told.said
        assert lacks(lab) == {name: [] for name in SEATS}
        assert [seat["installed"] for seat in lab.report()["seats"]] == [[WANTED["title"]]] * 2


@pytest.mark.policy("campus 5b")
@pytest.mark.slow
def test_what_a_seat_lacks_after_its_patch_round_stands_in_the_report(tmp_path: Path) -> None:
    more = {SEATS[1]: {"faults": [{"kind": "fail_update", "update": WANTED["kb"], "hresult": "0x80070643"}]}}
    with room_lab(tmp_path / "lab", policy(patch=True), count=2, more=more, released=(WANTED, *IGNORED)) as lab:
        lab.operator.adopt({"rooms": POLICY})
        told = lab.clone().ok()
        assert [lab.operator.installed(name) for name in SEATS] == [[WANTED["kb"]], []], told.said
        assert lab.verdicts() == dict.fromkeys(SEATS, "done")
        assert lacks(lab) == {SEATS[0]: [], SEATS[1]: [WANTED["kb"]]}
        page, table = page_and_table(lab)
        assert f"<b>{SEATS[1]}</b> lacks {WANTED['kb']}" in page and table == {SEATS[0]: "", SEATS[1]: WANTED["kb"]}
        assert f"{SEATS[1]}: done, and lacks {WANTED['kb']}" in told.out
