# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which installations fail: three in a hundred, always the same ones for the same seed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from random import Random

from lab.catalogue.release import Release
from lab.device.faults import Fault, FaultBook, Trouble

SHARE = 0.03
CODES = (0x80070643, 0x80073712, 0x800F0831, 0x80240022)  # all of them merely fail: none says that a person must come


@dataclass(slots=True)
class Failures(FaultBook):
    """The failing updates of one device. One of a pair that fails does so once, twice, or every time."""

    device: str = ""
    seed: int = 0
    tried: Counter[str] = field(default_factory=Counter)

    def strike(self, at: datetime, *kinds: Trouble, release: Release | None = None, phase: str = "") -> Fault | None:
        """Return the failure that this try meets, or None."""
        if Trouble.FAIL_UPDATE not in kinds or phase != "install" or release is None:
            return None
        random = Random(f"{self.seed}/{self.device}/{release.id}")
        if random.random() >= SHARE:
            return None
        times = random.choice((1, 1, 2, 2, 99))
        self.tried[release.id] += 1
        if self.tried[release.id] > times:
            return None
        return Fault(Trouble.FAIL_UPDATE, hresult=random.choice(CODES))
