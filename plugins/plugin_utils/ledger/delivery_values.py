# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the ledger knows of tickets in ticket systems: cases, and messages on their way (docs/tickets.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from .values import PastAttempt, Ticket


class MessageKind(str, Enum):
    """What a message does to its case."""

    OPEN = "open"
    COMMENT = "comment"
    CLOSE = "close"


class MessageState(str, Enum):
    """How far a message is. TRYING that nobody works on was interrupted: as UNCERTAIN, the system may have it."""

    WAITING = "waiting"
    TRYING = "trying"
    UNCERTAIN = "uncertain"
    DELIVERED = "delivered"
    DROPPED = "dropped"  # there is nothing left to tell

    @property
    def doubtful(self) -> bool:
        """Whether the ticket system may have the message although nobody heard so."""
        return self in (MessageState.TRYING, MessageState.UNCERTAIN)

    @property
    def on_the_way(self) -> bool:
        """Whether it is still to be told."""
        return self not in (MessageState.DELIVERED, MessageState.DROPPED)


class ClosedAs(str, Enum):
    """Why a case is over."""

    VERIFIED = "verified"  # its troubles are gone, or were closed here
    PERSON = "person"  # somebody closed it in the ticket system
    MERGED = "merged"  # the update's own case tells of it now
    MOVED = "moved"  # another ticket system is configured


@dataclass(frozen=True, slots=True)
class Case:
    """One ticket in a ticket system. ``id`` travels with it; ``external_id`` is the system's own.

    ``doubted_at``: when its creation was uncertain, so that a late twin may turn up.
    """

    id: str
    destination: str
    open_key: str
    grouped: bool
    subject: str
    opened_at: datetime
    external_id: str | None = None
    url: str = ""
    doubted_at: datetime | None = None
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """Something to tell a ticket system. ``id`` is its idempotency key; ``number`` counts within the case, from 1."""

    id: str
    case_id: str
    number: int
    kind: MessageKind
    subject: str
    body: str
    evidence: Mapping[str, object]
    recorded_at: datetime
    state: MessageState = MessageState.WAITING
    tries: int = 0
    tried_at: datetime | None = None
    next_try_at: datetime | None = None
    last_error: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """A ticket of a case, and the digest of what was recorded about it for delivery ("": nothing yet)."""

    ticket: Ticket
    digest: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """A ticket with what the ledger knows beside it. ``label``: the update's KB number or title."""

    ticket: Ticket
    label: str = ""
    title: str = ""
    attempts: tuple[PastAttempt, ...] = ()
    free_bytes: int | None = None
    scanned_at: datetime | None = None
    scan_trust: str = ""
    scan_source: Mapping[str, object] | None = None
    scan_warnings: tuple[str, ...] = ()
