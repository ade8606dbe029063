# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ends a patrol: the table by device class, and whether an operator must look at something."""

from __future__ import annotations

from typing import Any

from ansible import constants as C
from ansible.errors import AnsibleActionFail
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import open_ledger
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.decisions import reminders
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.nights import last_nights, night_line
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.session import SessionFolder
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.table import summarise
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.telling import tell_ticket_systems
from ansible_collections.nightshift.fleet.plugins.plugin_utils.tasks.controller import ControllerTask


class ActionModule(ControllerTask):
    """nightshift.fleet.patrol_close."""

    def act(self, options: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """Sum up; fail only for what a person must look at."""
        folder = SessionFolder(C.DEFAULT_LOCAL_TMP)
        session = folder.load(fresh=True)
        if session is None:
            raise AnsibleActionFail("no patrol is open; run the playbook nightshift.fleet.patrol")
        classes = {name: member.device.device_class for name, member in session.everybody.items()}
        words = folder.words(folder.last_round())
        summary = summarise(words, classes)
        with open_ledger(session.ledger).begin() as tx:
            tx.end_patrol(session.patrol, session.clock.now(), summary.total())
            tickets = tx.open_tickets()
            policies = {name: session.policies[member.policy].policy for name, member in session.members.items()}
            missed = last_nights(tx, policies, session.clock.now())
            stop = tx.decisions.stop(session.clock.now())
        lines = [*([stop.text] if stop else []), *summary.lines(), *filter(None, [night_line(missed, policies)])]
        reminded = reminders(session.decided.people, session.clock.now())
        told, mistakes = tell_ticket_systems(session, variables)
        lines += [*reminded, *told]
        attention = [*summary.attention, *mistakes]
        waiting = [one.subject for one in tickets if one.device is None or one.device in session.members]
        result: dict[str, Any] = {
            "changed": False,
            "msg": lines,
            "nightshift_summary": {
                "classes": {name: dict(row) for name, row in summary.rows.items()},
                "attention": attention,
                "tickets": waiting,
                "decisions": reminded,
                "missed": {name: night.window.opens.isoformat() for name, night in missed.items()},
                "now": session.clock.now().isoformat(),
                "rehearsal": session.rehearsal,
            },
            "_ansible_verbose_always": True,
        }
        if attention:
            result["failed"] = True
            result["msg"] = [*lines, "an operator must look at:", *attention]
        return result
