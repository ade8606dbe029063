# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The device as its jobs see it."""

from __future__ import annotations

from collections.abc import Generator
from datetime import datetime
from typing import Protocol

from ..catalogue.release import Release
from ..truth import What
from .faults import FaultBook
from .packages import PackageManager
from .service import UpdateService
from .state import Job, LastScan, PendingRestart, Source

Work = Generator[float, None, None]
"""A job: yields the seconds that its present step takes, and is resumed when they have passed."""


class Machine(Protocol):
    """What a job reads and changes."""

    at: datetime
    service: UpdateService
    managers: dict[str, PackageManager]
    faults: FaultBook
    pending: PendingRestart
    last_scan: LastScan | None
    source: Source

    def note(
        self, what: What, release: Release | None = None, job: Job | None = None, detail: str = "", hresult: int = 0
    ) -> None:
        """Write the ground truth."""

    def power_fails(self, dark: float) -> None:
        """Lose the mains now, for ``dark`` seconds."""
