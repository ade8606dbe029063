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
from .outcome import ModuleFailure
from .scan import warn

SPEC = {
    "state": Option(default="scheduled", choices=("scheduled", "cancelled", "reminded")),
    "countdown": Option("int", 900),
    "message": Option(),
    "only_if_pending": Option("bool", True),
    "only_if_unused": Option("bool", False),
}


_MESSAGE = "This computer restarts soon to finish installing updates. Please save your work."
_REMINDER = "Updates wait for a restart of this computer. Please shut it down or restart it at the end of your work."
_LONGEST_MESSAGE = 512
_LONGEST_COUNTDOWN = 315_360_000


async def run(pc: SimulatedPC, params: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    """Schedule, cancel or remind; never touch somebody else's restart."""
    state = params["state"]
    message = params["message"] or (_REMINDER if state == "reminded" else _MESSAGE)
    countdown = params["countdown"]
    if len(message) > _LONGEST_MESSAGE:
        raise ModuleFailure(f"message: {len(message)} characters; Windows shows at most 512, so shorten it")
    if not 0 <= countdown <= _LONGEST_COUNTDOWN:
        raise ModuleFailure(f"countdown: {countdown} is out of range; use 0 to {_LONGEST_COUNTDOWN} seconds")
    if state == "cancelled":
        changed, told, text = _cancel(pc, check_mode)
    elif params["only_if_pending"] and not forms.pending_restart(pc)["required"]:
        changed, told, text = False, 0, "Nothing on this device waits for a restart"
    elif state == "reminded":
        changed, told, text = _remind(pc, message, check_mode)
    elif params["only_if_unused"] and any(session.active for session in pc.sessions):
        changed, told, text = False, 0, "Somebody is logged on; nothing is restarted"
    else:
        changed, told, text = _schedule(pc, countdown, message, check_mode)
    result = {
        "changed": changed,
        "restart": forms.restart(pc),
        "pending_restart": forms.pending_restart(pc),
        "told": told,
        "boot_time": forms.instant(pc, pc.computer.boot_time),
        "msg": text,
    }
    warn(pc, result)
    return result


def _schedule(pc: SimulatedPC, countdown: int, message: str, check_mode: bool) -> tuple[bool, int, str]:
    if pc.restart is not None and not pc.restart.ours:
        return False, 0, "A restart or shutdown that is not ours is scheduled; it stands"
    if pc.restart is not None:
        return False, 0, f"Our restart is scheduled already for {forms.instant(pc, pc.restart.at)}"
    if check_mode:
        return True, 0, f"A restart would be scheduled in {countdown} seconds"
    pc.schedule_restart(ScheduledRestart(pc.at + timedelta(seconds=countdown), True, message))
    return True, len(pc.sessions), f"A restart is scheduled in {countdown} seconds"


def _cancel(pc: SimulatedPC, check_mode: bool) -> tuple[bool, int, str]:
    if pc.restart is None:
        return False, 0, "No restart of ours is scheduled"
    if not pc.restart.ours:
        return False, 0, "The scheduled restart or shutdown is not ours; it stands"
    if check_mode:
        return True, 0, "Our restart would be called off"
    pc.cancel_restart()
    return True, 0, "Our restart is called off"


def _remind(pc: SimulatedPC, message: str, check_mode: bool) -> tuple[bool, int, str]:
    sessions = len(pc.sessions)
    if not sessions:
        return False, 0, "Nobody is logged on"
    if check_mode:
        return True, 0, f"{sessions} sessions would be shown the message"
    told = pc.tell(message)
    return True, told, f"{told} of {sessions} sessions were shown the message"
