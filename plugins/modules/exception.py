#!/usr/bin/python
# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This is a virtual module: all of it runs on the controller, in the action plugin of the same name.

from __future__ import annotations

DOCUMENTATION = r"""
module: exception
short_description: Record an exception in the ledger
version_added: 0.1.0
author: Nightshift contributors (@nightshift)
description:
  - Takes devices or groups out of patching, of one update, of restarts or of cloning, as an entry of
    C(exceptions.yml) does, without a file. It holds for every patrol that uses the same ledger.
  - An exception without a reason or an authoriser is refused. It enters the audit trail, and so does its end.
options:
  scope:
    description: What the devices are taken out of - V(patching), V(update), V(restarts) or V(cloning), or several.
    type: list
    elements: str
    required: true
  update:
    description: The KB or id of the update, with the scope V(update).
    type: str
  devices:
    description: Devices of the inventory. Devices or groups must be given.
    type: list
    elements: str
  groups:
    description: Groups of the inventory.
    type: list
    elements: str
  reason:
    description: Why.
    type: str
    required: true
  authorised_by:
    description: The head of unit, department or project who authorised it.
    type: str
    required: true
  expires:
    description: When it ends, a date (the end of that day in the device's zone) or an instant. Without it, never.
    type: str
  state:
    description: V(absent) ends the exception that says exactly the same.
    type: str
    choices: [present, absent]
    default: present
  ledger:
    description: SQLAlchemy URL of the ledger, by default the file beside the inventory.
    type: str
attributes:
  check_mode:
    support: full
    description: Says whether something would be recorded.
  diff_mode:
    support: none
    description: The result has the whole entry.
  platform:
    platforms: posix
    support: full
    description: Runs on the controller.
seealso:
  - module: nightshift.fleet.approval
"""

EXAMPLES = r"""
- name: Leave the measuring computers alone until the end of the year
  nightshift.fleet.exception:
    scope: [patching, restarts]
    groups: [physics]
    reason: a measurement runs
    authorised_by: head of physics
    expires: "2026-12-31"
  run_once: true
"""

RETURN = r"""
nightshift_exception:
  description: The entry, in the words of exceptions.yml.
  returned: success
  type: dict
  sample:
    scope: [patching, restarts]
    groups: [physics]
    reason: a measurement runs
    authorised_by: head of physics
    expires: "2026-12-31"
"""
