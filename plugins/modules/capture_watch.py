#!/usr/bin/python
# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This is a virtual module: it runs in the action plugin of the same name, which calls capture_image.

from __future__ import annotations

DOCUMENTATION = r"""
module: capture_watch
short_description: Watch a capture to its end
version_added: 0.1.0
author: Nightshift contributors (@nightshift)
description:
  - Asks the imaging server how far a capture is, with M(nightshift.fleet.capture_image), until nothing of it runs.
  - What the server says at the end is a claim; take V(verified) of M(nightshift.fleet.capture_image) afterwards.
  - It is a part of the roles of this collection and of little use elsewhere.
options:
  capture:
    description: The options of M(nightshift.fleet.capture_image), without its C(state).
    type: dict
    required: true
  timeout:
    description: How long the capture may take, as a number with V(s), V(m), V(h) or V(d). Then the task fails.
    type: str
    default: 4h
  poll:
    description: The time between two looks.
    type: str
    default: 30s
  hold:
    description: Whether to keep the capture for this run, which M(nightshift.fleet.capture_guard) took.
    type: bool
    default: false
  ledger:
    description: SQLAlchemy URL of the ledger, with O(hold).
    type: str
attributes:
  check_mode:
    support: full
    description: Watches nothing.
  diff_mode:
    support: none
    description: Changes nothing.
  platform:
    platforms: posix
    support: full
    description: Runs where the server can be reached.
"""

EXAMPLES = r"""
- name: Watch the capture
  nightshift.fleet.capture_watch:
    capture: "{{ capture_options }}"
    timeout: 3h
"""

RETURN = r"""
claim:
  description: What the server claims at the end.
  returned: success
  type: str
"""
