# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Watches a capture to its end: asks the engine through its module, and waits by the clock of the run."""

from __future__ import annotations

import os
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.utils.display import Display
from ansible_collections.nightshift.fleet.plugins.plugin_utils.golden import guarding
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import open_ledger
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.opening import parse_span
from ansible_collections.nightshift.fleet.plugins.plugin_utils.tasks.controller import ControllerTask

SPEC = {
    "capture": {"type": "dict", "required": True, "no_log": False},
    "timeout": {"type": "str", "default": "4h"},
    "poll": {"type": "str", "default": "30s"},
    "hold": {"type": "bool", "default": False},
    "ledger": {"type": "str"},
}
display = Display()

# A wake-up call does nothing to a PC that is on already, in a start from the network that came to nothing.
_NEVER_CAME = "; it never came to be read: switch it off and run again, and see that it starts from the network first"


class ActionModule(ControllerTask):
    """nightshift.fleet.capture_watch."""

    _requires_connection = True
    SPEC = SPEC

    def act(self, options: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """Return what the engine said last; fail when the time is over."""
        if self.rehearsal:
            return {"changed": False, "msg": "would watch the capture to its end"}
        span, poll = parse_span("timeout", options["timeout"]), parse_span("poll", options["poll"])
        clock = self.clock()
        began, told = clock.now(), ""
        ledger = open_ledger(self.ledger_url(options)) if options["hold"] else None
        while True:
            if ledger is not None:
                guarding.take(ledger, options["capture"]["image"], os.getppid())
            said = self._ask(options["capture"], variables)
            line = f"{said['image']}: {said['claim']} {said['percent']:g} %"
            if line != told:
                left = f", {said['remaining']} left" if said["remaining"] else ""
                display.display(f"{clock.now():%H:%M} {line}{left}")
                told = line
            if said["closed"]:
                return {"changed": False, "msg": line, "claim": said["claim"]}
            if clock.now() >= began + span:
                idle = said["claim"] == "armed"
                raise AnsibleActionFail(f"{line}: not over within {options['timeout']}{_NEVER_CAME if idle else ''}")
            clock = clock.wait_until(min(clock.now() + poll, began + span))

    def _ask(self, capture: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        said: dict[str, Any] = self._execute_module(
            module_name="nightshift.fleet.capture_image",
            module_args={**capture, "state": "progress"},
            task_vars=variables,
        )
        if said.get("failed"):
            raise AnsibleActionFail(said.get("msg", "the imaging server gave no answer"))
        return said
