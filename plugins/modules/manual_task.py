#!/usr/bin/python
# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This is a virtual module: all of it runs on the controller, in the action plugin of the same name.

from __future__ import annotations

DOCUMENTATION = r"""
module: manual_task
short_description: List the manual tasks, or record the result of one
version_added: 0.1.0
author: Nightshift contributors (@nightshift)
description:
  - What cannot be installed automatically is a task for the person responsible for the device, open until somebody
    records a result here. Its tickets are closed with it.
  - A task that was done comes back when a later search still finds the update missing; one not needed does not.
  - Who recorded what, and when, is kept in the audit trail.
options:
  state:
    description: What to do. V(listed) changes nothing.
    type: str
    choices: [listed, closed]
    default: listed
  task:
    description: The id of the task, as it is listed.
    type: str
  result:
    description: V(done), or V(not_needed) where the person responsible decides that it is not installed.
    type: str
    choices: [done, not_needed]
  by:
    description: Who did it.
    type: str
  note:
    description: What is worth knowing.
    type: str
    default: ""
  device:
    description: Lists the tasks of one device only.
    type: str
  ledger:
    description: SQLAlchemy URL of the ledger, by default the file beside the inventory.
    type: str
attributes:
  check_mode:
    support: full
    description: Tells what would be open afterwards.
  diff_mode:
    support: none
    description: The result lists what is open.
  platform:
    platforms: posix
    support: full
    description: Runs on the controller.
seealso:
  - module: nightshift.fleet.patrol_explain
"""

EXAMPLES = r"""
- name: What is to be done by hand
  nightshift.fleet.manual_task:
  run_once: true

- name: It is done
  nightshift.fleet.manual_task:
    state: closed
    task: 3f1c0a9be2d4
    result: done
    by: bob@example.com
    note: installed from the share
  run_once: true
"""

RETURN = r"""
tasks:
  description: The tasks that are open.
  returned: success
  type: list
  elements: dict
  contains:
    task:
      description: Its id.
      type: str
      returned: success
    device:
      description: The device.
      type: str
      returned: success
    update:
      description: The KB, or else the title, of the update.
      type: str
      returned: success
    why:
      description: Why it cannot be automated.
      type: str
      returned: success
    responsible:
      description: Whom the register names.
      type: str
      returned: success
    bulletin:
      description: Address of the vendor's page.
      type: str
      returned: success
    opened_at:
      description: Since when.
      type: str
      returned: success
"""
