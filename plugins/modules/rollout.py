#!/usr/bin/python
# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This is a virtual module: all of it runs on the controller, in the action plugin of the same name.

from __future__ import annotations

DOCUMENTATION = r"""
module: rollout
short_description: List halted rollouts, let one go on, or open a ring early
version_added: 0.1.0
author: Nightshift contributors (@nightshift)
description:
  - A rollout whose failures are above the limit of a ring stops everywhere until a person lets it go on. Failures
    from before that no longer count.
  - Who decided, when and why is kept in the audit trail.
options:
  state:
    description: What to do. V(listed) changes nothing.
    type: str
    choices: [listed, resumed, opened]
    default: listed
  update:
    description: A KB such as V(KB5068861), or the id of an update.
    type: str
  ring:
    description: The ring that O(state=opened) opens.
    type: str
  by:
    description: Who decides.
    type: str
  why:
    description: Why.
    type: str
  ledger:
    description: SQLAlchemy URL of the ledger, by default the file beside the inventory.
    type: str
attributes:
  check_mode:
    support: full
    description: Tells what would change.
  diff_mode:
    support: none
    description: The result lists what stands still.
  platform:
    platforms: posix
    support: full
    description: Runs on the controller.
seealso:
  - module: nightshift.fleet.patrol_explain
"""

EXAMPLES = r"""
- name: Go on after the two old disks were replaced
  nightshift.fleet.rollout:
    state: resumed
    update: KB5068861
    by: ada@example.com
    why: both failures were broken disks
  run_once: true
"""

RETURN = r"""
updates:
  description: Ids of the updates for which something changed.
  returned: success
  type: list
  elements: str
halted:
  description: The rollouts that stand still.
  returned: success
  type: list
  elements: dict
  contains:
    update:
      description: Id of the update.
      type: str
      returned: success
    label:
      description: Its KB, or else its title.
      type: str
      returned: success
    ring:
      description: The ring whose failures are above the limit.
      type: str
      returned: success
    why:
      description: How many of how many devices.
      type: str
      returned: success
    at:
      description: Since when.
      type: str
      returned: success
"""
