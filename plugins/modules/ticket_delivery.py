#!/usr/bin/python
# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This is a virtual module: all of it runs on the controller, in the action plugin of the same name.

from __future__ import annotations

DOCUMENTATION = r"""
module: ticket_delivery
short_description: Deliver tickets to the ticket system now
version_added: 0.1.0
author: Nightshift contributors (@nightshift)
description:
  - Tells the ticket system that the variable C(nightshift_tickets) names what the ledger has for it. Each message is
    told exactly once, whatever breaks on the way.
  - Learns which tickets people closed there, so that their updates are tried again.
  - A ticket system that is down or refuses is no failure of the task; what waits is listed.
  - A patrol does the same at its end.
options:
  ledger:
    description: SQLAlchemy URL of the ledger, by default the file beside the inventory.
    type: str
  at_once:
    description: >-
      Whether to try also what waits for a later try. A message of which nobody knows whether it arrived keeps its wait.
    type: bool
    default: false
  close:
    description: >-
      Tickets to close here, by their id in the ledger or by the name of their device, for ticket systems that cannot be
      asked, such as mail. Their updates are tried again.
    type: list
    elements: str
    default: []
  why:
    description: Why O(close) closes them; the ticket system is told.
    type: str
    default: closed by an operator
attributes:
  check_mode:
    support: full
    description: Shows what would be sent; nothing is sent, closed or recorded.
  diff_mode:
    support: none
    description: What would be sent is in the result.
  platform:
    platforms: posix
    support: full
    description: Runs on the controller.
seealso:
  - module: nightshift.fleet.patrol_close
"""

EXAMPLES = r"""
- name: Deliver what waits, also what has to wait for a later try
  nightshift.fleet.ticket_delivery:
    at_once: true
  run_once: true

- name: The disk was replaced; let the updates of this device be tried again
  nightshift.fleet.ticket_delivery:
    close: [pc-017]
    why: disk replaced
  run_once: true
"""

RETURN = r"""
sent:
  description: How many messages went out.
  returned: success
  type: int
closed:
  description: Ids of the tickets that O(close) closed.
  returned: success
  type: list
  elements: str
pending:
  description: What still waits (in check mode, what would be sent). For each ticket the next message.
  returned: success
  type: list
  elements: dict
  sample:
    - case: ns-7cddbf1b30cd4418a499
      destination: rt
      event: open
      subject: "pc-017: KB5068861: failed 2 times"
      state: waiting
      tries: 1
      next_try_at: "2026-11-23T16:06:00+00:00"
      last_error: "Connection refused"
open:
  description: Every open ticket, also where no ticket system is told of it.
  returned: success
  type: list
  elements: dict
  sample:
    - ticket: 29ec2fe223d1439793a5f494e79a5b20
      device: pc-017
      signal: update_failed
      subject: "pc-017: KB5068861: failed 2 times"
      raised_at: "2026-11-23T16:05:00+00:00"
faults:
  description: What went wrong, by destination.
  returned: success
  type: dict
"""
