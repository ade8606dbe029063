# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What people decide in a month: engineers assess what is released, and some devices are excepted for a while."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from lab.catalogue import Catalogue
from lab.fleet import DeviceSpec


@dataclass(frozen=True)
class Decision:
    """One entry of approvals.yml, written down at ``on``. ``verb``: approve, hold or decline."""

    on: datetime
    update: str
    verb: str

    def row(self) -> dict[str, Any]:
        """The entry as it is written."""
        return {
            "update": self.update,
            "decision": self.verb,
            "by": "engineer@example.net",
            "on": self.on.isoformat(),
            "reason": "assessed",
        }


@dataclass(frozen=True)
class Exempted:
    """One entry of exceptions.yml, there from the beginning. ``scope``: patching, update or restarts."""

    device: str
    scope: str
    until: datetime
    update: str = ""

    def row(self) -> dict[str, Any]:
        """The entry as it is written."""
        said = {
            "scope": self.scope,
            "devices": [self.device],
            "reason": "an experiment is running",
            "authorised_by": "head of unit",
            "expires": self.until.isoformat(),
        }
        return {**said, "update": self.update} if self.update else said


@dataclass(frozen=True)
class Declared:
    """An emergency that an operator declares at ``on``; it lasts for ``hours``."""

    on: datetime
    update: str
    hours: int

    @property
    def until(self) -> datetime:
        """When it is over."""
        return self.on + timedelta(hours=self.hours)

    def said(self) -> dict[str, Any]:
        """The extra variable, as the operator gives it."""
        return {
            "updates": [self.update],
            "reason": "it spreads",
            "authorised_by": "head of computing",
            "expires": self.until.isoformat(),
        }


def assessments(catalogue: Catalogue, begins: datetime, random: Random) -> Iterator[Decision]:
    """Yield what engineers decide: most is approved some days after its release, some held first, some never."""
    first = {}
    for release in (*catalogue.releases, *(one.pattern for one in catalogue.series)):
        name = release.kbs[0] if release.kbs else release.id
        since = release.released or begins
        first[name] = min(first.get(name, since), since)
    for name, since in sorted(first.items()):
        on = max(since, begins) + timedelta(hours=random.uniform(2, 110) if since > begins else -random.uniform(1, 40))
        chance = random.random()
        if chance < 0.08:
            continue  # nobody gets round to it
        if chance < 0.16:
            yield Decision(on, name, "decline" if chance < 0.12 else "hold")
            if chance >= 0.14:
                yield Decision(on + timedelta(days=random.uniform(1, 8)), name, "approve")
            continue
        yield Decision(on, name, "approve")


def exemptions(devices: Sequence[DeviceSpec], begins: datetime, random: Random) -> tuple[Exempted, ...]:
    """Return some exceptions, each of which ends in the course of the month, at the end of a minute."""
    managed = [one.name for one in devices if one.managed and one.device_class != "laptop"]
    chosen = random.sample(managed, 5)
    ends = [begins + timedelta(minutes=round(random.uniform(4, 22) * 1440)) for _one in chosen]
    return (
        Exempted(chosen[0], "patching", ends[0]),
        Exempted(chosen[1], "patching", ends[1]),
        Exempted(chosen[2], "restarts", ends[2]),
        Exempted(chosen[3], "update", ends[3], "KB5900006"),
        Exempted(chosen[4], "update", ends[4], "KB5900001"),
    )
