# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Stops every patrol that uses a ledger, or lets them go on."""

from __future__ import annotations

import getpass
from datetime import timedelta
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import LedgerError, open_ledger
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger.stops import Stop
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.inventory_facts import plain
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.lab_control import LabUnreachable
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.opening import (
    OpeningError,
    choose_clock,
    default_ledger,
    parse_span,
)

SPEC = {
    "reason": {"type": "str", "required": True},
    "by": {"type": "str"},
    "expires": {"type": "str", "default": "1d"},
    "state": {"type": "str", "default": "present", "choices": ["present", "absent"]},
    "ledger": {"type": "str"},
}
LONGEST = timedelta(days=14)


class ActionModule(ActionBase):  # type: ignore[misc]
    """nightshift.fleet.stop."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Record the stop, or end those that stand."""
        super().run(tmp, task_vars)
        options = plain(self.validate_argument_spec(argument_spec=SPEC)[1])
        variables = task_vars or {}
        check = bool(self._task.check_mode)
        try:
            now = choose_clock(None, check, variables.get("nightshift_lab")).now()
            lasts = parse_span("expires", options["expires"])
            if not timedelta() < lasts <= LONGEST:
                raise OpeningError(f"expires: '{options['expires']}' is too long; use 14d or less, and say it again")
            if not options["reason"].strip():
                raise OpeningError("reason: is empty; say why, for those who find nothing patched")
            stop = Stop(options["by"] or getpass.getuser(), options["reason"], now, now + lasts)
            ledger = open_ledger(options["ledger"] or default_ledger(variables.get("inventory_dir")), read_only=check)
            with ledger.read() as view:
                before = view.decisions.stop(now)
            present = options["state"] == "present"
            same = before is not None and (before.by, before.reason) == (stop.by, stop.reason)
            changed = not same if present else before is not None
            if changed and not check:
                with ledger.begin() as tx:
                    if present:
                        tx.decisions.stop_patrols(stop)
                    else:
                        tx.decisions.resume_patrols(stop.by, stop.reason, now)
        except (OpeningError, LabUnreachable, LedgerError) as wrong:
            raise AnsibleActionFail(str(wrong)) from wrong
        standing = (stop if changed else before) if present else None
        return {"changed": changed, "msg": standing.text if standing else "patrols may go on"}
