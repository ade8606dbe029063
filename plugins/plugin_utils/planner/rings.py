# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Phased deployment: whether a ring is healthy, and when the next one opens (enterprise 5; field notes 4.6).

Pure arithmetic on counts of devices. Only a success that a later scan verified counts as one (enterprise 7).
Coverage counts verified successes among all devices that need the update, so that neither a ring whose
devices are switched off nor one more failure can open the next ring.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Ring:
    """One ring, and what must hold in it before the next one opens. Rates are percentages.

    ``soak``: for so long without a break. ``success``: of the devices where the update ended well or was given up.
    ``coverage``: of the devices that need it. ``count``: at least so many successes.
    ``per_model``: one success, here or in a ring before, on each hardware model of the next ring.
    ``failures``: above this share of the devices that need it, the rollout halts everywhere.
    """

    name: str
    soak: timedelta = timedelta(days=1)
    success: int = 95
    coverage: int = 80
    count: int = 1
    per_model: bool = False
    failures: int = 10


@dataclass(frozen=True, slots=True)
class Tally:
    """The devices of one ring that need one update: those where it is verified, was given up, or neither yet.

    ``models``: of all of them; ``proven``: those with a verified success. Devices without a model are in neither.
    """

    verified: int = 0
    failed: int = 0
    pending: int = 0
    models: frozenset[str] = field(default_factory=frozenset)
    proven: frozenset[str] = field(default_factory=frozenset)

    @property
    def concerned(self) -> int:
        """How many devices need it, or needed it."""
        return self.verified + self.failed + self.pending


def ring_of(rings: tuple[Ring, ...], name: str | None) -> int:
    """Return the place of a device's ring; one in no ring of the policy comes last."""
    return next((place for place, ring in enumerate(rings) if ring.name == name), len(rings) - 1)


def too_many_failures(ring: Ring, tally: Tally) -> bool:
    """Return whether failures are above the limit of ``ring``."""
    return tally.failed * 100 > ring.failures * tally.concerned


def unhealthy(ring: Ring, tally: Tally, proven: Collection[str], wanted: Collection[str]) -> tuple[str, ...]:
    """Return what keeps ``ring`` from being healthy, in words; nothing: it is.

    ``proven``: models with a success in this ring or before it; ``wanted``: models of the next ring.
    """
    found = []
    if tally.verified < max(ring.count, 1):
        found.append(f"{tally.verified} of {max(ring.count, 1)} verified successes in ring {ring.name}")
    ended = tally.verified + tally.failed
    if ended and tally.verified * 100 < ring.success * ended:
        rate = tally.verified * 100 // ended
        found.append(f"success rate {rate} % in ring {ring.name}, {ring.success} % wanted")
    if tally.concerned and tally.verified * 100 < ring.coverage * tally.concerned:
        rate = tally.verified * 100 // tally.concerned
        found.append(f"coverage {rate} % of ring {ring.name}, {ring.coverage} % wanted")
    unproven = sorted(set(wanted) - set(proven)) if ring.per_model else []
    if unproven:
        found.append(f"no success yet on {', '.join(unproven[:3])}{' ...' if len(unproven) > 3 else ''}")
    return tuple(found)
