#!/usr/bin/python
# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This is a virtual module: all of it runs on the controller, in the action plugin of the same name.

from __future__ import annotations

DOCUMENTATION = r"""
module: reconcile
short_description: Tell where the sources of an inventory differ about a device
version_added: 0.1.0
author: Nightshift contributors (@nightshift)
description:
  - Compares what each source of the inventory says of each host in its variable C(nightshift_from_<source>). The
    inventory plugins of this collection set theirs; other plugins do with C(compose).
  - Tells devices that one source alone knows (C(one_source)), that one source knows and another one lacks that should
    know them (C(missing)), that have different MAC addresses (C(mac)) or rooms (C(room)) in two sources, MAC addresses
    of two devices (C(shared_mac)) or that are none (C(unreadable)), computers that are two hosts because their sources
    spell the name differently (C(spelling)), and devices that last answered under another name than the inventory's
    (C(other_name), from the ledger).
  - Always compares the whole inventory, whatever C(--limit) says. No device and no source is asked or changed.
options:
  dest:
    description: Folder for C(reconcile.json) and C(reconcile.csv). By default nothing is written.
    type: path
  sources:
    description:
      - Sources that must know a host at least. Where one knows none the task fails, because it was not read.
    type: list
    elements: str
    default: []
  expect:
    description:
      - Which source is to know the devices of which other. By default what C(fog) knows is to be in C(ad).
      - An empty list expects nothing.
    type: list
    elements: dict
    suboptions:
      known_to:
        description: The source whose devices are looked at.
        type: str
        required: true
      also_to:
        description: The source that is to know them too.
        type: str
        required: true
      device_class:
        description: Only devices of this class (C(nightshift_device.class)).
        type: str
  fail_on:
    description:
      - Kinds of findings that make the task fail once everything is told and written; V(any) is all of them.
      - By default no finding is a failure.
    type: list
    elements: str
    choices: [one_source, missing, mac, shared_mac, room, spelling, other_name, unreadable, any]
    default: []
  ledger:
    description: SQLAlchemy URL of the ledger, by default the file beside the inventory.
    type: str
attributes:
  check_mode:
    support: full
    description: Tells the findings; no file is written.
  diff_mode:
    support: full
    description: Shows the files before and after.
  platform:
    platforms: posix
    support: full
    description: Runs on the controller.
seealso:
  - plugin: nightshift.fleet.device_register
    plugin_type: inventory
  - plugin: nightshift.fleet.fog
    plugin_type: inventory
"""

EXAMPLES = r"""
- name: Tell where the register, FOG and Active Directory differ
  nightshift.fleet.reconcile:
    sources: [register, fog, ad]
    dest: /srv/reports/reconcile
  run_once: true

- name: Every PC of a room is in FOG, and what is in FOG is in the directory, or the run fails
  nightshift.fleet.reconcile:
    expect:
      - {known_to: register, also_to: fog, device_class: room}
      - {known_to: fog, also_to: ad}
    fail_on: [missing]
  run_once: true
"""

RETURN = r"""
files:
  description: The files of the comparison.
  returned: when O(dest) is given
  type: list
  elements: str
nightshift_reconcile:
  description: The content of C(reconcile.json).
  returned: always
  type: dict
  contains:
    hosts:
      description: How many hosts were compared.
      type: int
    sources:
      description: How many hosts each source knows.
      type: dict
    kinds:
      description: How many findings there are of each kind.
      type: dict
    findings:
      description: Each finding with C(kind), C(host), C(text) and, by source, what was C(said).
      type: list
      elements: dict
    notes:
      description: What could not be compared, and why.
      type: list
      elements: str
"""
