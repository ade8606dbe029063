#!/usr/bin/python
# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This is a virtual module: all of it runs on the controller, in the action plugin of the same name.

from __future__ import annotations

DOCUMENTATION = r"""
module: image_catalogue
short_description: Keep the versions of a golden image, and what comes next for them
version_added: 0.1.0
author: Nightshift contributors (@nightshift)
description:
  - Keeps a small file on the controller with every version of every image - what it is made of, how it was captured and
    tested, and whether rooms may get it.
  - A version takes each O(step) once, and only after the one before it. A run that was killed is carried on with.
  - It judges what the reference PC says of itself; everything that forbids a version is told at once.
options:
  step:
    description:
      - V(shown) changes nothing and tells what comes next.
      - V(sealed) judges the reference PC and adds the next version as a candidate.
      - V(checked) judges it again, right before it is generalised, and compares it with what was sealed.
      - V(begun) records that Sysprep is about to be started there.
      - V(generalised) records that it is generalised and off.
      - V(captured) records the capture and the manifest of the image's files.
      - V(tested) looks in the ledger for a room that was given the candidate and showed it.
      - V(published) lets rooms have it, and retires all but the newest O(keep) published versions.
      - V(abandoned) gives the candidate up. Its number is not used again.
    type: str
    choices: [shown, sealed, checked, begun, generalised, captured, tested, published, abandoned]
    required: true
  name:
    description: The image without its version, for example V(classroom).
    type: str
    required: true
  reference:
    description: The reference PC, by default the host of the task.
    type: str
  report:
    description: What M(nightshift.fleet.win_patch_report) returned.
    type: dict
  sysprep:
    description: What M(nightshift.fleet.win_sysprep_check) returned.
    type: dict
  seat:
    description: What M(nightshift.fleet.win_seat_check) returned, with the files by which a clone proves its content.
    type: dict
  updates:
    description: The verdicts that M(nightshift.fleet.patrol_explain) returned.
    type: list
    elements: dict
    default: []
  domain:
    description: Whether the reference PC must not be in a domain (V(left)), or may be (V(any)).
    type: str
    choices: [left, any]
    default: left
  obscured_passwords:
    description: Whether passwords in the answer file are taken that are written in base64. Plain ones never are.
    type: bool
    default: false
  accept:
    description: Approved updates that the image may lack, as KBs.
    type: list
    elements: str
    default: []
  capture:
    description: What M(nightshift.fleet.capture_image) returned for V(verified).
    type: dict
  manifest:
    description: What M(nightshift.fleet.image_manifest) returned.
    type: dict
  manifest_path:
    description: Where the manifest is, on the server that has the image.
    type: str
  keep:
    description: How many published versions stay.
    type: int
    default: 3
  path:
    description: The file, by default C(.nightshift/images.json) beside the inventory.
    type: path
  ledger:
    description: SQLAlchemy URL of the ledger, by default the file beside the inventory.
    type: str
attributes:
  check_mode:
    support: full
    description: Judges, and writes nothing.
  diff_mode:
    support: full
    description: Shows the file before and after.
  platform:
    platforms: posix
    support: full
    description: Runs on the controller.
seealso:
  - module: nightshift.fleet.capture_image
  - module: nightshift.fleet.win_sysprep
"""

EXAMPLES = r"""
- name: What comes next
  nightshift.fleet.image_catalogue:
    step: shown
    name: classroom

- name: Let rooms have it, and keep two older ones
  nightshift.fleet.image_catalogue:
    step: published
    name: classroom
    keep: 3
"""

RETURN = r"""
nightshift_image:
  description: How the image stands.
  returned: success
  type: dict
  contains:
    step:
      description: What comes next, one of V(seal), V(generalise), V(capture), V(test), V(publish).
      type: str
      returned: success
    image:
      description: The candidate's name on the engine, or that of the next version.
      type: str
      returned: success
    version:
      description: The candidate, or the newest published version, as the file has it.
      type: dict
      returned: success
    like:
      description: The newest published version, like which the next image is made on the engine; empty for the first.
      type: str
      returned: success
    retired:
      description: The versions that retired in this step. Their images may be removed from the engine.
      type: list
      elements: str
      returned: success
    all:
      description: Every version with its state.
      type: list
      elements: dict
      returned: success
"""
