# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a module of a simulated PC fails."""

from __future__ import annotations


class ModuleFailure(Exception):
    """The module ends with ``failed`` and this message."""
