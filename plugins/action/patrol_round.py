# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Opens a patrol with its first round, and begins each round after it."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any, ClassVar

from ansible import constants as C
from ansible.errors import AnsibleActionFail
from ansible_collections.nightshift.fleet.plugins.plugin_utils.decided.problem import DecisionError
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import LedgerError, open_ledger
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.decisions import OPTIONS, read_told
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.inventory_facts import host_facts
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.lab_control import LabUnreachable
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.opening import (
    OpeningError,
    open_session,
    parse_span,
    place,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.probe import probe
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.round import begin
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.session import Purpose, Session, SessionFolder
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.stopping import stopped
from ansible_collections.nightshift.fleet.plugins.plugin_utils.policy.problems import PolicyError
from ansible_collections.nightshift.fleet.plugins.plugin_utils.policy.sources import policies_from_hostvars
from ansible_collections.nightshift.fleet.plugins.plugin_utils.tasks.controller import ControllerTask
from ansible_collections.nightshift.fleet.plugins.plugin_utils.tickets.inventory import routes_of
from ansible_collections.nightshift.fleet.plugins.plugin_utils.tickets.reading import TicketsError

SPEC = {
    "number": {"type": "int"},
    "purpose": {"type": "str", "default": "patrol", "choices": ["patrol", "scan"]},
    "ledger": {"type": "str"},
    "now": {"type": "str"},
    "stay": {"type": "str", "default": "0s"},
    "time_budget": {"type": "str", "default": "4h"},
    "poll": {"type": "str", "default": "60s"},
    **OPTIONS,
    "connect_timeout": {"type": "float", "default": 2.0},
}


class ActionModule(ControllerTask):
    """nightshift.fleet.patrol_round."""

    SPEC = SPEC
    PREFACES: ClassVar = {
        PolicyError: "nothing was done; the policy is not valid:\n",
        DecisionError: "nothing was done; what people decided is not valid:\n",
        TicketsError: "nothing was done; nightshift_tickets is not valid:\n",
    }

    def act(self, options: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """Open the run when this is its first round, then begin the round."""
        folder = SessionFolder(C.DEFAULT_LOCAL_TMP)
        first = options["number"] == 1
        opened = None if first else folder.load(fresh=True)
        number = options["number"] or (opened.round + 1 if opened else 0)
        try:
            session = self._open(folder, options, variables) if first else opened
            if session is None:
                raise AnsibleActionFail("no patrol is open; run the playbook nightshift.fleet.patrol")
            ledger = open_ledger(session.ledger)
            prober = partial(probe, timeout=options["connect_timeout"])
            begun = stopped(folder, ledger, session, number) or begin(folder, ledger, session, number, prober)
        except (OpeningError, LabUnreachable, LedgerError) as wrong:
            what = "nothing was done" if first else f"broken off in round {number}, and the next patrol carries on"
            raise AnsibleActionFail(f"{what}; {wrong}") from wrong
        return {
            "changed": False,
            "msg": begun.text,
            "nightshift_round": {
                "number": begun.number,
                "now": begun.now.isoformat(),
                "asked": begun.asked,
                "offline": begun.offline,
                "over": begun.over,
                "devices": len(session.members),
            },
        }

    def _open(self, folder: SessionFolder, options: dict[str, Any], task_vars: dict[str, Any]) -> Session:
        folder.clear()
        clock = self.clock(options["now"])
        hosts = task_vars["ansible_play_hosts_all"]
        facts = host_facts(hosts, task_vars)
        found = place(facts, policies_from_hostvars(hosts, task_vars["hostvars"], clock.now()))
        said = {fact.tickets: fact.name for fact in facts if fact.tickets}
        routes_of(said.values(), task_vars)  # read now, so that a mistake is told before anything is done
        written = read_told(options, task_vars, clock.now())
        session = open_session(
            purpose=Purpose(options["purpose"]),
            rehearsal=self.rehearsal,
            ledger=self.ledger_url(options),
            clock=clock,
            stay=parse_span("nightshift_stay", options["stay"]),
            budget=parse_span("nightshift_time_budget", options["time_budget"]),
            poll=max(parse_span("nightshift_poll", options["poll"]), timedelta(seconds=1)),
            found=found,
            folder=folder,
            written=written,
            groups={fact.name: fact.groups for fact in facts},
        )
        folder.save(session)
        return session
