# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where the sources of an inventory differ about a device (docs/inventories.md).

``model`` (what is compared and what is found), ``reading`` (host variables to claims), ``compare`` (claims to
findings), ``document`` (findings as a table, JSON and CSV). Imports no Ansible; nothing is changed anywhere.
"""

from __future__ import annotations
