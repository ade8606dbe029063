# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An imaging server is told a seat's address only where it is one that the server may know it by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.room.engine_door import EngineDoor
from ansible_collections.nightshift.fleet.plugins.plugin_utils.room.model import JobKind, Seat
from ansible_collections.nightshift.fleet.plugins.plugin_utils.room.rules import RunRules


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("10.12.0.81", "10.12.0.81"),
        ("s12-01.example.org", ""),
        ("s12-01", ""),
        ("127.0.0.1", ""),
        ("fd00::81", ""),
        ("", ""),
    ],
)
def test_the_way_to_a_seat_is_no_address_of_it_unless_it_is_its_own(address: str, told: str) -> None:
    asked: list[Mapping[str, Any]] = []

    def module(arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        asked.append(arguments)
        return {}

    door = EngineDoor(module, "clonezilla", {}, "S12", "lab", RunRules())
    door.ask("preflight", "reimage-s12-1", JobKind.SENTINEL, [Seat("s12-01", "52:54:00:77:12:01", address=address)])
    assert [seat["address"] for seat in asked[0]["seats"]] == [told]
