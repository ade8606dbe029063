# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The Ansible edge of a device's turn: a module call out, a result or a plain exception back."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from typing import Any

from ansible import constants as C
from ansible.errors import AnsibleAuthenticationFailure, AnsibleConnectionFailure, AnsibleError
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from .contact import Call, DeviceFault, NoAnswer
from .session import Member, Session, SessionFolder, Word

display = Display()


class NotInPatrol(Exception):
    """The task runs outside the rounds of a patrol."""


class TurnAction(ActionBase):  # type: ignore[misc]
    """What the actions of a device's turn share: the session, the device, the module call."""

    TRANSFERS_FILES = False

    def patrol_of(self, host: str) -> tuple[SessionFolder, Session, Member]:
        """Return the running session and the host's place in it. Raises NotInPatrol."""
        folder = SessionFolder(C.DEFAULT_LOCAL_TMP)
        session = folder.load()
        if session is None or host not in session.members:
            raise NotInPatrol(f"{host}: no patrol asked for it; run the playbook nightshift.fleet.patrol")
        return folder, session, session.members[host]

    def word_of(self, member: Member, turn: Callable[[], Word]) -> Word:
        """Take a device's turn; what nobody foresaw is told of this device, and the others go on."""
        try:
            return turn()
        except Exception as unforeseen:
            display.vvv(traceback.format_exc(), host=member.device.name)
            return Word(member.device.name, "attention", f"{type(unforeseen).__name__}: {unforeseen}")

    def caller(self, task_vars: dict[str, Any]) -> Call:
        """Return the function through which a turn talks to this host.

        It raises NoAnswer when the device cannot be reached and DeviceFault when it answers with a failure.
        """

        def call(module: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
            try:
                result = self._execute_module(
                    module_name=f"nightshift.fleet.{module}", module_args=dict(arguments), task_vars=task_vars
                )
            except AnsibleError as trouble:
                raise fault_of(trouble) from trouble
            if result.get("failed"):
                raise DeviceFault(
                    f"{module}: {result.get('msg') or result.get('module_stderr') or 'failed without a message'}"
                )
            return result  # type: ignore[no-any-return]

        return call

    @staticmethod
    def result_of(word: Word, member: Member, rehearsal: bool) -> dict[str, Any]:
        """Return the task result that tells a word: never failed, never unreachable."""
        return {
            "changed": word.changed,
            "msg": word.text,
            "nightshift": {
                "class": member.device.device_class,
                "status": word.status,
                "counts": dict(word.counts),
                "rehearsal": rehearsal,
                "plan": list(word.lines),
                "again": word.again.isoformat() if word.again else None,
            },
        }


def fault_of(trouble: AnsibleError) -> NoAnswer | DeviceFault:
    """Tell a device that cannot be reached from one that answers with a refusal.

    ansible-core's winrm connection has one exception for both and a text for a 401, and raises plain
    AnsibleError("the connection attempt timed out") (plugins/connection/winrm.py, _winrm_connect).
    """
    said = str(trouble)
    if isinstance(trouble, AnsibleAuthenticationFailure) or "credentials were rejected" in said:
        return DeviceFault(f"the credentials are refused: {said}")
    if isinstance(trouble, AnsibleConnectionFailure) or "timed out" in said:
        return NoAnswer(said)
    return DeviceFault(said)
