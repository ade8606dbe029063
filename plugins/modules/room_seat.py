#!/usr/bin/python
# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This is a virtual module: the action plugin of the same name talks to the device through other modules.

from __future__ import annotations

DOCUMENTATION = r"""
module: room_seat
short_description: Take one seat's part in the run that gives its room an image
version_added: 0.1.0
author: Nightshift contributors (@nightshift)
description:
  - The steps of the role C(nightshift.fleet.room_cloning) that talk to a seat; see C(docs/rooms.md).
  - A seat that does not answer, or refuses, fails no task and is never unreachable. Its verdict says it.
options:
  do:
    description:
      - V(look) asks who is logged on, and what the seat is, before its disk is touched.
      - V(tell) tells its users, where the policy wants it.
      - V(prepared) keeps that its own tasks before the clone succeeded; V(excused) leaves it alone for O(why).
      - V(mark) writes the job onto its disk. V(start) restarts it into the network, unless somebody is logged on.
      - V(check) asks it what it is, after its job. V(sign) leaves the run's own marker on a disk that is proved.
    type: str
    required: true
    choices: [look, tell, prepared, excused, mark, start, check, sign]
  why:
    description: Why the seat is left alone.
    type: str
    default: ''
attributes:
  check_mode:
    support: full
    description: Only looks, and records nothing.
  diff_mode:
    support: none
    description: Everything that changes is kept in the ledger, step by step.
  platform:
    platforms: windows
    support: full
    description: Talks to Windows devices.
"""

EXAMPLES = r"""
- name: Ask each who is logged on
  nightshift.fleet.room_seat:
    do: look
"""

RETURN = r"""
nightshift_seat:
  description: Whether it was done (C(ok)), and whether that was in check mode (C(rehearsal)).
  returned: success
  type: dict
"""
