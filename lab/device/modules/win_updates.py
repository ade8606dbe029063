# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""ansible.windows.win_updates, as its own action plugin calls it: start, then poll until the exit, then cancel."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from ..arguments import Option
from ..pc import SimulatedPC
from ..update_run import Selection
from .outcome import ModuleFailure

_CATEGORIES = ("CriticalUpdates", "SecurityUpdates", "UpdateRollups")
_LOOK = 0.05  # real seconds between two looks at the pipe
SPEC = {
    "accept_list": Option("list", elements="str"),
    "category_names": Option("list", elements="str", default=list(_CATEGORIES)),
    "log_path": Option("path"),
    "reject_list": Option("list", elements="str"),
    "server_selection": Option(choices=("default", "managed_server", "windows_update"), default="default"),
    "state": Option(choices=("installed", "searched", "downloaded"), default="installed"),
    "skip_optional": Option("bool", default=False),
    "reboot": Option("bool", default=False),
    "reboot_timeout": Option("int", default=1200),
    "_operation": Option(choices=("start", "cancel", "poll"), default="start"),
    "_operation_options": Option("dict"),
}


async def run(pc: SimulatedPC, params: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    """Do one of the three operations."""
    options = params["_operation_options"] or {}
    if params["_operation"] == "start":
        return _start(pc, params, check_mode)
    if params["_operation"] == "cancel":
        pc.jobs.others.end(int(options["task_pid"]))
        return {"changed": False}
    return {"changed": False, "output": await _poll(pc, str(options["pipe_name"]))}


def _start(pc: SimulatedPC, params: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    if (params["_operation_options"] or {}).get("wait"):
        raise ModuleFailure("the simulated PC does not know win_updates with async")
    chosen = Selection(
        tuple(params["category_names"]), tuple(params["accept_list"] or ()), tuple(params["reject_list"] or ())
    )
    started = pc.jobs.others.start(chosen, params["state"], check_mode)
    return {
        "changed": False,
        "cancel_options": {"cancel_id": f"{started.pipe}-cancel", "task_pid": started.pid},
        "poll_options": {"pipe_name": started.pipe},
    }


async def _poll(pc: SimulatedPC, pipe: str) -> list[dict[str, Any]]:
    """Wait for a line, as the module does: the worker of the controller is held meanwhile."""
    while True:
        pc.settle()
        run = pc.jobs.others.get(pipe)
        if run is None:
            raise ModuleFailure("Timed out waiting for server pipe to be available")
        fresh = run.take()
        if fresh:
            return fresh
        coming = pc.next_event()
        if coming is None or pc.clock.rate:
            await asyncio.sleep(_LOOK)
        else:
            await pc.wait(coming)
