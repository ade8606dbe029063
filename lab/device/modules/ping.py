# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""ansible.windows.win_ping."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..arguments import Option
from ..pc import SimulatedPC
from .outcome import ModuleFailure

SPEC = {"data": Option(default="pong")}


async def run(pc: SimulatedPC, params: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    """Say pong, or crash when asked to."""
    if params["data"] == "crash":
        raise ModuleFailure("Unhandled exception while executing module: boom")
    return {"changed": False, "ping": params["data"]}
