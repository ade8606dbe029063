#!/usr/bin/python
# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This is a virtual module: all of it runs on the controller, in the action plugin of the same name.

from __future__ import annotations

DOCUMENTATION = r"""
module: campaign
short_description: Propose which computer room gets its new image in which night
version_added: 0.1.0
author: Nightshift contributors (@nightshift)
description:
  - Proposes a night for each computer room in each season, with the reasons, from C(nightshift_cloning), the rooms of
    the register and the booking calendars. It clones nothing and contacts no device.
  - A room is free of bookings for the estimated time and a margin, within a window, on a day that is neither closed
    nor blacked out, and no night has more rooms than the limits allow.
  - Rooms that failed are planned again. Rooms that missed a season are listed as overdue.
  - A booking calendar that cannot be read stops it, since nobody knows then what is booked.
options:
  dest:
    description:
      - The folder to write C(campaign.json) and C(campaign.csv) to. Nothing is written without it.
    type: path
  timetable:
    description: Whether to write C(campaign.html) too, the timetable of the seasons.
    type: bool
    default: false
  history:
    description:
      - Clones of the past that the ledger does not know, each with C(room), C(started) (with an offset) and C(outcome)
        (V(done), V(failed), V(cancelled) or V(running)), and with C(ended), C(image) and C(detail) where these are
        known.
    type: list
    elements: dict
  ledger:
    description: SQLAlchemy URL of the ledger, which knows what C(nightshift.fleet.reimage) cloned; it is only read.
    type: str
  seasons:
    description: How many seasons to plan, from the one that is under way or comes next. At most 12.
    type: int
    default: 2
  now:
    description: An instant with an offset, in ISO 8601, to ask what would be proposed then.
    type: str
requirements:
  - icalendar, recurring-ical-events (for booking calendars)
attributes:
  check_mode:
    support: full
    description: Shows the proposal and writes no file.
  diff_mode:
    support: full
    description: Shows the files before and after.
  platform:
    platforms: posix
    support: full
    description: Runs on the controller.
"""

EXAMPLES = r"""
- name: The nights of the next two seasons
  nightshift.fleet.campaign:
    dest: /srv/reports/cloning
    timetable: true
    history: "{{ nightshift_clone_history | default([]) }}"
  run_once: true
"""

RETURN = r"""
files:
  description: The files that are written.
  returned: when O(dest) is given
  type: list
  elements: str
nightshift_campaign:
  description: The content of C(campaign.json), one entry in C(rooms) for each room and season.
  returned: success
  type: dict
"""
