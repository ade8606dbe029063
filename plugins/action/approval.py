# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Writes one decision about an update into approvals.yml, and into the audit trail."""

from __future__ import annotations

import getpass
from typing import Any, ClassVar

from ansible.errors import AnsibleActionFail
from ansible_collections.nightshift.fleet.plugins.plugin_utils.decided.approvals import (
    ApprovalEntry,
    approval_in,
    approvals_in,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.decided.problem import DecisionError
from ansible_collections.nightshift.fleet.plugins.plugin_utils.decided.rows import Row
from ansible_collections.nightshift.fleet.plugins.plugin_utils.decided.writing import (
    alone,
    appended,
    said_already,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.documents.whole import write
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import open_ledger
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.decisions import decision_file, source_of
from ansible_collections.nightshift.fleet.plugins.plugin_utils.tasks.controller import ControllerTask

SPEC = {
    "update": {"type": "str", "required": True},
    "decision": {"type": "str", "required": True, "choices": ["approve", "hold", "decline"]},
    "by": {"type": "str"},
    "reason": {"type": "str", "required": True},
    "on": {"type": "str"},
    "not_before": {"type": "str"},
    "expires": {"type": "str"},
    "rings": {"type": "list", "elements": "str"},
    "path": {"type": "str"},
    "ledger": {"type": "str"},
}


class ActionModule(ControllerTask):
    """nightshift.fleet.approval."""

    SPEC = SPEC
    PREFACES: ClassVar = {DecisionError: "nothing was written:\n"}

    def act(self, options: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """Add the decision to the file, unless the last one about the update says the same."""
        path = decision_file(self.folder, options["path"], "approvals.yml").resolve()
        try:
            now = self.now()
            options["by"] = options["by"] or getpass.getuser()
            options["on"] = options["on"] or now.isoformat(timespec="seconds")
            entry = entry_of(options)
            with alone(path):
                before = path.read_bytes().decode() if path.exists() else ""
                known = approvals_in(before, path.name)
                same = said_already(entry, known)
                after = before if same else appended(before, entry, path.name)
                if not same and not self.rehearsal:
                    write(path, after)
            if not self.rehearsal:
                ledger = open_ledger(self.ledger_url(options))
                said = [one.as_data() for one in (*known, *(() if same else (entry,)))]
                with ledger.begin() as tx:
                    tx.decisions.note("approval", source_of(path), said, now)
        except (OSError, UnicodeDecodeError) as wrong:
            raise AnsibleActionFail(f"{path}: {wrong}") from wrong
        return {
            "changed": not same,
            "msg": f"{entry.update}: {entry.decision.value}, by {entry.by}: {entry.reason}",
            "diff": {"before": before, "after": after, "before_header": str(path), "after_header": str(path)},
            "nightshift_approval": entry.as_data(),
        }


def entry_of(options: dict[str, Any]) -> ApprovalEntry:
    """Return the entry that the options give, checked as one of the file is. Raises DecisionError."""
    said = {key: options[key] for key in SPEC if key not in ("path", "ledger") and options[key] is not None}
    row = Row("approval", "", 0, said, {})
    entry = approval_in(row)
    if entry is None:
        raise DecisionError(row.problems)
    return entry
