# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The one error of this folder."""

from __future__ import annotations


class AdvisoryError(Exception):
    """A document cannot be had, or is not what it should be. The message is one line: what is wrong, and where."""
