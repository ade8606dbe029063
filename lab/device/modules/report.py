# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""nightshift.fleet.win_patch_report: what win_patch_scan tells, and nothing started."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..pc import SimulatedPC
from . import scan

SPEC = {name: scan.SPEC[name] for name in ("acknowledge", "installed", "known_scan")}


async def run(pc: SimulatedPC, params: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    """Acknowledge, and tell all."""
    return scan.told(pc, params, scan.settle(pc, params, check_mode), started="")
