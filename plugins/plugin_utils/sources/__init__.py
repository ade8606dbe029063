# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What several sources of one inventory have in common (docs/inventories.md).

``names`` (one computer under one host name), ``claims`` (what each source says of a host, kept apart, and the one
description made of all), ``fog_seats`` (the hosts and groups of a FOG server as seats in rooms), ``plugin`` (the edge
to Ansible that the inventory plugins share).
"""

from __future__ import annotations
