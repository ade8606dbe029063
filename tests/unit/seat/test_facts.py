# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An answer of a seat is read strictly, and one of the lab's PCs can be read."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.device.fields import ProtocolError
from ansible_collections.nightshift.fleet.plugins.plugin_utils.seat.facts import License, SeatFacts, Trust, Windows

from tests.unit.lab.device.benches import bench
from tests.unit.seat.seat_scenes import READ_AT, answer, facts


def test_a_good_answer_is_read_whole() -> None:
    read = facts(users=[{"name": "HELP\\anna", "idle_seconds": None, "active": True}])
    assert read.windows == Windows("Education", 26100, 7171)
    assert (read.domain_trust, read.license) == (Trust.OK, License.LICENSED)
    assert read.booted == datetime(2026, 11, 23, 20, 41, tzinfo=UTC)
    assert read.users == ("HELP\\anna",)


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"domain_trust": "yes"}, "seat.domain_trust"),
        ({"os": {"edition": "Education", "build": "26100", "ubr": 1}}, "seat.os.build"),
        ({"image": {"name": "classroom"}}, "seat.image.version"),
        ({"run_marker": {"job": "x", "room": "b12", "written": "2026-11-23T20:00:04"}}, "seat.run_marker.written"),
        ({"files": [{"sha256": "11"}]}, "seat.files[0].path"),
        ({"unread": None}, "seat.unread"),
        ({"boot_time": "yesterday"}, "seat.boot_time"),
        ({"activation": {"status": "stolen"}}, "seat.activation.status"),
    ],
)
def test_an_answer_that_the_protocol_does_not_allow_is_refused_at_its_place(
    changes: dict[str, Any], place: str
) -> None:
    with pytest.raises(ProtocolError) as refused:
        facts(**changes)
    assert place in str(refused.value)


def test_a_result_without_a_seat_is_refused() -> None:
    with pytest.raises(ProtocolError, match="seat is missing"):
        SeatFacts.read({"time": answer()["time"]}, READ_AT)


def test_what_a_pc_of_the_lab_answers_can_be_read() -> None:
    told = bench(identity={"wsus_client_id": "", "unreadable": {"activation": "Invalid class"}}).call(
        "nightshift.fleet.win_seat_check", files=[{"path": "C:\\a.txt"}]
    )
    read = SeatFacts.read(told, READ_AT)
    assert read.computer_name == "PC-01"
    assert (read.wsus_client_id, read.license) == (None, None)
    assert set(read.unread) == {"wsus_client_id", "activation"}
    assert [file.sha256 for file in read.files] == [None]
