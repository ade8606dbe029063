# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Helpdesk 7 and 8 from the command line to what really happens on PCs, of which one is off meanwhile."""

from __future__ import annotations

import csv
from collections.abc import Callable
from typing import Any

from lab.operator import Operator
from tests.e2e.fleets import UPDATES, catalogue, pc

POLICY: dict[str, Any] = {
    "zone": "Europe/London",
    "install": {"any_time": True},
    "vendors": {"providers": ["winget"], "severity": {"mozilla": "important"}},
}
FIREFOX = {
    "id": "winget:Mozilla.Firefox",
    "name": "Mozilla Firefox",
    "installed": "144.0",
    "versions": [{"version": "145.0", "released": "2026-11-18"}],
}
PACKAGE = "winget:Mozilla.Firefox"


def test_an_update_is_pulled_everywhere_and_not_installed_again(lab_of: Callable[..., Operator]) -> None:
    away = {"switch": [{"at": "2026-11-23T13:00:00+00:00", "powered": False}]}
    away["switch"].append({"at": "2026-11-23T18:00:00+00:00", "powered": True})
    bad = {**UPDATES[0], "uninstallable": True}
    lab = lab_of(
        [pc(packages=[FIREFOX]), pc("pc-002", **away)],
        "2026-11-23T10:00:00+00:00",
        {"desktops": POLICY},
        catalogue=catalogue(bad),
    )
    lab.patrol().ok()
    assert sorted(lab.installed("pc-001")) == ["KB9000001", PACKAGE]
    assert lab.installed("pc-002") == ["KB9000001"]

    refused = lab.play("rollback", update=PACKAGE, reason="slow")
    assert refused.code != 0
    assert "remove_product=true" in refused.said
    lab.advance_to("2026-11-23T14:00:00+00:00")
    lab.play("rollback", update="KB9000001", reason="printers", by="ada").ok()
    lab.patrol().ok()
    assert len(lab.events("uninstall_finished", "pc-001")) == 1
    assert lab.events("uninstall_finished", "pc-002") == []

    lab.advance_to("2026-11-23T18:30:00+00:00")
    lab.patrol().ok()
    assert len(lab.events("uninstall_finished", "pc-002")) == 1
    told = lab.play("rollback", update="KB9000001", reason="printers", by="ada").ok()
    assert "2 removed" in told.said
    lab.advance_to("2026-11-24T19:00:00+00:00")
    lab.patrol().ok()
    assert len(lab.events("install_finished", "pc-001")) == 2  # nothing came back

    file = lab.folder / "software.csv"
    lab.play("software", csv=str(file)).ok()
    with file.open(encoding="utf-8", newline="") as lines:
        assert [(row["device"], row["name"]) for row in csv.DictReader(lines)] == [("pc-001", "Mozilla Firefox")]
