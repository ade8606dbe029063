# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Approvals, exceptions and emergencies, from files and the command line to what really happens on PCs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from lab.operator import Operator
from tests.e2e.fleets import CUMULATIVE, UPDATES, catalogue, pc

POLICY: dict[str, Any] = {
    "zone": "Europe/Rome",
    "approval": {"required": True},
    "install": {"any_time": True},
    "restart": {"after_install": "critical", "windows": [{"days": "mon-sat", "start": "23:00", "end": "07:00"}]},
}
URGENT = "nightshift_emergency='{updates: [KB9000007], reason: exploited, authorised_by: ciso, expires: 4h}'"


@pytest.fixture
def lab(lab_of: Callable[..., Operator]) -> Operator:
    """Two PCs at eleven in the morning in Rome, under a policy that wants approvals and restarts at night."""
    lacking = catalogue(CUMULATIVE, UPDATES[0])
    return lab_of([pc(), pc("pc-002")], "2026-11-23T10:00:00+00:00", {"desktops": POLICY}, catalogue=lacking)


def decide(lab: Operator, *arguments: str, **said: str) -> str:
    return lab.play("approve", *arguments, **said).ok().out


@pytest.mark.policy("msp 2a", "campus 4d", "campus 6a")
def test_nothing_unapproved_installs_exceptions_are_left_alone_and_an_emergency_does_not_wait_for_the_night(
    lab: Operator,
) -> None:
    folder = lab.inventory.parent
    lab.patrol().ok()
    assert lab.events("install_started") == []

    said = {"update": "KB9000001", "decision": "approve", "reason": "tested", "by": "ada"}
    shown = decide(lab, "--check", "--diff", **said)
    assert "+- update: KB9000001" in shown
    assert not (folder / "approvals.yml").exists()
    assert "changed: [" in decide(lab, **said)
    assert "ok: [" in decide(lab, **said), "the same decision again changes nothing"
    (folder / "exceptions.yml").write_text(
        "- {scope: [patching], devices: [pc-002], reason: measuring, authorised_by: head of physics}\n",
        encoding="utf-8",
    )
    lab.patrol().ok()
    assert (lab.installed("pc-001"), lab.installed("pc-002")) == (["KB9000001"], [])
    assert (
        "excepted from patching without an end: measuring (authorised by head of physics)"
        in lab.play("explain", device="pc-002").said
    )

    lab.patrol("-e", URGENT).ok()
    assert lab.installed("pc-001") == ["KB9000001", "KB9000007"]
    assert len(lab.events("restarted", "pc-001")) == 1
    assert lab.installed("pc-002") == [] == lab.events("restarted", "pc-002")


def test_a_mistake_in_what_people_decided_is_told_and_nothing_runs(lab: Operator) -> None:
    folder = lab.inventory.parent
    (folder / "approvals.yml").write_text("- {update: KB9000001, decision: aprove, by: ada, on: 2026-11-23}\n", "utf-8")
    (folder / "exceptions.yml").write_text("- {scope: patching, devices: [pc-002], reason: measuring}\n", "utf-8")
    refused = lab.patrol()
    assert refused.code != 0
    words = " ".join(refused.said.split())
    assert "approvals.yml: line 1, approvals[0].decision: 'aprove' is not one of approve, hold, decline" in words
    assert "approvals.yml: line 1, approvals[0].reason: is missing" in words
    assert "exceptions.yml: line 1, exceptions[0].authorised_by: is missing" in words
    assert lab.truth() == []
