# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The policy of a device about which nobody said anything: it is scanned, and nothing else happens to it.

In the notation of the YAML, so that the reference (docs/policy.md) shows the same values. Keys
of ``restart.always_on``, ``restart.remind`` and ``priority`` count only once
the section is given: it is off by default.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

ORIGIN = "default"

# Field notes 2.2: WUA leaves the rating of most updates empty, the monthly cumulative ones included;
# these categories make them important, as OPSWAT's SDK does.
_INFER = {
    "Critical Updates": "important",
    "Definition Updates": "important",
    "Security Updates": "important",
    "Service Packs": "important",
    "Update Rollups": "important",
}

DEFAULTS: Mapping[str, object] = MappingProxyType(
    {
        "zone": "UTC",
        "managed": True,
        "severity.install": ["moderate", "important", "critical"],
        "severity.infer": _INFER,
        "severity.overrides": {},
        "scan.every": "1d",
        "scan.retry": "1h",
        "install.windows": [],
        "install.any_time": False,
        "install.catch_up": False,
        "install.catch_up_delay": "1h",
        "install.default_minutes": 10,
        "install.fit": True,
        "install.scan_max_age": "1d",
        "install.min_free": "5GB",
        "install.on_battery": False,
        "install.restart_minutes": 10,
        "install.order": "severity",
        "retry.attempts": 2,
        "retry.delay": "1h",
        "retry.interruptions": 3,
        "restart.after_install": "never",
        "restart.windows": [],
        "restart.users": "defer",
        "restart.countdown": "15m",
        "restart.message": "This computer will restart soon to finish installing updates. Please save your work.",
        "restart.deadline": "never",
        "restart.grace": "2d",
        "restart.outside_windows_after_deadline": False,
        "restart.deadline_message": "From {deadline} on it restarts even while someone works. Put off: {postponed}.",
        "restart.attempts": 2,
        "restart.always_on.every": "7d",
        "restart.always_on.windows": [],
        "restart.remind.windows": [],
        "restart.remind.message": "Updates wait for a restart. Please shut down this computer at the end of the day.",
        "declined": [],
        "approval.required": False,
        "approval.follow_supersedence": False,
        "approval.delay": "0s",
        "priority.matrix": [],
        "priority.due": {},
        "priority.exploited": {},
        "priority.grace": "2d",
        "priority.away": "5d",
        "rings": [],
        "manual": False,
        "tasks": False,
        "vendors.providers": [],
        "vendors.allow": [],
        "vendors.deny": [],
        "vendors.severity": {},
    }
)
