#!/usr/bin/python
# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This is a virtual module: all of it runs on the controller, in the action plugin of the same name.

from __future__ import annotations

DOCUMENTATION = r"""
module: approval
short_description: Approve, hold or decline an update
version_added: 0.1.0
author: Nightshift contributors (@nightshift)
description:
  - Adds one decision about an update to the end of C(approvals.yml). What stands in the file stays as it is, with its
    comments - of several decisions about one update the last one counts.
  - Nothing is written when the last decision about the same update and rings says the same.
  - The decision enters the audit trail of the ledger - who, what, when and why.
options:
  update:
    description: The update, as a KB like V(KB5068861) or as its id.
    type: str
    required: true
  decision:
    description:
      - V(approve) lets it in where the policy wants approvals.
      - V(hold) keeps it out, and whatever replaces it, until it is lifted or expires.
      - V(decline) keeps it out; what replaces it is another matter.
    type: str
    choices: [approve, hold, decline]
    required: true
  by:
    description: Who decided, by default the user who runs Ansible.
    type: str
  reason:
    description: Why, in a sentence.
    type: str
    required: true
  'on':
    description: When it was decided, by default now. A date, or an instant with its offset, in ISO 8601.
    type: str
  not_before:
    description: With an approval, nothing is installed before it. A date is its first instant in the device's zone.
    type: str
  expires:
    description: From then on the decision does not count. A date is the end of that day in the device's zone.
    type: str
  rings:
    description: The rings that the decision is for, by default all of them.
    type: list
    elements: str
  path:
    description: The file, by default C(approvals.yml) beside the inventory, where a relative path begins too.
    type: str
  ledger:
    description: SQLAlchemy URL of the ledger, by default the file beside the inventory.
    type: str
attributes:
  check_mode:
    support: full
    description: Says what would be written.
  diff_mode:
    support: full
    description: Shows the entry.
  platform:
    platforms: posix
    support: full
    description: Runs on the controller.
seealso:
  - module: nightshift.fleet.patrol_round
  - module: nightshift.fleet.patrol_explain
"""

EXAMPLES = r"""
- name: Let the November update in, first in two rings
  nightshift.fleet.approval:
    update: KB5068861
    decision: approve
    by: ada
    reason: a week in the test room without trouble
    rings: [canary, early]
  run_once: true

- name: Stop it everywhere
  nightshift.fleet.approval:
    update: KB5068861
    decision: hold
    by: ada
    reason: printers of the library fail
  run_once: true
"""

RETURN = r"""
nightshift_approval:
  description: The entry, in the words of the file.
  returned: success
  type: dict
  sample:
    update: KB5068861
    decision: approve
    by: ada
    "on": "2026-11-23T10:12:00+00:00"
    reason: a week in the test room without trouble
"""
