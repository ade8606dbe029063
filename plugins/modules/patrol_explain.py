#!/usr/bin/python
# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This is a virtual module: all of it runs on the controller, in the action plugin of the same name.

from __future__ import annotations

DOCUMENTATION = r"""
module: patrol_explain
short_description: Explain every update of one device
version_added: 0.1.0
author: Nightshift contributors (@nightshift)
description:
  - Plans for one device from the ledger alone and says for every update the verdict, the reason and when the
    answer can change.
  - The device is not contacted. Nothing is changed.
  - It is a part of the playbooks of this collection and of little use elsewhere.
options:
  device:
    description: Name of the device in the inventory.
    type: str
    required: true
  ledger:
    description: SQLAlchemy URL of the ledger, by default the file beside the inventory.
    type: str
  now:
    description: An instant with an offset, in ISO 8601, to ask what would be done then.
    type: str
  approvals:
    description: File of the approvals, by default C(approvals.yml) beside the inventory.
    type: str
  exceptions:
    description: File of the exceptions, by default C(exceptions.yml) beside the inventory.
    type: str
  emergency:
    description: An emergency, to ask what would be done if it were declared. It is not recorded.
    type: raw
extends_documentation_fragment:
  - nightshift.fleet.on_controller
attributes:
  check_mode:
    support: full
    description: It changes nothing in any mode.
seealso:
  - module: nightshift.fleet.patrol_round
"""

EXAMPLES = r"""
- name: Why is this one not patched
  nightshift.fleet.patrol_explain:
    device: pc-017
  run_once: true
"""

RETURN = r"""
nightshift_explanation:
  description: The plan as data.
  returned: success
  type: dict
  contains:
    updates:
      description: Every missing update with its verdict.
      type: list
      elements: dict
      returned: success
    decisions:
      description: What would be done now.
      type: list
      elements: dict
      returned: success
    next_at:
      description: When the answer can change by itself.
      type: str
      returned: success
"""
