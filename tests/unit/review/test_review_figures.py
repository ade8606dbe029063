# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The compliance review: who counts as what, and the files that tell it (enterprise 8)."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import open_ledger
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger.compliance import Figures
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.fleet import (
    Exemption,
    FleetFacts,
    ManualTask,
    Scope,
    TaskResult,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import (
    Device,
    DeviceState,
    Scan,
    ScanTrust,
    Severity,
    Update,
    UpdateState,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.plan import plan
from ansible_collections.nightshift.fleet.plugins.plugin_utils.policy.load import Layer, load_policy
from ansible_collections.nightshift.fleet.plugins.plugin_utils.review.document import Review, as_data, files
from ansible_collections.nightshift.fleet.plugins.plugin_utils.review.figures import (
    ALL,
    Judged,
    Standing,
    judge,
    tabulate,
    totals,
)
from hypothesis import given
from hypothesis import strategies as st

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = timedelta(days=1)
WEEK = 7 * DAY
ROW = {"criticality": "any", "impact": "any", "critical": 1, "important": 2, "moderate": 3, "low": 3, "other": 3}
POLICY = load_policy(
    [Layer("test", {"priority": {"matrix": [ROW], "due": {1: "2d", 2: "7d", 3: "30d"}}, "tasks": True})]
).policy
SERVER = Device("srv-1", "server", unit="ICT", ring="canary")


def lacking(
    *found: tuple[Severity, int], scanned: int = 0, trust: ScanTrust = ScanTrust.TRUSTED, **facts: object
) -> DeviceState:
    """Return a device that lacks updates of these severities, released and found so many days ago."""
    missing = tuple(
        Update(
            f"u{number}", title=f"Update {number}", kbs=(f"KB{number}",), severity=severity, released=NOW - days * DAY
        )
        for number, (severity, days) in enumerate(found)
    )
    memory = {one.id: UpdateState(first_missing=one.released) for one in missing}
    scan = Scan("s", NOW - scanned * DAY, trust, ("no answer",) if trust is ScanTrust.UNKNOWN else ())
    return DeviceState(NOW - 99 * DAY, scan=scan, missing=missing, updates=memory, fleet=FleetFacts(**facts))


def judged(state: DeviceState | None, device: Device = SERVER) -> Judged:
    made = plan(device, POLICY, state, NOW) if state else None
    return judge(device, POLICY, state, made, WEEK, NOW)


def standing(state: DeviceState | None) -> list[str]:
    """Return how the device stands: all together, then priority 1, 2, 3."""
    found = judged(state).standing
    return [found[level].value for level in (ALL, 1, 2, 3)]


COMPLIANT, LATE, EXEMPT, UNKNOWN = (
    one.value for one in (Standing.COMPLIANT, Standing.LATE, Standing.EXEMPT, Standing.UNKNOWN)
)


@pytest.mark.policy("enterprise 8a")
def test_a_device_is_late_for_the_priority_whose_due_date_is_over_and_for_all_together() -> None:
    state = lacking((Severity.CRITICAL, 3), (Severity.IMPORTANT, 3))
    assert standing(state) == [LATE, LATE, COMPLIANT, COMPLIANT]


def test_a_device_with_time_left_is_compliant_and_shows_as_waiting() -> None:
    found = judged(lacking((Severity.IMPORTANT, 3)))
    assert found.standing[ALL] is Standing.COMPLIANT
    assert found.waiting == {ALL, 2}
    assert (tabulate([found])[0].compliant, tabulate([found])[0].waiting) == (1, 1)


def test_what_nobody_wants_is_not_owed() -> None:
    assert judged(lacking((Severity.LOW, 99))).owed == ()


@pytest.mark.parametrize(
    ("state", "why"),
    [
        (None, "no patrol has seen it"),
        (replace(lacking(), scan=None), "it was never searched"),
        (lacking(trust=ScanTrust.UNKNOWN), "its last search cannot be trusted: no answer"),
        (lacking(scanned=8), "its last search is from 2026-11-15 12:00 UTC"),
    ],
)
def test_a_device_of_which_too_little_is_known_is_unknown_and_never_compliant(
    state: DeviceState | None, why: str
) -> None:
    found = judged(state)
    assert set(found.standing.values()) == {Standing.UNKNOWN}
    assert found.why == why


def test_an_unknown_device_stays_unknown_also_when_the_old_search_found_it_late() -> None:
    assert standing(lacking((Severity.CRITICAL, 30), scanned=8))[0] == UNKNOWN


@pytest.mark.policy("campus 6b")
def test_an_excepted_device_is_exempt_until_its_exception_expires() -> None:
    excepted = Exemption(Scope.PATCHING, "drives a telescope", "head of unit", NOW + DAY)
    found = judged(lacking((Severity.CRITICAL, 30), exemptions=(excepted,)))
    assert found.standing[ALL] is Standing.EXEMPT
    assert (found.until, found.why) == (NOW + DAY, "drives a telescope (authorised by head of unit)")
    over = replace(excepted, expires=NOW - DAY)
    assert standing(lacking((Severity.CRITICAL, 30), exemptions=(over,)))[0] == LATE


def test_one_excepted_update_excuses_itself_only() -> None:
    excepted = Exemption(Scope.UPDATE, "breaks the till", "cio", NOW + DAY, "KB0")
    assert standing(lacking((Severity.CRITICAL, 30), exemptions=(excepted,)))[:2] == [EXEMPT, EXEMPT]
    both = lacking((Severity.CRITICAL, 30), (Severity.CRITICAL, 30), exemptions=(excepted,))
    assert standing(both)[:2] == [LATE, LATE]


def test_what_a_person_found_not_needed_is_exempt() -> None:
    task = ManualTask(NOW - DAY, NOW - DAY, TaskResult.NOT_NEEDED)
    assert standing(lacking((Severity.CRITICAL, 30), tasks={"u0": task}))[0] == EXEMPT


KINDS = st.sampled_from(
    [
        None,
        lacking(),
        lacking(trust=ScanTrust.UNKNOWN),
        lacking((Severity.CRITICAL, 1)),
        lacking((Severity.CRITICAL, 9)),
    ]
)
DEVICES = st.builds(
    Device,
    name=st.text("abc", min_size=1),
    device_class=st.sampled_from(["server", "desktop"]),
    unit=st.sampled_from([None, "ICT", "HR"]),
    ring=st.sampled_from([None, "canary"]),
)


@given(st.lists(st.tuples(DEVICES, KINDS), max_size=12))
def test_each_device_counts_once_for_each_priority_and_the_four_counts_add_up(
    fleet: list[tuple[Device, DeviceState | None]],
) -> None:
    figures = tabulate(judged(state, device) for device, state in fleet)
    for one in figures:
        assert one.devices == one.compliant + one.late + one.exempt + one.unknown
        assert one.waiting <= one.compliant
    for one in totals(figures):
        assert one.devices == len(fleet)


def review(found: Iterable[Judged], **more: object) -> Review:
    known = tuple(found)
    return Review(NOW, tabulate(known), known, {"2026-11-22": tabulate(known)}, **more)


def test_the_csv_has_a_row_for_each_class_unit_ring_and_priority() -> None:
    told = review([judged(lacking((Severity.CRITICAL, 3))), judged(None, Device("pc-1", "desktop", unit="HR"))])
    rows = list(csv.DictReader(io.StringIO(files(told)["compliance.csv"])))
    assert [(row["class"], row["unit"], row["ring"], row["priority"], row["late"], row["unknown"]) for row in rows] == [
        ("desktop", "HR", "", level, "0", "1") for level in ("", "1", "2", "3")
    ] + [
        ("server", "ICT", "canary", level, late, "0") for level, late in (("", "1"), ("1", "1"), ("2", "0"), ("3", "0"))
    ]
    updates = list(csv.DictReader(io.StringIO(files(told)["compliance-updates.csv"])))
    assert [(row["device"], row["update"], row["standing"], row["due"]) for row in updates] == [
        ("srv-1", "KB0", "late", "2026-11-22T12:00:00+00:00"),
        ("pc-1", "", "unknown", ""),
    ]


def test_the_json_tells_history_and_what_is_expired_and_missed() -> None:
    told = review([judged(lacking())], expired_exceptions=[{"reason": "x"}], missed_nights=[{"device": "d"}])
    data = json.loads(files(told)["compliance.json"])
    assert data == json.loads(json.dumps(as_data(told)))
    assert [one["day"] for one in data["history"]] == ["2026-11-22"]
    assert data["expired_exceptions"] == [{"reason": "x"}]
    assert data["missed_nights"] == [{"device": "d"}]
    assert data["totals"][0] == {
        "priority": None, "devices": 1, "compliant": 1, "late": 0, "exempt": 0, "unknown": 0, "waiting": 0
    }  # fmt: skip


def test_a_title_that_looks_like_a_formula_stays_text_in_a_spreadsheet() -> None:
    state = lacking((Severity.CRITICAL, 3))
    evil = replace(state, missing=(replace(state.missing[0], title='=HYPERLINK("http://x")'),))
    assert "'=HYPERLINK" in files(review([judged(evil)]))["compliance-updates.csv"]


@pytest.mark.policy("enterprise 8a")
def test_a_second_snapshot_of_a_day_replaces_the_first_and_other_days_stay(tmp_path: Path) -> None:
    ledger = open_ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    for late, moment in ((1, NOW - DAY), (2, NOW), (3, NOW + timedelta(hours=6))):
        with ledger.begin() as tx:
            tx.compliance.keep([Figures("server", "", "", 1, devices=9, late=late)], moment)
    with ledger.read() as tx:
        history = tx.compliance.history()
        assert tx.compliance.history(days=1).keys() == {"2026-11-23"}
    assert {day: [one.late for one in rows] for day, rows in history.items()} == {"2026-11-22": [1], "2026-11-23": [3]}
