# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One seat's part in a room run. It never fails and is never unreachable: what a seat does not do, its verdict says."""

from __future__ import annotations

import os
import traceback
from dataclasses import replace
from typing import Any

from ansible import constants as C
from ansible.errors import AnsibleActionFail
from ansible.utils.display import Display
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import LedgerError, reopen
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.edge import TurnAction
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.lab_control import LabUnreachable
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.opening import choose_clock
from ansible_collections.nightshift.fleet.plugins.plugin_utils.room.problem import RoomError
from ansible_collections.nightshift.fleet.plugins.plugin_utils.room.seat_turn import Said, SeatTurn, rehearse
from ansible_collections.nightshift.fleet.plugins.plugin_utils.room.session import SessionFile

DO = ["look", "tell", "prepared", "excused", "mark", "start", "check", "sign"]
SPEC = {"do": {"type": "str", "required": True, "choices": DO}, "why": {"type": "str", "default": ""}}
display = Display()


class ActionModule(TurnAction):
    """nightshift.fleet.room_seat."""

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Take the turn of one seat."""
        super().run(tmp, task_vars)
        options = self.validate_argument_spec(argument_spec=SPEC)[1]
        variables = task_vars or {}
        name = variables["inventory_hostname"]
        rehearsal = bool(self._task.check_mode)
        try:
            session = SessionFile(C.DEFAULT_LOCAL_TMP).load()
            session = replace(session, controller=os.getppid())
            clock = choose_clock(None, False, variables.get("nightshift_lab"))
            if session.rehearsal:
                said = rehearse(session, self.caller(variables))
            else:
                turn = SeatTurn(reopen(session.ledger), session, clock, name, self.caller(variables))
                said = turn.take(options["do"], options["why"])
        except (RoomError, LabUnreachable, LedgerError) as wrong:
            raise AnsibleActionFail(str(wrong)) from None
        except Exception as unforeseen:  # of one seat: the others go on
            display.vvv(traceback.format_exc(), host=name)
            said = Said(False, f"{type(unforeseen).__name__}: {unforeseen}")
        return {"changed": said.changed, "msg": said.text, "nightshift_seat": {"ok": said.ok, "rehearsal": rehearsal}}
