# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Stops every patrol that uses a ledger, or lets them go on."""

from __future__ import annotations

import getpass
from datetime import timedelta
from typing import Any

from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import open_ledger
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger.stops import Stop
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.opening import (
    OpeningError,
    parse_span,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.tasks.controller import ControllerTask

SPEC = {
    "reason": {"type": "str", "required": True},
    "by": {"type": "str"},
    "expires": {"type": "str", "default": "1d"},
    "state": {"type": "str", "default": "present", "choices": ["present", "absent"]},
    "ledger": {"type": "str"},
}
LONGEST = timedelta(days=14)


class ActionModule(ControllerTask):
    """nightshift.fleet.stop."""

    SPEC = SPEC

    def act(self, options: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """Record the stop, or end those that stand."""
        now = self.now()
        lasts = parse_span("expires", options["expires"])
        if not timedelta() < lasts <= LONGEST:
            raise OpeningError(f"expires: '{options['expires']}' is too long; use 14d or less, and say it again")
        if not options["reason"].strip():
            raise OpeningError("reason: is empty; say why, for those who find nothing patched")
        stop = Stop(options["by"] or getpass.getuser(), options["reason"], now, now + lasts)
        ledger = open_ledger(self.ledger_url(options), read_only=self.rehearsal)
        with ledger.read() as view:
            before = view.decisions.stop(now)
        present = options["state"] == "present"
        same = before is not None and (before.by, before.reason) == (stop.by, stop.reason)
        changed = not same if present else before is not None
        if changed and not self.rehearsal:
            with ledger.begin() as tx:
                if present:
                    tx.decisions.stop_patrols(stop)
                else:
                    tx.decisions.resume_patrols(stop.by, stop.reason, now)
        standing = (stop if changed else before) if present else None
        return {"changed": changed, "msg": standing.text if standing else "patrols may go on"}
