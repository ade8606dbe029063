# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is compared, and what is found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from ..tasks.fault import OperatorError

LEDGER = "ledger"  # a source that learns of devices from the others: alone it proves nothing


class ReconcileError(OperatorError, ValueError):
    """The sources cannot be compared; one line that names place, value and remedy."""


class Kind(str, Enum):
    """What is wrong; the words are those of the option ``fail_on`` and of the files."""

    ONE_SOURCE = "one_source"
    MISSING = "missing"
    MAC = "mac"
    SHARED_MAC = "shared_mac"
    ROOM = "room"
    SPELLING = "spelling"
    OTHER_NAME = "other_name"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Claim:
    """What one source says of a host. ``macs``: as ``00:1a:2b:3c:4d:5e``; ``unreadable``: what is no MAC address."""

    source: str
    name: str
    room: str | None = None
    macs: frozenset[str] = frozenset()
    unreadable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """The name by which a device last answered, and when."""

    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Known:
    """A host of the inventory with what each source says of it, and how it answered."""

    host: str
    claims: tuple[Claim, ...]
    device_class: str | None = None
    answer: Answer | None = None


@dataclass(frozen=True, slots=True)
class Expectation:
    """Devices that ``known_to`` knows are to be known to ``also_to``; only those of a class, where one is named."""

    known_to: str
    also_to: str
    device_class: str | None = None


USUAL = (Expectation("fog", "ad"),)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong. ``said``: what each source says, by its name."""

    kind: Kind
    host: str
    text: str
    said: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Comparison:
    """All that was found. ``sources``: how many hosts each knows. ``notes``: what could not be compared, and why."""

    hosts: int
    sources: Mapping[str, int]
    findings: tuple[Finding, ...]
    notes: tuple[str, ...] = ()
