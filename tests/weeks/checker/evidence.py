# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the checker is given: the truth of the simulated devices, and the tickets that were raised.

Nothing in this folder knows the collection's code: what is allowed and what is owed is written down here a second
time, from the published sentences, so that a mistake in the planner and its proof cannot be the same mistake.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from lab.catalogue import Catalogue, Kit, Release


@dataclass(frozen=True)
class Event:
    """One line of the truth. ``what`` as in lab.truth.What; ``update`` is an update id."""

    at: datetime
    device: str
    what: str
    update: str = ""
    detail: str = ""


@dataclass(frozen=True)
class DeviceFacts:
    """What a device is. ``shipped``: ids of what was installed at the beginning."""

    name: str
    device_class: str
    kit: Kit
    shipped: frozenset[str]
    managed: bool = True
    ring: str = ""
    criticality: str = ""
    unit: str = ""


@dataclass(frozen=True)
class TicketFacts:
    """One ticket about one update on one device."""

    device: str
    update: str
    raised_at: datetime
    closed_at: datetime | None = None


@dataclass(frozen=True)
class ApprovalFacts:
    """One decision of a person, written down at ``on``. ``update``: KB or id; ``verb``: approve, hold or decline."""

    update: str
    verb: str
    on: datetime


@dataclass(frozen=True)
class ExceptionFacts:
    """A device that is taken out of something until an instant. ``scope``: patching, update or restarts."""

    device: str
    scope: str
    until: datetime
    update: str = ""


@dataclass(frozen=True)
class EmergencyFacts:
    """An emergency that was declared for an update (its KB), and for how long it holds."""

    update: str
    since: datetime
    until: datetime


@dataclass(frozen=True)
class Evidence:
    """A month: everything in it is truth but the tickets, which are judged."""

    preset: str
    zone: ZoneInfo
    begins: datetime
    ends: datetime
    devices: Mapping[str, DeviceFacts]
    events: Sequence[Event]
    catalogue: Catalogue
    calls: Mapping[str, int] = field(default_factory=dict)
    tickets: Sequence[TicketFacts] = ()
    approvals: Sequence[ApprovalFacts] = ()
    exceptions: Sequence[ExceptionFacts] = ()
    emergencies: Sequence[EmergencyFacts] = ()
    nights: Sequence[tuple[str, datetime]] = ()  # reported as missed: device, opening; judged like the tickets
    cuts: Sequence[tuple[str, datetime]] = ()  # of connections: device, instant

    def release(self, update: str) -> Release:
        """Return what an update is. Raises KeyError for one that was never offered to anybody."""
        found = self.catalogue.by_id(update)
        if found is None:
            raise KeyError(update)
        return found


@dataclass(frozen=True)
class Violation:
    """A sentence that was broken: by which device, when, and how. ``sentence`` as in tests/policies/sentences.yml."""

    sentence: str
    device: str
    at: datetime
    text: str

    def __str__(self) -> str:
        """One line for people."""
        return f"{self.sentence}: {self.device}: {self.at:%a %Y-%m-%d %H:%M:%S} UTC: {self.text}"
