# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Attributes that the parts of a patrol have in common."""

from __future__ import annotations


class ModuleDocFragment:
    """Plans instead of diffs; runs on the controller."""

    DOCUMENTATION = r"""
attributes:
  diff_mode:
    support: none
    description: What a run would do is its plan, which check mode prints.
  platform:
    platforms: posix
    support: full
    description: Runs on the controller.
"""
