# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The register of devices: a CSV or YAML file or a query, read, checked and turned into values.

Order of reading: ``source`` (bytes to text), ``csv_rows`` or ``yaml_rows`` (text to
cells) or ``sql_rows`` (a query to cells), ``cells`` (one cell to one value), ``checks``
(rows, and rows against each other), ``groups`` (the inventory groups of a row). ``read`` is the only door.
Imports no Ansible.
"""

from __future__ import annotations
