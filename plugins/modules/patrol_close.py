#!/usr/bin/python
# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This is a virtual module: all of it runs on the controller, in the action plugin of the same name.

from __future__ import annotations

DOCUMENTATION = r"""
module: patrol_close
short_description: End a patrol with a table by device class
version_added: 0.1.0
author: Nightshift contributors (@nightshift)
description:
  - Sums up where every device of the patrol stands.
  - Fails only when a person must look at a device, and names it. Devices that are switched off are no failure.
  - It is a part of the playbooks of this collection and of little use elsewhere.
options: {}
extends_documentation_fragment:
  - nightshift.fleet.on_controller
attributes:
  check_mode:
    support: full
    description: The table is that of the rehearsal.
seealso:
  - module: nightshift.fleet.patrol_round
"""

EXAMPLES = r"""
- name: Sum up by device class
  nightshift.fleet.patrol_close:
  run_once: true
"""

RETURN = r"""
nightshift_summary:
  description:
    - Counts by device class, the devices that need a person, the tickets in the outbox.
    - What people decided that deserves a look - exceptions that have expired, emergencies in force.
  returned: always
  type: dict
  sample:
    classes: {laptop: {devices: 8, up to date: 5, offline: 2, waiting: 1}}
    attention: []
    tickets: []
    decisions: ["exception expired 2026-11-20: physics (patching), authorised by head of physics"]
"""
