#!/usr/bin/python
# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This is a virtual module: all of it runs on the controller, in the action plugin of the same name.

from __future__ import annotations

DOCUMENTATION = r"""
module: software
short_description: List the software of the fleet
version_added: 0.1.0
author: Nightshift contributors (@nightshift)
description:
  - Lists what the devices of the play have installed, since when each program is known there, and writes it as CSV.
  - It reads the ledger alone; devices report their software with their searches.
options:
  name:
    description: Only programs with this text in their name, whatever the case.
    type: str
    default: ''
  gone:
    description: Whether to list what is no longer there too.
    type: bool
    default: false
  csv:
    description: File to write, in UTF-8.
    type: path
  ledger:
    description: SQLAlchemy URL of the ledger, by default the file beside the inventory.
    type: str
attributes:
  check_mode:
    support: full
    description: Writes no file.
  diff_mode:
    support: none
    description: The result lists all of it.
  platform:
    platforms: posix
    support: full
    description: Runs on the controller.
seealso:
  - module: nightshift.fleet.patrol_explain
"""

EXAMPLES = r"""
- name: Who has which browser
  nightshift.fleet.software:
    name: firefox
    csv: browsers.csv
  run_once: true
"""

RETURN = r"""
nightshift_software:
  description: One entry for each program on each device.
  returned: success
  type: list
  elements: dict
  sample:
    - device: pc-017
      name: 7-Zip 25.01 (x64)
      version: '25.01'
      publisher: Igor Pavlov
      scope: machine
      since: '2026-11-23T16:05:00+00:00'
      gone_at: ''
"""
