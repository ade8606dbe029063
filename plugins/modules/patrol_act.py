#!/usr/bin/python
# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This is a virtual module: all of it runs on the controller, in the action plugin of the same name.

from __future__ import annotations

DOCUMENTATION = r"""
module: patrol_act
short_description: Do to a device what was decided
version_added: 0.1.0
author: Nightshift contributors (@nightshift)
description:
  - Plans again under the device's lease and does what belongs to the turn, through M(nightshift.fleet.win_patch_scan),
    M(nightshift.fleet.win_patch_apply) and M(nightshift.fleet.win_patch_restart).
  - It is a part of the playbooks of this collection and of little use elsewhere.
options:
  turn:
    description: V(start) searches and installs, V(restart) restarts, V(remind) tells users.
    type: str
    choices: [start, restart, remind]
    required: true
attributes:
  check_mode:
    support: full
    description: The device says what it would do.
  diff_mode:
    support: none
    description: What a run would do is its plan, which check mode prints.
  platform:
    platforms: posix
    support: full
    description: Runs on the controller and, through WinRM, on the device.
seealso:
  - module: nightshift.fleet.patrol_round
"""

EXAMPLES = r"""
- name: Start the job on the device
  nightshift.fleet.patrol_act:
    turn: start
"""

RETURN = r"""
nightshift:
  description: Where the device stands after its turn.
  returned: success
  type: dict
  sample:
    class: laptop
    status: working
    counts: {missing: 4, install: 3, ignored: 1}
    again: "2026-11-24T16:01:00+00:00"
"""
