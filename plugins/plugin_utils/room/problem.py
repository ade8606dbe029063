# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why a room is not cloned, or a run cannot go on: one line for each reason."""

from __future__ import annotations

from collections.abc import Iterable

from ..tasks.fault import OperatorError


class RoomError(OperatorError):
    """What forbids the run, or stops it. ``reasons``: each by itself; ``str`` has a line for each."""

    def __init__(self, reasons: str | Iterable[str]) -> None:
        """Keep each reason once, in order."""
        self.reasons = (reasons,) if isinstance(reasons, str) else tuple(dict.fromkeys(reasons))
        super().__init__("\n".join(self.reasons))
