# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Writes the compliance figures as JSON and CSV, from the ledger, and keeps them. All of it runs on the controller."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.nightshift.fleet.plugins.plugin_utils.decided.problem import DecisionError
from ansible_collections.nightshift.fleet.plugins.plugin_utils.documents.folder import FolderError, put
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import LedgerError, open_ledger
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.decisions import gather, read_written
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.fleet_facts import Decided
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.inventory_facts import host_facts
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.lab_control import LabUnreachable
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.opening import (
    OpeningError,
    choose_clock,
    default_ledger,
    parse_span,
    place,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.policy.problems import PolicyError
from ansible_collections.nightshift.fleet.plugins.plugin_utils.policy.sources import policies_from_hostvars
from ansible_collections.nightshift.fleet.plugins.plugin_utils.review.document import Review, as_data, files, lines
from ansible_collections.nightshift.fleet.plugins.plugin_utils.review.gathering import keep, review

SPEC = {
    "dest": {"type": "path"},
    "stale": {"type": "str", "default": "7d"},
    "ledger": {"type": "str"},
    "now": {"type": "str"},
    "approvals": {"type": "str"},
    "exceptions": {"type": "str"},
    "emergency": {"type": "raw"},
}


class ActionModule(ActionBase):  # type: ignore[misc]
    """nightshift.fleet.compliance_report."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Judge every device of the play, keep the figures of the day, write the files."""
        super().run(tmp, task_vars)
        options = self.validate_argument_spec(argument_spec=SPEC)[1]
        variables = task_vars or {}
        rehearsal = bool(self._task.check_mode)
        try:
            stale = parse_span("stale", options["stale"])
            told = self._review(options, variables, stale, rehearsal)
        except PolicyError as wrong:
            raise AnsibleActionFail("\n".join(str(problem) for problem in wrong.problems)) from wrong
        except (DecisionError, OpeningError, LabUnreachable, LedgerError) as wrong:
            raise AnsibleActionFail(str(wrong)) from wrong
        usual = Path(variables.get("inventory_dir") or ".").resolve() / ".nightshift" / "report"
        folder = Path(options["dest"]) if options["dest"] else usual
        try:
            documents = put(folder, files(told), check=rehearsal)
        except FolderError as wrong:
            raise AnsibleActionFail(str(wrong)) from wrong
        result: dict[str, Any] = {
            "changed": bool(documents.changes),
            "msg": lines(told),
            "files": documents.names,
            "nightshift_report": {name: value for name, value in as_data(told).items() if name != "devices"},
            "_ansible_verbose_always": True,
        }
        if self._task.diff:
            result["diff"] = documents.diff
        return result

    def _review(self, options: dict[str, Any], variables: dict[str, Any], stale: timedelta, rehearsal: bool) -> Review:
        """Gather the review; keep its figures unless it is a rehearsal, or about another time than now."""
        now = choose_clock(options["now"], True, variables.get("nightshift_lab")).now()
        hosts = variables["ansible_play_hosts_all"]
        facts = host_facts(hosts, variables)
        written = read_written(
            approvals=options["approvals"],
            exceptions=options["exceptions"],
            emergency=options["emergency"],
            inventory_dir=variables.get("inventory_dir"),
            groups=variables["groups"],
            now=now,
        )
        found = place(facts, policies_from_hostvars(hosts, variables["hostvars"], now))
        url = options["ledger"] or default_ledger(variables.get("inventory_dir"))
        with open_ledger(url, read_only=True).read() as tx:
            people = gather(tx, written, {host.name: host.groups for host in facts}, now)
            told = review(
                tx,
                found,
                Decided(people=people, experience=tx.experience(), rollbacks=tx.rollbacks.standing()),
                stale,
                now,
            )
        if not rehearsal and options["now"] is None:
            with open_ledger(url).begin() as tx:
                keep(tx, told.figures, now)
        return told
