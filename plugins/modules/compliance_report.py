#!/usr/bin/python
# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This is a virtual module: all of it runs on the controller, in the action plugin of the same name.

from __future__ import annotations

DOCUMENTATION = r"""
module: compliance_report
short_description: Write the compliance figures of a fleet as JSON and CSV
version_added: 0.1.0
author: Nightshift contributors (@nightshift)
description:
  - Counts, from the ledger alone, how the devices of the play stand against the due dates of their policies, per
    class, unit, ring and priority. No device is contacted.
  - A device is compliant, late, exempt or unknown. Unknown is never counted as compliant.
  - Keeps the figures as the snapshot of the day (in UTC); the last run of a day counts. The report shows the history.
  - Lists expired exceptions, missed nights, open manual tasks, halted rollouts, and how each update is deployed.
  - Writes C(compliance.json), C(compliance.csv) (the figures) and C(compliance-updates.csv) (what is owed).
options:
  dest:
    description: The folder of the files, by default C(.nightshift/report) beside the inventory.
    type: path
  stale:
    description: A device whose last search is older is unknown. A number with V(s), V(m), V(h) or V(d).
    type: str
    default: 7d
  ledger:
    description: SQLAlchemy URL of the ledger, by default the file beside the inventory.
    type: str
  now:
    description: >-
      An instant with an offset, in ISO 8601, to ask what the figures would be then. They are written, and not kept.
    type: str
  approvals:
    description: File of approvals, by default C(approvals.yml) beside the inventory.
    type: str
  exceptions:
    description: File of exceptions, by default C(exceptions.yml) beside the inventory.
    type: str
  emergency:
    description: An emergency that is declared for this run.
    type: raw
attributes:
  check_mode:
    support: full
    description: Shows the figures; nothing is written and nothing is kept.
  diff_mode:
    support: full
    description: Shows the files before and after.
  platform:
    platforms: posix
    support: full
    description: Runs on the controller.
seealso:
  - module: nightshift.fleet.patrol_explain
"""

EXAMPLES = r"""
- name: The figures of today
  nightshift.fleet.compliance_report:
    dest: /srv/reports/patching
  run_once: true
"""

RETURN = r"""
files:
  description: The files that are written.
  returned: success
  type: list
  elements: str
nightshift_report:
  description: The content of C(compliance.json) without its list of devices.
  returned: success
  type: dict
"""
