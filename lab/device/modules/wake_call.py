# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""nightshift.fleet.win_wake_call, as docs/device-protocol.md has it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..arguments import Option
from ..disk import DATA_FOLDER
from ..pc import SimulatedPC
from .outcome import ModuleFailure

SPEC = {
    "delay": Option("int", default=60),
    "key": Option(no_log=True),
    "state": Option(default="present", choices=("present", "absent")),
    "url": Option(),
}
CALL = f"{DATA_FOLDER}\\wake.json"
TASK = "C:\\Windows\\System32\\Tasks\\nightshift-wake"  # where Windows itself keeps its tasks


async def run(pc: SimulatedPC, params: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    """Register the call, or remove it."""
    present, url, key, delay = params["state"] == "present", params["url"] or "", params["key"], params["delay"]
    if present:
        if not url.lower().startswith("https://"):
            raise ModuleFailure(
                f"url: '{url}' is not an https address; write AWX's callback address, as "
                "https://awx.example.org/api/v2/job_templates/11/callback/"
            )
        if not key:
            raise ModuleFailure("key: it is missing; write the host_config_key of the template")
        if not 0 <= delay <= 3600:
            raise ModuleFailure(f"delay: {delay} is out of range; use 0 to 3600 seconds")
    held = json.loads(pc.disk.read(CALL) or b"{}")
    task = (pc.disk.read(TASK) or b"").decode()
    wanted = f"Nightshift calls AWX when this device wakes ({delay} s)"
    before = {"url": held.get("url", ""), "task": task} if held or task else {}
    after = {"url": url, "task": wanted} if present else {}
    changed = before != after or (present and held.get("key") != key)
    if changed and not check_mode:
        if present:
            pc.disk.write(CALL, json.dumps({"url": url, "key": key}).encode())
            pc.disk.write(TASK, wanted.encode())
        else:
            pc.disk.remove(CALL)
            pc.disk.remove(TASK)
    return {"changed": changed, "registered": present, "diff": {"before": before, "after": after}}
