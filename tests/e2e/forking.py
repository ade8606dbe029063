# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Somebody with ansible-playbook whose runs are forked from a process that has loaded Ansible."""

from __future__ import annotations

from lab.operator import Operator, Run
from tests.services import plays


class ForkingOperator(Operator):
    """An operator whose runs are forked."""

    __slots__ = ()

    def play(self, playbook: str, *arguments: str, **variables: str) -> Run:
        """Play a playbook of the collection to its end and return how it went."""
        done = plays.run(
            self.command(playbook, *arguments, **variables), cwd=self.folder, env=self.variables(), timeout=600
        )
        return Run(done.returncode, done.stdout, done.stderr)
