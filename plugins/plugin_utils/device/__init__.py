# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The door to the devices: what their modules answer, as values (docs/device-protocol.md)."""

from __future__ import annotations

from .fields import ProtocolError
from .parse import parse_apply, parse_restart, parse_scan
from .report import (
    ApplyReport,
    DeviceFacts,
    JobReport,
    PendingRestart,
    Progress,
    RestartReport,
    RestartStatus,
    Result,
    ScanReport,
    ScanStatus,
    UpdateAction,
)

__all__ = [
    "ApplyReport",
    "DeviceFacts",
    "JobReport",
    "PendingRestart",
    "Progress",
    "ProtocolError",
    "RestartReport",
    "RestartStatus",
    "Result",
    "ScanReport",
    "ScanStatus",
    "UpdateAction",
    "parse_apply",
    "parse_restart",
    "parse_scan",
]
