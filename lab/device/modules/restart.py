# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""nightshift.fleet.win_patch_restart, as docs/device-protocol.md has it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from .. import forms
from ..arguments import Option
from ..pc import SimulatedPC
from ..state import ScheduledRestart

SPEC = {
    "state": Option(default="scheduled", choices=("scheduled", "cancelled", "reminded")),
    "countdown": Option("int", 900),
    "message": Option(default=""),
    "only_if_pending": Option("bool", True),
}


async def run(pc: SimulatedPC, params: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    """Schedule, cancel or remind; never touch somebody else's restart."""
    act = {"scheduled": _schedule, "cancelled": _cancel, "reminded": _remind}[params["state"]]
    changed, told, message = act(pc, params, check_mode)
    return {
        "changed": changed,
        "restart": forms.restart(pc),
        "pending_restart": forms.pending_restart(pc),
        "told": told,
        "boot_time": forms.instant(pc, pc.computer.boot_time),
        "msg": message,
    }


def _needless(pc: SimulatedPC, params: Mapping[str, Any]) -> bool:
    return bool(params["only_if_pending"]) and not forms.pending_restart(pc)["required"]


def _schedule(pc: SimulatedPC, params: Mapping[str, Any], check_mode: bool) -> tuple[bool, int, str]:
    if pc.restart is not None:
        whose = "ours" if pc.restart.ours else "somebody else's"
        return False, 0, f"a restart is scheduled already ({whose}); it stands"
    if _needless(pc, params):
        return False, 0, "no restart is pending; none is scheduled"
    if check_mode:
        return True, 0, f"would schedule a restart in {params['countdown']} s"
    pc.schedule_restart(ScheduledRestart(pc.at + timedelta(seconds=params["countdown"]), True, params["message"]))
    return True, len(pc.sessions), f"a restart is scheduled in {params['countdown']} s"


def _cancel(pc: SimulatedPC, params: Mapping[str, Any], check_mode: bool) -> tuple[bool, int, str]:
    if pc.restart is None:
        return False, 0, "no restart is scheduled"
    if not pc.restart.ours:
        return False, 0, "the scheduled restart is somebody else's; it stands"
    if not check_mode:
        pc.cancel_restart()
    return True, 0, "would cancel our restart" if check_mode else "our restart is cancelled"


def _remind(pc: SimulatedPC, params: Mapping[str, Any], check_mode: bool) -> tuple[bool, int, str]:
    if _needless(pc, params):
        return False, 0, "no restart is pending; nobody is reminded"
    if check_mode:
        return bool(pc.sessions), 0, f"would remind {len(pc.sessions)} sessions"
    told = pc.tell(params["message"])
    return told > 0, told, f"{told} sessions were reminded"
