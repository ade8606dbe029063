# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rings, a halt, a task and the report, from policies and playbooks to what really happens on PCs."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lab.operator import Operator
from tests.e2e.fleets import UPDATES, catalogue, pc

ROW = {"criticality": "any", "impact": "any", "critical": 1, "important": 2, "moderate": 3, "low": 4, "other": 4}
POLICY: dict[str, Any] = {
    "zone": "Europe/Rome",
    "install": {"any_time": True},
    "retry": {"delay": "10m"},
    "priority": {"matrix": [ROW], "due": {1: "2d", 2: "7d", 3: "30d", 4: "90d"}},
    "rings": [{"name": "canary", "soak": "1d", "coverage": 50}, {"name": "broad"}],
}
BROKEN = [{"kind": "fail_update", "update": "KB9000001", "hresult": "0x80070643", "count": 99}]


def urgent(folder: Path) -> list[tuple[str, ...]]:
    """Return ring, devices, late and waiting ones of priority 1, from the file of figures."""
    rows = list(csv.DictReader((folder / "compliance.csv").open(encoding="utf-8")))
    names = ("ring", "devices", "late", "waiting")
    return [tuple(row[name] for name in names) for row in rows if row["priority"] == "1"]


@pytest.mark.policy("enterprise 5a", "enterprise 5b", "enterprise 5c", "enterprise 7a", "enterprise 8a")
def test_a_canary_that_fails_halts_the_rollout_until_a_person_lets_it_go_on_and_the_report_tells_it(
    lab_of: Callable[..., Operator],
) -> None:
    devices = [pc("pc-001", ring="canary", faults=BROKEN), pc("pc-002", ring="canary"), pc("pc-003", ring="broad")]
    lab = lab_of(
        devices, "2026-11-23T10:00:00+00:00", {"desktops": POLICY}, catalogue=catalogue(UPDATES[0], UPDATES[1])
    )
    lab.patrol(nightshift_stay="2h", nightshift_poll="5m")  # pc-001 is parked: a ticket
    assert set(lab.installed("pc-002")) == {"KB9000001", "KB9000002"}
    assert lab.installed("pc-003") == []

    lab.advance_to("2026-11-24T13:00:00+00:00")
    lab.patrol(nightshift_poll="5m")
    assert lab.installed("pc-003") == ["KB9000002"], "the ring opened for what was verified on both canaries"
    told = lab.play("rings").ok().said
    assert "KB9000001: halted in ring canary" in told
    assert "it failed on 1 of 2 devices of ring canary, above 10 %" in told

    lab.play("report").ok()
    folder = lab.inventory.parent / ".nightshift" / "report"
    report = json.loads((folder / "compliance.json").read_text(encoding="utf-8"))
    (deployed,) = [one for one in report["deployments"] if one["update"] == "KB9000001"]
    assert {name: deployed.get(name) for name in ("verified", "failed", "missing")} == {
        "verified": 1,
        "failed": 1,
        "missing": 1,
    }
    assert [one["label"] for one in report["halts"]] == ["KB9000001"]
    assert urgent(folder) == [("broad", "1", "0", "1"), ("canary", "2", "0", "1")], "found late: two days of grace"

    refused = lab.play("rings", state="resumed", update="KB9000001", by="ada")
    assert refused.code != 0
    said = {"state": "resumed", "update": "KB9000001", "by": "ada", "why": "pc-001"}
    lab.play("rings", "--check", **said).ok()
    assert "KB9000001: halted" in lab.play("rings").ok().said, "check mode lifts nothing"
    assert "no rollout is halted" in lab.play("rings", **said).ok().said
    lab.advance_to("2026-11-24T14:00:00+00:00")
    lab.patrol(nightshift_poll="5m")
    lab.advance_to("2026-11-25T15:00:00+00:00")
    lab.play("report").ok()
    assert urgent(folder) == [("broad", "1", "1", "0"), ("canary", "2", "1", "0")]
    lab.patrol(nightshift_poll="5m")
    assert set(lab.installed("pc-003")) == {"KB9000001", "KB9000002"}
