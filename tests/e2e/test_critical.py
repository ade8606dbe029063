# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The playbook of emergencies, as AWX launches it with the answers of its survey."""

from __future__ import annotations

import json
from collections.abc import Callable

from lab.operator import Operator
from tests.e2e.fleets import UPDATES, catalogue, pc

POLICY = {"zone": "Europe/Rome", "install": {"windows": [{"days": "mon-sat", "start": "23:00", "end": "05:00"}]}}
ANSWERS = {"reason": "exploited in the wild", "authorised_by": "ciso", "expires": "12h"}


def test_the_named_updates_install_at_noon_and_the_others_wait_for_the_night(lab_of: Callable[..., Operator]) -> None:
    lab = lab_of([pc()], "2026-11-23T11:00:00+00:00", {"desktops": POLICY}, catalogue=catalogue(*UPDATES))
    refused = lab.play("critical", updates="KB9000001", reason="exploited")
    assert refused.code != 0 and "authorised_by" in refused.said
    assert lab.events("install_started") == []
    lab.play("critical", "-e", json.dumps({"updates": "KB9000001, KB9000003", **ANSWERS})).ok()
    assert set(lab.installed("pc-001")) == {"KB9000001", "KB9000003"}
