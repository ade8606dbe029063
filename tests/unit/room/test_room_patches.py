# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a seat lacks after its patch round is known only where it was searched since, and said so since."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import open_ledger
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.planned import Planned
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import (
    Device,
    DeviceState,
    Job,
    JobKind,
    JobState,
    Observation,
    Scan,
    ScanTrust,
    Severity,
    Update,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.plan import plan
from ansible_collections.nightshift.fleet.plugins.plugin_utils.policy.load import Layer, load_policy
from ansible_collections.nightshift.fleet.plugins.plugin_utils.room import steps
from ansible_collections.nightshift.fleet.plugins.plugin_utils.room.model import Proof, Run, Verdict
from ansible_collections.nightshift.fleet.plugins.plugin_utils.room.patches import Patches, patches_of

sys.path.insert(0, str(Path(__file__).parent))

from room_scenes import HOUR, MINUTE, NAMES, NOW, done, run

from tests.services.ledgers import new_file

ONE = "s12-01"
BOOTED, JUDGED, SEARCHED = NOW + MINUTE, NOW + 2 * MINUTE, NOW + 10 * MINUTE
LATER = NOW + HOUR
POLICY = load_policy(
    [Layer("rooms", {"zone": "UTC", "install": {"windows": [{"days": "daily", "start": "20:00", "end": "06:00"}]}})]
).policy
MISSING = Update("u1", "Security Update", kbs=("KB1",), severity=Severity.CRITICAL, categories=("Security Updates",))
LOW = Update("u2", "Update", kbs=("KB2",), severity=Severity.LOW, categories=("Security Updates",))
KNOWN = DeviceState(
    known_since=NOW - 99 * HOUR,
    served_until=NOW,
    scan=Scan("scan-1", SEARCHED),
    missing=(MISSING, LOW),
    observation=Observation(LATER, boot_time=BOOTED),
)
SEATED: Run = run(replace(done(ONE), after=Proof(JUDGED, {"computer_name": ONE})))


def lacks(folder: Path, **changes: object) -> tuple[str, ...] | None:
    """Return what the seat lacks, by a state with these changes."""
    state = replace(KNOWN, **changes)
    made = Planned(state, POLICY, plan(Device(ONE, device_class="room"), POLICY, state, LATER))
    with open_ledger(new_file(folder / "ledger.sqlite")).read() as view:
        return patches_of(SEATED, {ONE: made}, view)[ONE].missing


def test_approved_updates_that_the_last_search_found_missing_are_listed_and_no_others(tmp_path: Path) -> None:
    assert lacks(tmp_path) == ("KB1",)
    assert lacks(tmp_path, missing=(LOW,)) == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"scan": None},
        {"scan": Scan("scan-1", SEARCHED, ScanTrust.UNKNOWN)},
        {"scan": Scan("scan-1", NOW - HOUR)},
        {"observation": None},
        {"observation": Observation(JUDGED - MINUTE, boot_time=NOW - HOUR)},
        {"jobs": (Job("job-1", JobKind.SCAN, JobState.RUNNING, started_at=LATER),)},
    ],
    ids=["never searched", "not to be believed", "of the old disk", "never asked", "asked before", "searching"],
)
def test_otherwise_nobody_knows(tmp_path: Path, changes: dict[str, object]) -> None:
    assert lacks(tmp_path, **changes) is None


def test_a_seat_is_done_only_where_it_is_known_what_it_lacks(tmp_path: Path) -> None:
    its = run(*(done(name) for name in NAMES[:3]), replace(done(NAMES[3]), verdict=Verdict.FAILED, why="wrong files"))
    patches = {NAMES[0]: Patches(()), NAMES[1]: Patches(("KB1",)), NAMES[2]: Patches(None)}
    with open_ledger(new_file(tmp_path / "ledger.sqlite")).begin() as tx:
        tx.enrol([Device(seat.name, device_class="room", room="S12") for seat in its.seats], NOW)
        tx.rooms.begin(its)
        steps.take_patches(tx.rooms, its, patches, LATER)
        found = tx.rooms.run(its.id)
    assert found is not None
    assert [(seat.verdict, seat.why) for seat in found.seats] == [
        (Verdict.DONE, ""),
        (Verdict.DONE, ""),
        (Verdict.UNVERIFIED, "which approved patches it lacks is not known"),
        (Verdict.FAILED, "wrong files"),
    ]
