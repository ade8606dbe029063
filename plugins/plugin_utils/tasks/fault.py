# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is wrong, told to people."""

from __future__ import annotations


class OperatorError(Exception):
    """Something that an operator can mend. ``str`` is for people: place, value and remedy, a line for each mistake."""
