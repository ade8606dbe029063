# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Records an exception in the ledger, or ends one that is recorded there."""

from __future__ import annotations

from typing import Any, ClassVar

from ansible_collections.nightshift.fleet.plugins.plugin_utils.decided.exceptions import (
    exception_in,
    unknown_names,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.decided.problem import DecisionError
from ansible_collections.nightshift.fleet.plugins.plugin_utils.decided.rows import Row
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import open_ledger
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.inventory_facts import plain
from ansible_collections.nightshift.fleet.plugins.plugin_utils.tasks.controller import ControllerTask

ENTRY = ("scope", "update", "devices", "groups", "reason", "authorised_by", "expires")
SPEC = {
    "scope": {"type": "list", "elements": "str", "required": True},
    "update": {"type": "str"},
    "devices": {"type": "list", "elements": "str"},
    "groups": {"type": "list", "elements": "str"},
    "reason": {"type": "str", "required": True},
    "authorised_by": {"type": "str", "required": True},
    "expires": {"type": "str"},
    "state": {"type": "str", "default": "present", "choices": ["present", "absent"]},
    "ledger": {"type": "str"},
}


class ActionModule(ControllerTask):
    """nightshift.fleet.exception."""

    SPEC = SPEC
    PREFACES: ClassVar = {DecisionError: "nothing was recorded:\n"}

    def act(self, options: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """Record the exception, or withdraw it."""
        now = self.now()
        said = {key: options[key] for key in ENTRY if options[key] is not None}
        row = Row("exception", "", 0, said, {})
        entry = exception_in(row)
        present = options["state"] == "present"
        problems = list(row.problems)
        if entry is not None and present:
            problems += unknown_names([entry], "exception", plain(variables["groups"]), now)
        if entry is None or problems:
            raise DecisionError(problems)
        ledger = open_ledger(self.ledger_url(options), read_only=self.rehearsal)
        with ledger.read() as view:
            changed = present is not (entry.as_data() in view.decisions.exceptions().values())
        if changed and not self.rehearsal:
            with ledger.begin() as tx:
                change = tx.decisions.record_exception if present else tx.decisions.withdraw_exception
                changed = change(entry.as_data(), now)
        return {"changed": changed, "nightshift_exception": entry.as_data()}
