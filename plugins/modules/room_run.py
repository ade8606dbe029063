#!/usr/bin/python
# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This is a virtual module: all of it runs on the controller, in the action plugin of the same name.

from __future__ import annotations

DOCUMENTATION = r"""
module: room_run
short_description: Take one step of the run that gives a computer room its image
version_added: 0.1.0
author: Nightshift contributors (@nightshift)
description:
  - The steps of the role C(nightshift.fleet.room_cloning), which is how to use it; see C(docs/rooms.md).
  - What comes next is decided by the ledger alone, so a run that was killed is carried on with. The imaging server is
    asked through M(nightshift.fleet.reimage_room) and in no other way.
  - A task of a step that asks the server (V(opened), V(armed), V(watched), V(closed)) is delegated to a host that
    reaches it.
options:
  step:
    description:
      - V(found) finds seats, night, image and server, and refuses what may not be cloned now.
      - V(opened) has the server checked against the register, and opens the run, or carries on with an open one.
      - V(next) tells what comes next.
      - V(probed) tells which of O(seats) answer. V(awaited) waits for them, and records who is silent.
      - V(surveyed) decides whether the room may be touched, after each seat was looked at.
      - V(prepared) records the next job before it begins. V(armed) arms exactly its seats. V(watched) waits until its
        transfer is over. V(closed) closes it, and proves that none of its seats is armed.
      - V(settled) waits until seats can tell what they are. V(judged) judges them by what they told.
      - V(stopped) lets nothing new begin. V(ended) finds what the seats lack after their patch round, ends the run and
        writes its report.
    type: str
    required: true
    choices:
      - found
      - opened
      - next
      - probed
      - awaited
      - surveyed
      - prepared
      - armed
      - watched
      - closed
      - settled
      - judged
      - stopped
      - ended
  room:
    description: Name of the room, for O(step=found).
    type: str
  confirm_room:
    description: Name of the room once more, for O(step=found).
    type: str
  image:
    description: Another image than the room's by policy.
    type: str
  anyway:
    description: Why the room is cloned although the calendar forbids it.
    type: str
  abandon:
    description: Whether the room's open run is only to be ended; O(why) says why.
    type: bool
    default: false
  abandon_job:
    description: With O(abandon), end the run only while this job of it may be armed. It is what a guard asks for.
    type: str
  servers:
    description: The imaging servers by name, each with C(engine), the engine's options below its name, and C(run_on).
    type: dict
    default: {}
  seats:
    description: The seats that O(step) is about.
    type: list
    elements: str
    default: []
  why:
    description: Why the run stops, or a job is closed.
    type: str
    default: ''
  dest:
    description: Folder of the report; by default C(.nightshift/rooms) beside the inventory.
    type: path
  ledger:
    description: SQLAlchemy URL of the ledger, for O(step=found).
    type: str
  approvals:
    description: As M(nightshift.fleet.patrol_round) takes it, for O(step=ended); so are O(exceptions) and O(emergency).
    type: str
  exceptions:
    description: Exceptions of people.
    type: str
  emergency:
    description: An emergency.
    type: raw
  now:
    description: An instant with an offset, in ISO 8601, to ask in check mode what would be allowed then.
    type: str
  connect_timeout:
    description: Seconds until a seat that does not take a connection counts as silent.
    type: float
    default: 2.0
requirements:
  - sqlalchemy >= 2, alembic
  - icalendar, recurring-ical-events (for booking calendars)
attributes:
  check_mode:
    support: full
    description: V(found) and V(opened) tell the plan, the hosts, the image and the requests. No other step is taken.
  diff_mode:
    support: none
    description: Everything that changes is kept in the ledger, step by step.
  platform:
    platforms: posix
    support: full
    description: Runs on the controller, and at the imaging server.
"""

EXAMPLES = r"""
- name: Say what comes next
  nightshift.fleet.room_run:
    step: next
  run_once: true
"""

RETURN = r"""
nightshift_room:
  description: What the step found; its keys depend on O(step).
  returned: success
  type: dict
"""
