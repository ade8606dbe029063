# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Writes the compliance figures as JSON and CSV, from the ledger, and keeps them. All of it runs on the controller."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import open_ledger
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.decisions import OPTIONS, gather, read_told
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.fleet_facts import Decided
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.inventory_facts import host_facts
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.opening import (
    parse_span,
    place,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.policy.sources import policies_from_hostvars
from ansible_collections.nightshift.fleet.plugins.plugin_utils.review.document import Review, as_data, files, lines
from ansible_collections.nightshift.fleet.plugins.plugin_utils.review.gathering import keep, review
from ansible_collections.nightshift.fleet.plugins.plugin_utils.tasks.controller import ControllerTask

SPEC = {
    "dest": {"type": "path"},
    "stale": {"type": "str", "default": "7d"},
    "ledger": {"type": "str"},
    "now": {"type": "str"},
    **OPTIONS,
}


class ActionModule(ControllerTask):
    """nightshift.fleet.compliance_report."""

    SPEC = SPEC

    def act(self, options: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """Judge every device of the play, keep the figures of the day, write the files."""
        stale = parse_span("stale", options["stale"])
        told = self._review(options, variables, stale)
        usual = self.folder / ".nightshift" / "report"
        folder = Path(options["dest"]) if options["dest"] else usual
        return {
            **self.written(folder, files(told)),
            "msg": lines(told),
            "nightshift_report": {name: value for name, value in as_data(told).items() if name != "devices"},
            "_ansible_verbose_always": True,
        }

    def _review(self, options: dict[str, Any], variables: dict[str, Any], stale: timedelta) -> Review:
        """Gather the review; keep its figures unless it is a rehearsal, or about another time than now."""
        now = self.now(options["now"])
        hosts = variables["ansible_play_hosts_all"]
        facts = host_facts(hosts, variables)
        written = read_told(options, variables, now)
        found = place(facts, policies_from_hostvars(hosts, variables["hostvars"], now))
        url = self.ledger_url(options)
        with open_ledger(url, read_only=True).read() as tx:
            people = gather(tx, written, {host.name: host.groups for host in facts}, now)
            told = review(
                tx,
                found,
                Decided(people=people, experience=tx.experience(), rollbacks=tx.rollbacks.standing()),
                stale,
                now,
            )
        if not self.rehearsal and options["now"] is None:
            with open_ledger(url).begin() as tx:
                keep(tx, told.figures, now)
        return told
