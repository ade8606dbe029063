#!/usr/bin/python
# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This is a virtual module: all of it runs on the controller, in the action plugin of the same name.

from __future__ import annotations

DOCUMENTATION = r"""
module: awx_schedules
short_description: Turn the windows of nightshift_policy into schedules of AWX, and compare
version_added: 0.1.0
author: Nightshift contributors (@nightshift)
description:
  - Gives the schedules that the policies of all hosts of the inventory ask for. It talks to no AWX; the role
    P(nightshift.fleet.awx#role) hands them to C(awx.awx.schedule).
  - Each window of a part of the fleet, which is all devices with the same windows, becomes one schedule, fired at
    exactly the instants at which the window opens, also in the nights in which clocks are set.
  - A window whose openings AWX cannot be told exactly is refused.
options:
  inventory:
    description: How AWX calls the inventory of these hosts. The names of all schedules begin with it.
    type: str
    default: Fleet
  rhythm:
    description:
      - How often a patrol runs round the clock, for what is due at any time. It must divide a day.
      - When empty there is none. The patrol of each window then stays until it closes.
    type: str
    default: 15m
  daily:
    description: When the daily workflow begins, as V("05:00"). When empty there is none.
    type: str
    default: ""
  zone:
    description: The time zone of O(daily), by default the one that most devices have.
    type: str
  found:
    description: The schedules that AWX has, as its API gives them. Those of other names are passed over.
    type: list
    elements: dict
  require_same:
    description: Whether to fail when O(found) differs from what the policy says.
    type: bool
    default: false
attributes:
  check_mode:
    support: full
    description: Changes nothing in any mode.
  diff_mode:
    support: none
    description: RV(drift) says what differs.
  platform:
    platforms: posix
    support: full
    description: Runs on the controller.
"""

EXAMPLES = r"""
- name: What the policies ask for
  nightshift.fleet.awx_schedules:
    daily: "05:00"
  register: asked

- name: Fail when somebody has changed a schedule in AWX
  nightshift.fleet.awx_schedules:
    daily: "05:00"
    found: "{{ query('awx.awx.controller_api', 'schedules', return_all=true) }}"
    require_same: true
"""

RETURN = r"""
schedules:
  description: The schedules by name, each with C(rrule), C(limit), C(description), C(extra_data), and C(launches),
    which is C(patrol) or C(workflow).
  returned: success
  type: list
  elements: dict
drift:
  description: One line for each difference.
  returned: when O(found) is given
  type: list
  elements: str
surplus:
  description: The names of schedules of ours for which no window asks.
  returned: when O(found) is given
  type: list
  elements: str
"""
