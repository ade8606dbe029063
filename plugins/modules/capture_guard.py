#!/usr/bin/python
# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This is a virtual module: all of it runs on the controller, in the action plugin of the same name.

from __future__ import annotations

DOCUMENTATION = r"""
module: capture_guard
short_description: Keep a reference PC from staying armed when the run that captures it is gone
version_added: 0.1.0
author: Nightshift contributors (@nightshift)
description:
  - A part of the role C(nightshift.fleet.golden_image); see C(docs/golden-image.md).
  - Takes the capture of one image for this run, so that no two runs drive it, and posts a guard, a process of its own.
    When the controller is gone for O(wait), the guard plays C(nightshift.fleet.golden_image) with
    C(nightshift_disarm=true).
options:
  state:
    description:
      - V(posted) takes the capture and posts the guard; before anything is armed.
      - V(taken) takes the capture alone. Both fail while a process that lives has it.
      - V(lifted) gives the capture back and lets its guard end; only when it is proved that nothing of it is armed.
    type: str
    required: true
    choices: [posted, taken, lifted]
  image:
    description: The image with its version.
    type: str
    required: true
  name:
    description: The image without its version.
    type: str
    required: true
  reference:
    description: The reference PC.
    type: str
    required: true
  server:
    description: The imaging server, for people.
    type: str
    required: true
  wait:
    description:
      - Time from the end of the controller until the guard acts, as a number with V(s), V(m), V(h) or V(d).
      - V(0) for no guard.
    type: str
    default: 15m
  ledger:
    description: SQLAlchemy URL of the ledger, which holds who has the capture.
    type: str
attributes:
  check_mode:
    support: full
    description: Does nothing.
  diff_mode:
    support: none
    description: Changes nothing that could be compared.
  platform:
    platforms: posix
    support: full
    description: Runs on the controller.
"""

EXAMPLES = r"""
- name: Post a guard
  nightshift.fleet.capture_guard:
    state: posted
    image: classroom-3
    name: classroom
    reference: ref-classroom
    server: fog-1
"""

RETURN = r"""
msg:
  description: What no guard can do, if anything.
  returned: success
  type: list
  elements: str
"""
