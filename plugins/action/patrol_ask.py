# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Controller half of a device's turn: ask, record, plan."""

from __future__ import annotations

from typing import Any

from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.asking import ask
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.edge import TurnAction


class ActionModule(TurnAction):
    """nightshift.fleet.patrol_ask."""

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Take the turn of one host."""
        super().run(tmp, task_vars)
        variables = task_vars or {}
        self.validate_argument_spec(argument_spec={})
        folder, session, member = self.patrol_of(variables["inventory_hostname"])
        word = self.word_of(member, lambda: ask(session, member, self.caller(variables)))
        folder.say(session.round, word)
        return self.result_of(word, member, session.rehearsal)
