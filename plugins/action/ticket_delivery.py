# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Delivers tickets now, lists what waits, closes tickets by hand. All of it runs on the controller."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import (
    Holder,
    Ledger,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.tasks.controller import ControllerTask
from ansible_collections.nightshift.fleet.plugins.plugin_utils.tickets.inventory import concerned, routes_of
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


class ActionModule(ControllerTask):
    """nightshift.fleet.ticket_delivery."""

    SPEC = SPEC

    def act(self, options: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """Close what is named, then deliver; in check mode only say what would go out."""
        now = self.now()
        with self.recording(options) as ledger:
            closed = close_by_hand(ledger, options["close"], options["why"], now)
            return self._deliver(ledger, variables, now, options["at_once"], closed)

    def _deliver(
        self,
        ledger: Ledger,
        variables: dict[str, Any],
        now: datetime,
        at_once: bool,
        closed: list[str],
    ) -> dict[str, Any]:
        hosts = variables["ansible_play_hosts_all"]
        routes = routes_of(concerned(ledger, hosts), variables)
        holder = Holder.here(f"tickets-{uuid.uuid4()}")
        told = tell(ledger, routes, holder, now, rehearsal=self.rehearsal, at_once=at_once)
        waiting, held = pending_data(ledger), open_data(ledger)
        lines = [*told.lines, *[f"waiting: {one['event']} {one['subject']}" for one in waiting]]
        if held and not routes.destinations:
            lines += ["no ticket system is told of these (nightshift_tickets is not set):"]
            lines += [f"{one['ticket']}  {one['raised_at'][:10]}  {one['subject']}" for one in held]
        return {
            "changed": bool(told.sent or closed) or (self.rehearsal and bool(waiting)),
            "msg": lines,
            "closed": closed,
            "sent": told.sent,
            "pending": waiting,
            "open": held,
            "faults": told.faults,
            "_ansible_verbose_always": True,
        }
