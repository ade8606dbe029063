# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lets a person look at rollouts, lift a halt, or open a ring early; who and why is on record."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ansible import constants as C
from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import LedgerError, open_ledger, private_copy
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger.rollouts import Halt
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.lab_control import LabUnreachable
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.opening import (
    OpeningError,
    choose_clock,
    default_ledger,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.policy.problems import PolicyError
from ansible_collections.nightshift.fleet.plugins.plugin_utils.policy.sources import policies_from_hostvars

SPEC = {
    "state": {"type": "str", "choices": ["listed", "resumed", "opened"], "default": "listed"},
    "update": {"type": "str"},
    "ring": {"type": "str"},
    "by": {"type": "str"},
    "why": {"type": "str"},
    "ledger": {"type": "str"},
}
NEEDED = {"listed": (), "resumed": ("update", "by", "why"), "opened": ("update", "ring", "by", "why")}


class ActionModule(ActionBase):  # type: ignore[misc]
    """nightshift.fleet.rollout."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Do what a person decided, and list what stands still."""
        super().run(tmp, task_vars)
        options = self.validate_argument_spec(argument_spec=SPEC)[1]
        variables = task_vars or {}
        rehearsal = bool(self._task.check_mode)
        for name in NEEDED[options["state"]]:
            if not options[name]:
                raise AnsibleActionFail(f"{name}: is missing; state {options['state']} needs {name}")
        try:
            if options["state"] == "opened":
                self._check_ring(options["ring"], variables)
            now = choose_clock(None, True, variables.get("nightshift_lab")).now()
            url = options["ledger"] or default_ledger(variables.get("inventory_dir"))
            changed: tuple[str, ...] = ()
            with TemporaryDirectory(dir=C.DEFAULT_LOCAL_TMP) as folder:  # check mode records there
                if options["state"] == "listed":
                    halts = self._halts(url)
                else:
                    changed, halts = self._decide(private_copy(url, Path(folder)) if rehearsal else url, options, now)
        except PolicyError as wrong:
            raise AnsibleActionFail("\n".join(str(problem) for problem in wrong.problems)) from wrong
        except (LedgerError, OpeningError, LabUnreachable) as wrong:
            raise AnsibleActionFail(str(wrong)) from wrong
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

    def _halts(self, url: str) -> tuple[Halt, ...]:
        with open_ledger(url, read_only=True).read() as view:
            return view.rollouts.halts()

    def _decide(self, url: str, options: dict[str, Any], now: datetime) -> tuple[tuple[str, ...], tuple[Halt, ...]]:
        """Record what the person decided; returns the updates concerned, and what still stands still."""
        update, by, why = options["update"], options["by"], options["why"]
        with open_ledger(url).begin() as tx:
            if options["state"] == "resumed":
                changed = tx.rollouts.resume(update, by, why, now)
            else:
                changed = tx.rollouts.open_ring(update, options["ring"], by, why, now)
            return changed, tx.rollouts.halts()
