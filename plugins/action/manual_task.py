# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lists the open manual tasks, or records the result of one; who did it is on record."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleActionFail
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import open_ledger
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.fleet import TaskResult
from ansible_collections.nightshift.fleet.plugins.plugin_utils.tasks.controller import ControllerTask

SPEC = {
    "state": {"type": "str", "choices": ["listed", "closed"], "default": "listed"},
    "task": {"type": "str"},
    "result": {"type": "str", "choices": [one.value for one in TaskResult]},
    "by": {"type": "str"},
    "note": {"type": "str", "default": ""},
    "device": {"type": "str"},
    "ledger": {"type": "str"},
}


class ActionModule(ControllerTask):
    """nightshift.fleet.manual_task."""

    SPEC = SPEC

    def act(self, options: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """Close a task where one is named, then list what is open."""
        closing = options["state"] == "closed"
        for name in ("task", "result", "by") if closing else ():
            if not options[name]:
                raise AnsibleActionFail(f"{name}: is missing; state closed needs task, result and by")
        now = self.now()
        if closing:
            with self.recording(options) as ledger, ledger.begin() as tx:
                tx.tasks.close(options["task"], TaskResult(options["result"]), options["by"], options["note"], now)
                tasks = tx.tasks.open(options["device"])
        else:
            with open_ledger(self.ledger_url(options), read_only=True).read() as view:
                tasks = view.tasks.open(options["device"])
        told = [
            f"{one.id}  {one.device}  {one.label}  {one.responsible or 'nobody named'}  "
            f"since {one.opened_at:%Y-%m-%d}  {one.bulletin}"
            for one in tasks
        ]
        return {
            "changed": closing,
            "msg": told or ["no task is open"],
            "tasks": [
                {
                    "task": one.id,
                    "device": one.device,
                    "update": one.label,
                    "why": one.why,
                    "responsible": one.responsible,
                    "bulletin": one.bulletin,
                    "opened_at": one.opened_at.isoformat(),
                }
                for one in tasks
            ],
            "_ansible_verbose_always": True,
        }
