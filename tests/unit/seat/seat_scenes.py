# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A seat that is all that it should be, as the module answers it, and what is expected of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from ansible_collections.nightshift.fleet.plugins.plugin_utils.room.rules import ImageFile
from ansible_collections.nightshift.fleet.plugins.plugin_utils.seat.expected import Expected, ImageWanted, Other
from ansible_collections.nightshift.fleet.plugins.plugin_utils.seat.facts import SeatFacts

BEGAN = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)
READ_AT = BEGAN + timedelta(hours=1)
KERNEL, COURSES = "C:\\Windows\\System32\\ntoskrnl.exe", "D:\\Courses\\index.html"
MADE = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
WANTED = ImageWanted(
    "classroom", "2026.2", "ab" * 32, 26100, 7171, (ImageFile(KERNEL, "11" * 32), ImageFile(COURSES, "22" * 32))
)
EXPECTED = Expected("b12-pc01", WANTED, BEGAN, marked=True, domain="help.example")
OTHERS = (
    Other("b12-pc02", "B12-PC02", "S-1-5-21-2-2-2", "b2"),
    Other("office-7", "OFFICE-7", "S-1-5-21-7-7-7", "0f"),
)


def answer(**changes: Any) -> dict[str, Any]:
    """Return the module's result for a good seat, with these keys of ``seat`` changed."""
    seat: dict[str, Any] = {
        "computer_name": "B12-PC01",
        "domain": "help.example",
        "domain_joined": True,
        "domain_trust": "ok",
        "machine_sid": "S-1-5-21-1-1-1",
        "wsus_client_id": "b1",
        "os": {"edition": "Education", "build": 26100, "ubr": 7171},
        "boot_time": "2026-11-23T20:41:00Z",
        "activation": {"status": "licensed", "channel": "Volume:GVLK", "grace_minutes": 259200},
        "image": {"name": "classroom", "version": "2026.2", "checksum": "ab" * 32, "date": "2026-11-20T18:00:00Z"},
        "run_marker": None,
        "users": [],
        "files": [
            {"path": KERNEL, "sha256": "11" * 32, "as_expected": True},
            {"path": COURSES, "sha256": "22" * 32, "as_expected": True},
        ],
        "unread": {},
    }
    return {"changed": False, "seat": seat | changes, "time": "2026-11-23T21:00:00Z"}


def facts(**changes: Any) -> SeatFacts:
    """Return what a good seat says, with these keys of ``seat`` changed."""
    return SeatFacts.read(answer(**changes), READ_AT)
