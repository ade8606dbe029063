#!/usr/bin/python
# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This is a virtual module: all of it runs on the controller, in the action plugin of the same name.

from __future__ import annotations

DOCUMENTATION = r"""
module: stop
short_description: Stop every patrol, or let them go on
version_added: 0.1.0
author: Nightshift contributors (@nightshift)
description:
  - While a stop stands, no patrol that uses the ledger begins a round, and one that runs ends before its next.
  - What devices are at goes on to its end. Its results stay on the devices until a patrol collects them, so nothing
    is lost and nothing is done twice.
  - A stop has an end, so that nobody's fleet stays unpatched because it was forgotten. Every patrol tells of it.
options:
  reason:
    description: Why.
    type: str
    required: true
  by:
    description: Who stops patrols, by default the user who runs the playbook.
    type: str
  expires:
    description: After this span the stop is over, as V(4h) or V(2d), at most 14 days.
    type: str
    default: 1d
  state:
    description: V(absent) ends every stop.
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
    description: RV(msg) says what stands.
  platform:
    platforms: posix
    support: full
    description: Runs on the controller.
seealso:
  - module: nightshift.fleet.exception
"""

EXAMPLES = r"""
- name: Nothing more tonight
  nightshift.fleet.stop:
    reason: exams in all rooms until six
    expires: 8h
  run_once: true

- name: Go on
  nightshift.fleet.stop:
    reason: the exams are over
    state: absent
  run_once: true
"""

RETURN = r"""
msg:
  description: What stands now.
  returned: success
  type: str
  sample: "stopped by ada until Tue 2026-11-24 06:00 UTC: exams in all rooms until six"
"""
