# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""nightshift.fleet.win_sysprep, as docs/device-protocol.md has it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..arguments import Option
from ..markers import path_of
from ..pc import SimulatedPC
from ..state import JobState
from .outcome import ModuleFailure

SPEC = {"unattend": Option(required=True)}
_PROGRAM = "C:\\Windows\\system32\\Sysprep\\sysprep.exe"


async def run(pc: SimulatedPC, params: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    """Remove what no clone may have and start Sysprep."""
    command = f'"{_PROGRAM}" /generalize /oobe /shutdown /quiet "/unattend:{params["unattend"]}"'
    told: dict[str, Any] = {
        "changed": False,
        "started": False,
        "removed": [],
        "image_state": pc.sysprep.image_state,
        "command": command,
    }
    if "GENERALIZE" in pc.sysprep.image_state:
        said = "This PC is generalised already; it must not start Windows before its disk is captured"
        return told | {"msg": said}
    if pc.sysprep.running:
        return told | {"msg": "Sysprep runs already"}
    if not pc.disk.read(params["unattend"]):
        raise ModuleFailure(
            f"unattend: {params['unattend']} is missing or empty; without it every clone asks its first user"
        )
    busy = next((job for job in pc.jobs if job.state is JobState.RUNNING), None)
    if busy is not None:
        raise ModuleFailure(f"Job {busy.id} runs; wait for its end")
    told |= {"changed": True, "removed": sorted(_leftovers(pc))}
    if check_mode:
        return told | {"msg": "Sysprep would generalise this PC and switch it off"}
    pc.last_scan = None
    pc.jobs.wipe()
    pc.disk.remove(path_of("run"))
    pc.start_sysprep()
    return told | {"started": True, "msg": "Sysprep generalises this PC and switches it off"}


def _leftovers(pc: SimulatedPC) -> list[str]:
    found = [f"jobs/{job.id}" for job in pc.jobs]
    if pc.last_scan is not None:
        found.append("scan.json")
    if pc.restart is not None and pc.restart.ours:
        found.append("restart.json")
    if pc.disk.read(path_of("run")) is not None:
        found.append("run.json")
    return found
