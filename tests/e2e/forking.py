# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Somebody with ansible-playbook whose runs and labs are forked from processes that have loaded their modules."""

from __future__ import annotations

from typing import ClassVar

from lab.background import Launch
from lab.operator import Operator, Run
from tests.services import labs, plays


class ForkingOperator(Operator):
    """An operator whose runs and labs are forked."""

    __slots__ = ()
    launch: ClassVar[Launch] = staticmethod(labs.launch)

    def play(self, playbook: str, *arguments: str, **variables: str) -> Run:
        """Play a playbook of the collection to its end and return how it went."""
        done = plays.run(
            self.command(playbook, *arguments, **variables), cwd=self.folder, env=self.variables(), timeout=600
        )
        return Run(done.returncode, done.stdout, done.stderr)
