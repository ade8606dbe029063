# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why: a closed list. One reason, one sentence template, one policy key, one test each."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum


class Reason(Enum):
    """value = (code, template, policy key)."""

    WINDOW_OPEN = ("window_open", "the window that opened {window} ({zone}) is open until {closes}", "install.windows")

    @property
    def code(self) -> str:
        """Stable machine name."""
        return self.value[0]

    def words(self, detail: Mapping[str, str]) -> str:
        """Fill the template. Raises KeyError when a placeholder is missing: that is a defect, not bad input."""
        return self.value[1].format(**detail)
