# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Controller half of a device's turn: ask, record, plan, act."""

from __future__ import annotations

from typing import Any

from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.acting import TURNS, allowed
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.asking import ask
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.edge import TurnAction


class ActionModule(TurnAction):
    """nightshift.fleet.patrol_ask."""

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Take the turn of one host."""
        super().run(tmp, task_vars)
        variables = task_vars or {}
        self.validate_argument_spec(argument_spec={})
        may = allowed(turn for turn in TURNS if selected(turn, variables))
        host = variables["inventory_hostname"]
        folder, session, member = self.patrol_of(host)
        if host not in folder.asked(session.round):
            return {"skipped": True, "skip_reason": f"round {session.round} does not ask it"}
        word = self.word_of(member, lambda: ask(session, member, self.caller(variables), may))
        folder.say(session.round, word)
        return self.result_of(word, member, session.rehearsal)


def selected(turn: str, variables: dict[str, Any]) -> bool:
    """Tell whether ``--tags`` and ``--skip-tags`` leave a turn in, as Ansible would for a task with that tag."""
    wanted = set(variables.get("ansible_run_tags") or ["all"])
    left_out = set(variables.get("ansible_skip_tags") or [])
    return not wanted.isdisjoint(("all", "tagged", turn)) and left_out.isdisjoint(("all", "tagged", turn))
