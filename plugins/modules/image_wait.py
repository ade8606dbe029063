#!/usr/bin/python
# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This is a virtual module: all of it runs on the controller, in the action plugin of the same name.

from __future__ import annotations

DOCUMENTATION = r"""
module: image_wait
short_description: Wait until a PC is silent or answers
version_added: 0.1.0
author: Nightshift contributors (@nightshift)
description:
  - Connects to the port of the host's WinRM again and again, and logs on nowhere.
  - In a lab whose clock stands still, that clock is moved.
  - It is a part of the roles of this collection and of little use elsewhere.
options:
  until:
    description: What to wait for.
    type: str
    choices: [silent, answering]
    required: true
  timeout:
    description: The longest wait, as a number with V(s), V(m), V(h) or V(d). When it is over, the task fails.
    type: str
    default: 30m
  poll:
    description: The time between two looks.
    type: str
    default: 30s
  looks:
    description: How many looks in a row must find it silent; one alone may be a gap in the network.
    type: int
    default: 3
  connect_timeout:
    description: Seconds that one connection may take.
    type: float
    default: 2.0
attributes:
  check_mode:
    support: full
    description: Waits for nothing.
  diff_mode:
    support: none
    description: Changes nothing.
  platform:
    platforms: posix
    support: full
    description: Runs on the controller.
"""

EXAMPLES = r"""
- name: Wait until Sysprep has switched the PC off
  nightshift.fleet.image_wait:
    until: silent
    timeout: 45m
"""

RETURN = r"""
waited_seconds:
  description: How long was waited, by the clock that was waited by.
  returned: success
  type: int
"""
