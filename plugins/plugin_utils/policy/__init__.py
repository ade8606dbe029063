# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From the YAML of ``nightshift_policy`` to the planner's ``Policy``: defaults, merge, validation, origins.

Everything here but ``sources`` is plain Python; ``sources`` alone knows Ansible.
"""

from __future__ import annotations
