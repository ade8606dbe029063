# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lists the open manual tasks, or records the result of one; who did it is on record."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ansible import constants as C
from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import LedgerError, open_ledger, private_copy
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.lab_control import LabUnreachable
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.opening import (
    OpeningError,
    choose_clock,
    default_ledger,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.fleet import TaskResult

SPEC = {
    "state": {"type": "str", "choices": ["listed", "closed"], "default": "listed"},
    "task": {"type": "str"},
    "result": {"type": "str", "choices": [one.value for one in TaskResult]},
    "by": {"type": "str"},
    "note": {"type": "str", "default": ""},
    "device": {"type": "str"},
    "ledger": {"type": "str"},
}


class ActionModule(ActionBase):  # type: ignore[misc]
    """nightshift.fleet.manual_task."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Close a task where one is named, then list what is open."""
        super().run(tmp, task_vars)
        options = self.validate_argument_spec(argument_spec=SPEC)[1]
        variables = task_vars or {}
        rehearsal = bool(self._task.check_mode)
        closing = options["state"] == "closed"
        for name in ("task", "result", "by") if closing else ():
            if not options[name]:
                raise AnsibleActionFail(f"{name}: is missing; state closed needs task, result and by")
        try:
            now = choose_clock(None, True, variables.get("nightshift_lab")).now()
            url = options["ledger"] or default_ledger(variables.get("inventory_dir"))
            if closing:
                with TemporaryDirectory(dir=C.DEFAULT_LOCAL_TMP) as folder:  # check mode records there
                    ledger = open_ledger(private_copy(url, Path(folder)) if rehearsal else url)
                    with ledger.begin() as tx:
                        result = TaskResult(options["result"])
                        tx.tasks.close(options["task"], result, options["by"], options["note"], now)
                        tasks = tx.tasks.open(options["device"])
            else:
                with open_ledger(url, read_only=True).read() as view:
                    tasks = view.tasks.open(options["device"])
        except (LedgerError, OpeningError, LabUnreachable) as wrong:
            raise AnsibleActionFail(str(wrong)) from wrong
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
