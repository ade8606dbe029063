# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which hosts a play of a patrol's round is over."""

from __future__ import annotations

DOCUMENTATION = r"""
name: turn
author: Nightshift contributors (@nightshift)
short_description: The devices that a turn of a patrol's round plays over
version_added: 0.1.0
description:
  - Names the hosts of the next play in the rounds of P(nightshift.fleet.patrol_round#module).
  - An empty selection gives the pattern V(!all), which matches no host.
  - Of use only inside the playbooks of this collection.
options:
  _terms:
    description:
      - V(ask), the devices that the round which was begun last asks.
      - Where it asks nobody, one host of the patrol, which begins the next round; no host when the patrol is over.
    required: true
"""

EXAMPLES = r"""
- name: Ask each what it lacks
  hosts: "{{ query('nightshift.fleet.turn', 'ask') }}"
"""

RETURN = r"""
_raw:
  description: Host names, or a pattern.
  type: list
  elements: str
"""

from typing import Any

from ansible import constants as C
from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.preparing import prepare_turns
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.session import SessionFolder

NOBODY = ["!all"]  # an empty list would make Ansible select every host


class LookupModule(LookupBase):
    """Resolve ``hosts`` from what the run's workers wrote."""

    def run(self, terms: list[str], variables: Any = None, **kwargs: Any) -> list[str]:
        """Return the host names of one turn, or a pattern that matches nobody."""
        turn = terms[0]
        folder = SessionFolder(C.DEFAULT_LOCAL_TMP)
        session = folder.load(fresh=True)  # read here once, in the main process: the workers of the play inherit it
        if session is None or folder.ended():
            return NOBODY
        if turn != "ask":
            raise AnsibleLookupError(f"nightshift.fleet.turn: '{turn}' is not a turn; use ask")
        if not folder.asked(session.round):  # read here for the workers, too
            return list(session.members)[:1] or ["all"]
        prepare_turns(session)
        return folder.read_turn("ask", session.round)
