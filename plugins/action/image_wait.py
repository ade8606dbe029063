# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Waits on the controller until a PC answers or does not any more; in a lab, by the lab's clock."""

from __future__ import annotations

from typing import Any

from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.inventory_facts import host_facts
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.opening import (
    WINRM_PORT,
    parse_span,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.probe import Target, probe
from ansible_collections.nightshift.fleet.plugins.plugin_utils.tasks.controller import ControllerTask

SPEC = {
    "until": {"type": "str", "choices": ["silent", "answering"], "required": True},
    "timeout": {"type": "str", "default": "30m"},
    "poll": {"type": "str", "default": "30s"},
    "looks": {"type": "int", "default": 3},
    "connect_timeout": {"type": "float", "default": 2.0},
}


class ActionModule(ControllerTask):
    """nightshift.fleet.image_wait."""

    SPEC = SPEC

    def act(self, options: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """Wait. Nothing is waited for in check mode."""
        name, until = variables["inventory_hostname"], options["until"]
        if self.rehearsal:
            return {"changed": False, "msg": f"would wait until {name} is {until}", "waited_seconds": 0}
        span, poll = parse_span("timeout", options["timeout"]), parse_span("poll", options["poll"])
        clock = self.clock()
        (facts,) = host_facts([name], variables)
        target = Target(name, facts.address, facts.port or WINRM_PORT)
        began = clock.now()
        quiet = 0
        while True:
            silence = probe([target], options["connect_timeout"])[name]
            quiet = quiet + 1 if silence else 0
            if (until == "answering" and not silence) or (until == "silent" and quiet >= options["looks"]):
                break
            if clock.now() >= began + span and not (until == "silent" and quiet):
                wrong = silence or "it still answers"
                return {"failed": True, "msg": f"{name}: not {until} within {options['timeout']}: {wrong}"}
            clock = clock.wait_until(clock.now() + poll)
        return {"changed": False, "waited_seconds": int((clock.now() - began).total_seconds())}
