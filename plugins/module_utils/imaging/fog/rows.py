# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The rows of a FOG server that the engine reads, each with the few fields it needs and no other.

An answer of FOG holds passwords (of storage nodes, of domains, product keys): nothing that is not named here is kept.
FOG 1.5 gives every scalar as text, 1.6 as a number or as text: both are read. Times are the server's own local time,
without a zone, and ``0000-00-00 00:00:00`` or "" where there is none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any

SPLIT_FORMATS = frozenset({2, 4, 6})  # in pieces of 200 MiB: a multicast sends the first piece only (#897)


CAPTURE = 2  # the kind of task that reads a host's disk into its image; not one of those that may be asked for freely


class TaskType(IntEnum):
    """The only kinds of task that may ever be asked for: 18, 19 and 20 wipe the disk."""

    DEPLOY = 1
    MULTICAST = 8
    WAKE_UP = 14
    DEPLOY_NO_SNAPINS = 17


class State(IntEnum):
    """State of a task or a session. 0: a session that was just made; 6 exists on the newest servers only."""

    NEW = 0
    QUEUED = 1
    CHECKED_IN = 2
    IN_PROGRESS = 3
    COMPLETE = 4
    CANCELLED = 5
    FAILED = 6


ACTIVE = frozenset({State.NEW, State.QUEUED, State.CHECKED_IN, State.IN_PROGRESS})


def number(value: object) -> int:
    """Read a number that came as text or as a number; 0 for anything else."""
    try:
        return int(str(value).strip() or 0)
    except ValueError:
        return 0


def text(value: object) -> str:
    """Read a text; "" for None and for what is not a scalar."""
    return str(value) if isinstance(value, str | int | float) else ""


def instant(value: object) -> datetime | None:
    """Read a time of the server (its local time, no zone); None for zeros and for nothing."""
    try:
        return datetime.strptime(text(value), "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007 - the zone is the server's
    except ValueError:
        return None


def fraction(value: object) -> float:
    """Read a percentage, 0 to 100."""
    try:
        return min(100.0, max(0.0, float(text(value) or 0)))
    except ValueError:
        return 0.0


@dataclass(frozen=True, slots=True)
class Host:
    """A PC that FOG knows. ``macs``: lower case with colons; ``primary`` is the one of them that FOG wakes, or ""."""

    id: int
    name: str
    image: int
    macs: frozenset[str]
    pending: bool
    primary: str = ""

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Host:
        """Read a row."""
        listed = row.get("macs")
        macs = {text(mac).lower().replace("-", ":") for mac in (listed if isinstance(listed, list) else ())}
        primary = text(row.get("primac")).lower().replace("-", ":")
        return cls(
            number(row.get("id")), text(row.get("name")), number(row.get("imageID")),
            frozenset({*macs, primary} - {""}), number(row.get("pending")) == 1, primary,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Image:
    """An image. ``format``, ``system``, ``kind``, ``partitions``: FOG's numbers of how it is stored and of what it is.

    ``filled``: a disk was captured into it. ``protected``: FOG lets nobody capture into it or delete it.
    """

    id: int
    name: str
    enabled: bool
    format: int
    system: int = 0
    kind: int = 0
    partitions: int = 0
    filled: bool = False
    protected: bool = False

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Image:
        """Read a row."""
        return cls(
            number(row.get("id")), text(row.get("name")), number(row.get("isEnabled")) == 1, number(row.get("format")),
            number(row.get("osID")), number(row.get("imageTypeID")), number(row.get("imagePartitionTypeID")),
            number(row.get("srvsize")) > 0 or text(row.get("size")).strip(" :0") != "",
            number(row.get("protected")) == 1,
        )  # fmt: skip

    @property
    def split(self) -> bool:
        """Whether it lies in pieces."""
        return self.format in SPLIT_FORMATS


@dataclass(frozen=True, slots=True)
class Task:
    """What one PC is told to do at its next network boot. ``host`` 0 is a ghost."""

    id: int
    name: str
    host: int
    state: int
    type: int
    image: int
    percent: float
    rate: str
    remaining: str
    copied: str
    total: str
    created: datetime | None
    checked_in: datetime | None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Task:
        """Read a row."""
        return cls(
            id=number(row.get("id")),
            name=text(row.get("name")),
            host=number(row.get("hostID")),
            state=number(row.get("stateID")),
            type=number(row.get("typeID")),
            image=number(row.get("imageID")),
            percent=fraction(row.get("percent")),
            rate=text(row.get("bpm")),
            remaining=text(row.get("timeRemaining")),
            copied=text(row.get("dataCopied")),
            total=text(row.get("dataTotal")),
            created=instant(row.get("createdTime")),
            checked_in=instant(row.get("checkInTime")),
        )

    @property
    def active(self) -> bool:
        """Whether the PC would still be imaged, or is."""
        return self.state in ACTIVE


@dataclass(frozen=True, slots=True)
class Session:
    """A multicast. Its name becomes "" when it is cancelled."""

    id: int
    name: str
    state: int
    image: int

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Session:
        """Read a row."""
        image = row.get("image")
        return cls(
            number(row.get("id")),
            text(row.get("name")),
            number(row.get("stateID")),
            number(row.get("imageID") or (image.get("id") if isinstance(image, Mapping) else image)),
        )

    @property
    def active(self) -> bool:
        """Whether it waits or sends."""
        return self.state in ACTIVE


@dataclass(frozen=True, slots=True)
class Group:
    """A group of hosts; its members stand in the group associations only."""

    id: int
    name: str

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Group:
        """Read a row."""
        return cls(number(row.get("id")), text(row.get("name")))


@dataclass(frozen=True, slots=True)
class Link:
    """That a host is in a group (``owner`` group, ``member`` host), or a task in a session (session, task)."""

    owner: int
    member: int


@dataclass(frozen=True, slots=True)
class Node:
    """A storage node. ``bitrate``: limit of its multicast sender as udpcast writes it (``100m``), or ""."""

    id: int
    master: bool
    enabled: bool
    bitrate: str

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Node:
        """Read a row."""
        return cls(
            number(row.get("id")), number(row.get("isMaster")) == 1, number(row.get("isEnabled")) == 1,
            text(row.get("bitrate")),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class LogRow:
    """One run of imaging in FOG's own log."""

    host: int
    image: str
    type: str
    start: datetime | None
    finish: datetime | None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> LogRow:
        """Read a row."""
        return cls(
            number(row.get("hostID")), text(row.get("image")), text(row.get("type")), instant(row.get("start")),
            instant(row.get("finish")),
        )  # fmt: skip
