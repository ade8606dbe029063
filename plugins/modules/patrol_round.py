#!/usr/bin/python
# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This is a virtual module: all of it runs on the controller, in the action plugin of the same name.

from __future__ import annotations

DOCUMENTATION = r"""
module: patrol_round
short_description: Begin a round of a patrol
version_added: 0.1.0
author: Nightshift contributors (@nightshift)
description:
  - The first round opens the patrol. It validates the policy of every device, enrols the devices in the ledger
    and takes stock of what is due.
  - Every round waits until something is worth asking, probes the devices whose time has come, all at once, and
    fixes which of them are asked.
  - It is a part of the playbooks of this collection and of little use elsewhere.
options:
  number:
    description:
      - Number of the round; V(1) opens a patrol.
      - By default it is the round after the one that was begun last.
    type: int
  purpose:
    description: V(patrol) enforces the policy; V(scan) only searches.
    type: str
    choices: [patrol, scan]
    default: patrol
  ledger:
    description:
      - SQLAlchemy URL of the ledger.
      - By default an SQLite file C(.nightshift/ledger.sqlite) beside the inventory.
    type: str
  now:
    description:
      - An instant with an offset, in ISO 8601, to ask what would be done then.
      - Outside check mode it is refused, unless the inventory is a lab's; that lab's clock is then moved there.
    type: str
  stay:
    description:
      - How long to go on with rounds for what becomes due meanwhile, as a number with V(s), V(m), V(h) or V(d).
    type: str
    default: 0s
  time_budget:
    description: No round starts after this span.
    type: str
    default: 4h
  poll:
    description: How long to wait before a device that works is asked again.
    type: str
    default: 60s
  approvals:
    description:
      - File in which people approve, hold and decline updates; a relative path begins beside the inventory.
      - By default C(approvals.yml) beside the inventory, if it exists.
    type: str
  exceptions:
    description:
      - File of the exceptions; a relative path begins beside the inventory.
      - By default C(exceptions.yml) beside the inventory, if it exists.
    type: str
  emergency:
    description:
      - An emergency to declare, with C(updates), C(reason), C(authorised_by) and, if it is not to end after a day,
        C(expires).
      - It is recorded. Until it expires its updates count as approved, and install and restart outside windows.
    type: raw
  connect_timeout:
    description: Seconds that the probe waits for a device.
    type: float
    default: 2.0
extends_documentation_fragment:
  - nightshift.fleet.on_controller
attributes:
  check_mode:
    support: full
    description: Works on a private copy of the ledger and makes one round.
"""

EXAMPLES = r"""
- name: Begin the first round
  nightshift.fleet.patrol_round:
    number: 1
  run_once: true

- name: Begin the next one
  nightshift.fleet.patrol_round:
  run_once: true
"""

RETURN = r"""
nightshift_round:
  description: What the round found before anybody was asked.
  returned: success
  type: dict
  sample:
    number: 1
    now: "2026-11-23T16:00:00+00:00"
    asked: 21
    offline: 3
    devices: 24
    over: false
"""
