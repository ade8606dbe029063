#!/usr/bin/python
# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This is a virtual module: all of it runs on the controller, in the action plugin of the same name.

from __future__ import annotations

DOCUMENTATION = r"""
module: rollback
short_description: Pull an update that causes trouble
version_added: 0.1.0
author: Nightshift contributors (@nightshift)
description:
  - Records the order that an update is rolled back. From the next patrol on it is declined for everyone, and removed
    from every device that has it, in the windows in which updates are installed. A device that is off is served when it
    is seen again.
  - The order stands until it is lifted. Who ordered it, when and why is in the audit trail of the ledger.
  - Says for every device that has or had the update how far it is, and what cannot be uninstalled. Run it again to see
    that.
options:
  update:
    description:
      - The update, as a KB like V(KB5068861), as its id, or a package of another vendor like V(winget:Mozilla.Firefox).
    type: str
    required: true
  state:
    description: V(lifted) ends the order. What was removed may be installed again then.
    type: str
    choices: [ordered, lifted]
    default: ordered
  reason:
    description: Why, in a sentence.
    type: str
    required: true
  by:
    description: Who ordered or lifted it, by default the user who runs Ansible.
    type: str
  at_once:
    description: Whether to remove it at the next contact, whatever the windows say.
    type: bool
    default: false
  remove_product:
    description:
      - Required for a package of another vendor. Package managers know no way back to the version before, so the
        product itself is removed.
    type: bool
    default: false
  ledger:
    description: SQLAlchemy URL of the ledger, by default the file beside the inventory.
    type: str
attributes:
  check_mode:
    support: full
    description: Says who would be affected, as far as it is known, and records nothing.
  diff_mode:
    support: none
    description: The result lists the devices.
  platform:
    platforms: posix
    support: full
    description: Runs on the controller.
seealso:
  - module: nightshift.fleet.patrol_round
  - module: nightshift.fleet.approval
"""

EXAMPLES = r"""
- name: Pull the November update
  nightshift.fleet.rollback:
    update: KB5068861
    by: ada
    reason: printers of the library fail
  run_once: true

- name: Let it in again
  nightshift.fleet.rollback:
    update: KB5068861
    state: lifted
    by: ada
    reason: the driver was mended
  run_once: true
"""

RETURN = r"""
nightshift_rollback:
  description: The order, and every device that has or had the update when it was given.
  returned: success
  type: dict
  contains:
    update:
      description: The name of the update.
      type: str
      returned: success
    state:
      description: Whether it is ordered or lifted.
      type: str
      returned: success
    reason:
      description: Why.
      type: str
      returned: success
    by:
      description: Who.
      type: str
      returned: success
    ordered_at:
      description: When.
      type: str
      returned: success
    at_once:
      description: Whether the windows do not count.
      type: bool
      returned: success
    devices:
      description:
        - One entry for each device. C(state) is C(pending), C(removed), C(failed), or C(cannot) when the update cannot
          be uninstalled there or only a person can do it.
      type: list
      elements: dict
      returned: success
"""
