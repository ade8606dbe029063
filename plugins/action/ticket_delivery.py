# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Delivers tickets now, lists what waits, closes tickets by hand. All of it runs on the controller."""

from __future__ import annotations

import uuid
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ansible import constants as C
from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import (
    Holder,
    Ledger,
    LedgerError,
    open_ledger,
    private_copy,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.lab_control import LabUnreachable
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.opening import (
    OpeningError,
    choose_clock,
    default_ledger,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.tickets.inventory import concerned, routes_of
from ansible_collections.nightshift.fleet.plugins.plugin_utils.tickets.reading import TicketsError
from ansible_collections.nightshift.fleet.plugins.plugin_utils.tickets.report import (
    close_by_hand,
    open_data,
    pending_data,
    tell,
)

SPEC = {
    "ledger": {"type": "str"},
    "at_once": {"type": "bool", "default": False},
    "close": {"type": "list", "elements": "str", "default": []},
    "why": {"type": "str", "default": "closed by an operator"},
}


class ActionModule(ActionBase):  # type: ignore[misc]
    """nightshift.fleet.ticket_delivery."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Close what is named, then deliver; in check mode only say what would go out."""
        super().run(tmp, task_vars)
        options = self.validate_argument_spec(argument_spec=SPEC)[1]
        variables = task_vars or {}
        rehearsal = bool(self._task.check_mode)
        try:
            now = choose_clock(None, True, variables.get("nightshift_lab")).now()
            url = options["ledger"] or default_ledger(variables.get("inventory_dir"))
            with TemporaryDirectory(dir=C.DEFAULT_LOCAL_TMP) as folder:
                ledger = open_ledger(private_copy(url, Path(folder)) if rehearsal else url)
                closed = close_by_hand(ledger, options["close"], options["why"], now)
                return self._deliver(ledger, variables, now, rehearsal, options["at_once"], closed)
        except (OpeningError, LabUnreachable, LedgerError, TicketsError) as wrong:
            raise AnsibleActionFail(str(wrong)) from wrong

    def _deliver(
        self,
        ledger: Ledger,
        variables: dict[str, Any],
        now: datetime,
        rehearsal: bool,
        at_once: bool,
        closed: list[str],
    ) -> dict[str, Any]:
        hosts = variables["ansible_play_hosts_all"]
        routes = routes_of(concerned(ledger, hosts), variables)
        holder = Holder.here(f"tickets-{uuid.uuid4()}")
        told = tell(ledger, routes, holder, now, rehearsal=rehearsal, at_once=at_once)
        waiting, held = pending_data(ledger), open_data(ledger)
        lines = [*told.lines, *[f"waiting: {one['event']} {one['subject']}" for one in waiting]]
        if held and not routes.destinations:
            lines += ["no ticket system is told of these (nightshift_tickets is not set):"]
            lines += [f"{one['ticket']}  {one['raised_at'][:10]}  {one['subject']}" for one in held]
        return {
            "changed": bool(told.sent or closed) or (rehearsal and bool(waiting)),
            "msg": lines,
            "closed": closed,
            "sent": told.sent,
            "pending": waiting,
            "open": held,
            "faults": told.faults,
            "_ansible_verbose_always": True,
        }
