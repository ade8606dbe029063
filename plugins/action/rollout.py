# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lets a person look at rollouts, lift a halt, or open a ring early; who and why is on record."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import Ledger, open_ledger
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger.rollouts import Halt
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.opening import OpeningError
from ansible_collections.nightshift.fleet.plugins.plugin_utils.policy.sources import policies_from_hostvars
from ansible_collections.nightshift.fleet.plugins.plugin_utils.tasks.controller import ControllerTask

SPEC = {
    "state": {"type": "str", "choices": ["listed", "resumed", "opened"], "default": "listed"},
    "update": {"type": "str"},
    "ring": {"type": "str"},
    "by": {"type": "str"},
    "why": {"type": "str"},
    "ledger": {"type": "str"},
}
NEEDED = {"listed": (), "resumed": ("update", "by", "why"), "opened": ("update", "ring", "by", "why")}


class ActionModule(ControllerTask):
    """nightshift.fleet.rollout."""

    SPEC = SPEC

    def act(self, options: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """Do what a person decided, and list what stands still."""
        for name in NEEDED[options["state"]]:
            if not options[name]:
                raise AnsibleActionFail(f"{name}: is missing; state {options['state']} needs {name}")
        if options["state"] == "opened":
            self._check_ring(options["ring"], variables)
        now = self.now()
        changed: tuple[str, ...] = ()
        if options["state"] == "listed":
            with open_ledger(self.ledger_url(options), read_only=True).read() as view:
                halts = view.rollouts.halts()
        else:
            with self.recording(options) as ledger:
                changed, halts = _decide(ledger, options, now)
        told = [f"{one.label}: halted in ring {one.ring} since {one.at:%Y-%m-%d %H:%M} UTC: {one.why}" for one in halts]
        return {
            "changed": bool(changed),
            "msg": told or ["no rollout is halted"],
            "updates": list(changed),
            "halted": [
                {
                    "update": one.update_id,
                    "label": one.label,
                    "ring": one.ring,
                    "why": one.why,
                    "at": one.at.isoformat(),
                }
                for one in halts
            ],
            "_ansible_verbose_always": True,
        }

    def _check_ring(self, ring: str, variables: dict[str, Any]) -> None:
        """Refuse a ring that no policy of the play's hosts has. Raises OpeningError and PolicyError."""
        loaded = policies_from_hostvars(variables["ansible_play_hosts_all"], variables["hostvars"])
        names = list(dict.fromkeys(one.name for found in loaded.values() for one in found.policy.rings))
        if ring not in names:
            known = f"use {', '.join(names)}" if names else "give nightshift_policy.rings first"
            raise OpeningError(f"ring: '{ring}' is not a ring of these devices' policies; {known}")


def _decide(ledger: Ledger, options: dict[str, Any], now: datetime) -> tuple[tuple[str, ...], tuple[Halt, ...]]:
    """Record what the person decided; returns the updates concerned, and what still stands still."""
    update, by, why = options["update"], options["by"], options["why"]
    with ledger.begin() as tx:
        if options["state"] == "resumed":
            changed = tx.rollouts.resume(update, by, why, now)
        else:
            changed = tx.rollouts.open_ring(update, options["ring"], by, why, now)
        return changed, tx.rollouts.halts()
