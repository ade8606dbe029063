# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Takes a capture for this run, with a guard that has it disarmed when the run is gone; and gives it back."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

from ansible_collections.nightshift.fleet.plugins.plugin_utils.golden import guarding
from ansible_collections.nightshift.fleet.plugins.plugin_utils.guard.called import Called
from ansible_collections.nightshift.fleet.plugins.plugin_utils.guard.posting import Guards
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import open_ledger
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.opening import parse_span
from ansible_collections.nightshift.fleet.plugins.plugin_utils.tasks.controller import ControllerTask

SPEC = {
    "state": {"type": "str", "required": True, "choices": ["posted", "taken", "lifted"]},
    "image": {"type": "str", "required": True},
    "name": {"type": "str", "required": True},
    "reference": {"type": "str", "required": True},
    "server": {"type": "str", "required": True},
    "wait": {"type": "str", "default": "15m"},
    "ledger": {"type": "str"},
}


class ActionModule(ControllerTask):
    """nightshift.fleet.capture_guard."""

    SPEC = SPEC

    def act(self, options: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """Post the guard, take the capture without one, or lift it. Raises ImageError when somebody else has it."""
        if self.rehearsal:
            return {"changed": False, "msg": []}
        image, url, controller = options["image"], self.ledger_url(options), os.getppid()
        wait = timedelta() if options["wait"] == "0" else parse_span("wait", options["wait"])
        ledger = open_ledger(url)
        guards = Guards(self.folder / ".nightshift" / "guards", Called.here())
        order = guarding.charge(
            image, options["name"], options["reference"], options["server"],
            wait=wait, ledger=url, controller=controller,
        )  # fmt: skip
        if options["state"] == "lifted":
            guards.lift([order.job])
            guarding.give_back(ledger, image, controller)
            return {"changed": False, "msg": []}
        guarding.take(ledger, image, controller)
        told = []
        if options["state"] == "posted":
            told = guards.notes(wait, guarding.PLAYBOOK, guarding.LEFT)
            told += filter(None, [guards.post(order)])
        return {"changed": False, "msg": told, "_ansible_verbose_always": bool(told)}
