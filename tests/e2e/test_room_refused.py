# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Everything that forbids a room's run is found before anything is armed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lab.fog.server import API_TOKEN, USER_TOKEN
from lab.operator import Run
from tests.e2e.rooms import RoomLab, policy, room_lab


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RoomLab]:
    """A lab whose room has somebody at work."""
    folder = tmp_path_factory.mktemp("refused") / "lab"
    with room_lab(folder, more={"s12-02": {"users": [{"name": "ada"}]}}) as found:
        yield found


def refused(lab: RoomLab, told: Run, *words: str) -> None:
    """Assert that a run was refused with these words, and that the server was asked for nothing."""
    assert told.code != 0, told.said
    said = " ".join(told.said.split())
    for word in words:
        assert word in said, told.said
    assert lab.imaging()["orders"] == [] and lab.armed() == []


def test_a_limit_that_leaves_out_a_seat_is_refused(lab: RoomLab) -> None:
    refused(
        lab, lab.clone("--limit", "s12-01,s12-02"), "s12-03 of the register are not in this play", "without --limit"
    )


def test_a_room_that_is_not_confirmed_is_refused(lab: RoomLab) -> None:
    refused(lab, lab.clone(nightshift_confirm_room="S13"), "confirm_room: S13 is not S12")


def test_a_room_without_seats_is_refused(lab: RoomLab) -> None:
    refused(lab, lab.clone(room="S99"), "room S99: the register has no device of class room in it")


def test_check_mode_shows_plan_hosts_image_and_requests_and_changes_nothing(lab: RoomLab) -> None:
    told = lab.clone("--check", "-vvv").ok()
    assert API_TOKEN not in told.said and USER_TOKEN not in told.said
    assert "room S12: 3 seats, image lab 7 from fog-1 (fog)" in told.out
    assert "seats: s12-01, s12-02, s12-03" in told.out
    assert "request: POST /group/create" in told.out
    assert "s12-02: ada logged on" in told.out
    assert lab.imaging()["orders"] == [] and lab.armed() == []
    assert not lab.operator.ledger.exists() or lab.open_run() is None
    assert lab.operator.events("marked") == []


def test_a_room_in_which_somebody_works_is_refused(lab: RoomLab) -> None:
    told = lab.clone()
    refused(lab, told, "REFUSED: s12-02: ada is logged on")
    assert lab.open_run() is None and lab.run().outcome.value == "cancelled"
    assert lab.operator.events("restarted") == []


def test_a_time_at_which_the_room_is_booked_is_refused(lab: RoomLab) -> None:
    calendar = lab.operator.inventory.parent / "bookings.ics"
    lines = [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//", "BEGIN:VEVENT", "UID:1", "SUMMARY:Evening class",
        "DTSTART:20261123T220000Z", "DTEND:20261123T230000Z", "END:VEVENT", "END:VCALENDAR", "",
    ]  # fmt: skip
    calendar.write_text("\r\n".join(lines), encoding="utf-8")
    told = policy()
    try:
        lab.adopt({**told, "calendars": [{"source": "bookings.ics", "rooms": ["S12"]}]})
        refused(lab, lab.clone(), "room S12: Evening class from Mon 2026-11-23 23:00")
        lab.adopt({**told, "windows": [{"days": "sat", "start": "20:00", "end": "06:00"}]})
        refused(lab, lab.clone(), "room S12: no night is open at Mon 2026-11-23")
    finally:
        lab.adopt(told)


def test_a_server_that_knows_the_room_otherwise_than_the_register_is_refused(lab: RoomLab) -> None:
    register = lab.operator.inventory.parent / "register.yml"
    content = register.read_text(encoding="utf-8")
    try:
        register.write_text(content.replace("52:54:00:77:12:03", "52:54:00:77:12:77"), encoding="utf-8")
        refused(lab, lab.clone(), "s12-03: FOG knows no host with MAC 52:54:00:77:12:77")
    finally:
        register.write_text(content, encoding="utf-8")


def test_a_seat_that_has_a_task_of_somebody_else_keeps_the_room_from_being_armed(lab: RoomLab) -> None:
    """With it FOG would arm a ghost and wait for it for ever."""
    lab.operator.remote.post("/imaging/tasks", {"hosts": ["s12-03"]})
    told = lab.clone()
    assert told.code != 0 and "s12-03: FOG has another task for it: help desk" in " ".join(told.said.split())
    assert lab.imaging()["orders"] == [] and lab.armed() == ["s12-03"], "the help desk's task is as it was"
