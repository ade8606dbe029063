#!/usr/bin/python
# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This is a virtual module: all of it runs on the controller, in the action plugin of the same name.

from __future__ import annotations

DOCUMENTATION = r"""
module: patrol_ask
short_description: Ask a device what it lacks, record it, decide, and do what is due
version_added: 0.1.0
author: Nightshift contributors (@nightshift)
description:
  - Collects the device's report with M(nightshift.fleet.win_patch_scan), records it in the ledger and plans.
  - What the plan decides is done in the same contact, over the same connection. Jobs are only started; nothing waits
    for their end.
  - The tags V(start), V(restart) and V(remind) select what may be done. With C(--tags ask) devices are only asked, with
    C(--skip-tags restart) none is restarted.
  - A device that the round which was begun last does not ask is skipped.
  - A device that does not answer, or whose answer is a failure, is told by the status and never fails the task.
  - It is a part of the playbooks of this collection and of little use elsewhere.
options: {}
extends_documentation_fragment:
  - nightshift.fleet.on_controller
attributes:
  check_mode:
    support: full
    description: The device is only read, and nothing is recorded.
  platform:
    platforms: posix
    support: full
    description: Runs on the controller and, through WinRM, on the device.
seealso:
  - module: nightshift.fleet.patrol_round
"""

EXAMPLES = r"""
- name: Collect, record, plan and act
  nightshift.fleet.patrol_ask:
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
