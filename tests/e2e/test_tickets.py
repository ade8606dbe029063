# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A patrol tells the ticket system at its end, learns what people closed there, and fails for neither."""

from __future__ import annotations

import json
from collections.abc import Callable

from lab.operator import Operator
from tests.e2e.fleets import UPDATES, catalogue, pc
from tests.services.ticket_worlds import CLOSED, OPEN, world_of

LabOf = Callable[..., Operator]


def test_a_parked_patch_is_a_ticket_and_is_tried_again_when_a_person_closes_it(lab_of: LabOf) -> None:
    broken = [{"kind": "fail_update", "update": "KB9000002", "hresult": "0x80070643"}]
    lab = lab_of([pc(faults=broken)], start="2026-11-23T16:00:00+00:00", catalogue=catalogue(*UPDATES))
    with world_of("servicenow") as world:
        variable = ("-e", json.dumps({"nightshift_tickets": world.variable(world.port)}))
        lab.patrol(*variable, nightshift_poll="5m", nightshift_stay="4h").ok()
        (seen,) = world.tickets()
        assert seen.state == OPEN
        assert "0x80070643" in seen.text
        assert len(lab.events("install_failed", "pc-001")) == 2

        world.close(seen.number)
        lab.patrol(*variable, nightshift_poll="5m").ok()  # learns it at its end
        lab.advance_to("2026-11-25T16:00:00+00:00")
        down = ("-e", json.dumps({"nightshift_tickets": world.variable(1)}))
        lab.patrol(*down, nightshift_poll="5m", nightshift_stay="4h").ok()  # nobody listens there: no failure
        assert len(lab.events("install_failed", "pc-001")) == 4
        assert [one.state for one in world.tickets()] == [CLOSED]

        lab.advance_to("2026-11-26T12:00:00+00:00")  # by then the next try is due
        lab.patrol(*variable, nightshift_poll="5m").ok()
        assert sorted(one.state for one in world.tickets()) == [CLOSED, OPEN]
