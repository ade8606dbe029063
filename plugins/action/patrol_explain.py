# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Says why, from the ledger alone: it works for a device that is switched off, and changes nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import open_ledger
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.decisions import OPTIONS, read_told
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.explanation import as_data, explanation
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.inventory_facts import host_facts
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.nights import nights_of
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.opening import place
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.planned import planned
from ansible_collections.nightshift.fleet.plugins.plugin_utils.policy.sources import policies_from_hostvars
from ansible_collections.nightshift.fleet.plugins.plugin_utils.tasks.controller import ControllerTask

LATELY = timedelta(days=28)  # whose missed windows are told
SPEC = {
    "device": {"type": "str", "required": True},
    "ledger": {"type": "str"},
    "now": {"type": "str"},
    **OPTIONS,
}


class ActionModule(ControllerTask):
    """nightshift.fleet.patrol_explain."""

    SPEC = SPEC

    def act(self, options: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """Explain one device of the inventory."""
        device = options["device"]
        if device not in variables["hostvars"]:
            raise AnsibleActionFail(f"device: '{device}' is not a host of this inventory")
        now = self.now(options["now"])
        facts = host_facts([device], variables)
        written = read_told(options, variables, now)
        found = place(facts, policies_from_hostvars([device], variables["hostvars"], now))
        member = found.members[device]
        policy = found.policies[member.policy].policy
        ledger = open_ledger(self.ledger_url(options), read_only=True)
        with ledger.read() as tx:
            known = planned(tx, found, written, {device: facts[0].groups}, now).get(device)
            missed = nights_of(tx, {device: policy}, now - LATELY, now).get(device, ()) if known else ()
        if known is None:
            raise AnsibleActionFail(f"device: '{device}' is in the inventory, and no patrol has seen it yet")
        made = known.plan
        return {
            "changed": False,
            "msg": explanation(known.state, policy, made, member.device.device_class, missed),
            "nightshift_explanation": {
                "updates": [as_data(verdict) for verdict in made.verdicts],
                "decisions": [{"action": one.action.value, "text": one.text} for one in made.decisions],
                "next_at": made.next_at.isoformat() if made.next_at else None,
            },
            "_ansible_verbose_always": True,
        }
