#!/usr/bin/python
# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This is a virtual module: all of it runs on the controller, in the action plugin of the same name.

from __future__ import annotations

DOCUMENTATION = r"""
module: advisories
short_description: Import what vendors and authorities publish about updates
version_added: 0.1.0
author: Nightshift contributors (@nightshift)
description:
  - Reads Microsoft's security update guide and CISA's catalogue of known exploited vulnerabilities into the ledger.
    From then on every plan rates an update by what it mends, even when Windows Update says nothing about it.
  - What a document is, is found out from the document. A month of the update guide is CVRF 1.1, as XML or as JSON.
    Either may be packed with gzip.
  - A document replaces what was known of it as a whole, or changes nothing. One that is malformed, truncated, hostile,
    too large, or older than what is known of it is refused or left alone.
  - A source that fails never keeps the others from being imported.
options:
  sources:
    description: What to import, in this order.
    type: list
    elements: dict
    required: true
    suboptions:
      source:
        description:
          - An address that begins with V(https://) or V(http://), or the path of a file on the controller.
          - Certificates are verified. Proxies are those of the environment of C(ansible-playbook).
          - It is asked whether it changed since the last import, where its server can tell that.
        type: str
        required: true
      optional:
        description:
          - That there is nothing at this address, or no such file, is no failure.
          - For a month that is not published yet.
        type: bool
        default: false
      ca_path:
        description: The same as O(ca_path), for this source alone.
        type: path
  ledger:
    description: SQLAlchemy URL of the ledger, by default the file beside the inventory.
    type: str
  on_failure:
    description:
      - What sources that could not be imported do to the task, after all of them were tried.
      - V(warn) only warns of them.
    type: str
    choices: [fail, warn]
    default: fail
  ca_path:
    description: A file of CA certificates (PEM) to trust instead of those of the system, for mirrors of your own.
    type: path
  timeout:
    description: Seconds in which a server has to answer, and to send all of a document.
    type: int
    default: 60
  max_megabytes:
    description: The largest document that is taken, unpacked. Refused before it is read.
    type: int
    default: 32
attributes:
  check_mode:
    support: full
    description: Documents are got and read, and the ledger stays as it is.
  diff_mode:
    support: full
    description: A line for each KB whose advice changes, and for each entry of the catalogue.
  platform:
    platforms: posix
    support: full
    description: Runs on the controller.
seealso:
  - module: nightshift.fleet.patrol_explain
"""

EXAMPLES = r"""
- name: A month of the update guide, and what is exploited
  nightshift.fleet.advisories:
    sources:
      - source: https://api.msrc.microsoft.com/cvrf/v3.0/cvrf/2026-Nov
        optional: true
      - source: https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json
  run_once: true

- name: From a file, where the controller has no way out
  nightshift.fleet.advisories:
    sources:
      - source: /srv/mirror/2026-Nov.xml
    on_failure: warn
  run_once: true
"""

RETURN = r"""
sources:
  description: What became of each source.
  returned: always
  type: list
  elements: dict
  contains:
    source:
      description: The address (without a password; its query as a digest) or the path.
      type: str
      returned: always
    state:
      description: One of V(changed), V(unchanged), V(older), V(absent), V(failed).
      type: str
      returned: always
    document:
      description: What it is, like V(msrc:2026-Nov) or V(cisa-kev).
      type: str
      returned: when it was read
    facts:
      description: How many of its facts are new, gone or different.
      type: int
      returned: always
    kbs:
      description: For how many KBs the advice changed.
      type: int
      returned: always
    msg:
      description: The same in words, or what is wrong with it.
      type: str
      returned: always
"""
