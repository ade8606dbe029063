# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An operator stops patrols, from the command line to what really happens on PCs."""

from __future__ import annotations

from collections.abc import Callable

from lab.operator import Operator
from tests.e2e.fleets import UPDATES, catalogue, pc

POLICY = {"zone": "Europe/Rome", "install": {"any_time": True}}


def test_nothing_is_asked_of_any_pc_while_a_stop_stands(lab_of: Callable[..., Operator]) -> None:
    lab = lab_of([pc()], "2026-11-23T10:00:00+00:00", {"desktops": POLICY}, catalogue=catalogue(UPDATES[0]))
    said = {"reason": "exams in all rooms", "by": "olga"}
    assert "changed: [" in lab.play("stop", "--check", **said).ok().out
    assert "changed: [" in lab.play("stop", **said).ok().out
    assert "ok: [" in lab.play("stop", **said).ok().out, "said again it is the same stop"

    stopped = lab.patrol().ok()
    assert "stopped by olga until Tue 2026-11-24 10:0" in stopped.said
    assert lab.truth() == []

    assert "changed: [" in lab.play("stop", reason="over", by="olga", state="absent").ok().out
    lab.patrol().ok()
    assert lab.installed("pc-001") == ["KB9000001"]

    refused = lab.play("stop", reason="holidays", expires="30d")
    assert refused.code != 0 and "use 14d or less" in refused.said
