# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Devices and updates that the end-to-end tests share."""

from __future__ import annotations

from typing import Any

# Three updates that helpdesk 3 installs, one Low and one without a rating that it ignores.
UPDATES: list[dict[str, Any]] = [
    {"kb": f"KB900000{number}", "title": f"2026-11 Security Update {number} (KB900000{number})", "severity": severity}
    for number, severity in ((1, "Critical"), (2, "Important"), (3, "Moderate"))
]
WANTED = {"KB9000001", "KB9000002", "KB9000003"}
IGNORED: list[dict[str, Any]] = [
    {"kb": "KB9000008", "title": "2026-11 Update of little weight (KB9000008)", "severity": "Low"},
    {"kb": "KB9000009", "title": "2026-11 Preview (KB9000009)", "categories": ["Updates"]},
]
CUMULATIVE: dict[str, Any] = {
    "kb": "KB9000007",
    "title": "2026-11 Cumulative Update for Windows 11 (KB9000007)",
    "categories": ["Security Updates", "Windows 11"],
    "needs_restart": True,
}


def pc(name: str = "pc-001", device_class: str = "desktop", **more: Any) -> dict[str, Any]:
    """Return a PC that lacks nothing of the real catalogue."""
    return {"name": name, "class": device_class, "patched_until": "2026-11-09T00:00:00+00:00", **more}


def catalogue(*updates: dict[str, Any]) -> dict[str, Any]:
    """Return a catalogue with these updates on top, released on the tenth of the month."""
    wanted = [{"released": "2026-11-10", "size_mb": 10, "minutes": 1, **update} for update in updates]
    return {"extra_updates": wanted, "released_until": "2026-11-12T00:00:00+00:00"}
