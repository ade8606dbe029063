# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What every ticket system can be asked, whatever it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ..ledger.delivery_values import MessageKind


@dataclass(frozen=True, slots=True)
class Letter:
    """One message, ready to go. ``case`` and ``message`` are idempotency keys; a second sending is the same letter.

    ``external_id``: the system's own id of the ticket, None for a letter that opens one.
    ``thread``: the message that opened the case.
    """

    case: str
    message: str
    thread: str
    number: int
    kind: MessageKind
    subject: str
    body: str
    evidence: Mapping[str, object]
    written_at: datetime
    external_id: str | None = None

    def title(self, most: int) -> str:
        """Return the subject with the case's key, at most ``most`` characters: by the key it is found again."""
        mark = f" [{self.case}]"
        return " ".join(self.subject.split())[: most - len(mark)] + mark

    def text(self) -> str:
        """Return the body with the message's key at its end."""
        return f"{self.body}\n\n[{self.message}]\n"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a system calls a ticket, and where a person finds it ("": nowhere)."""

    external_id: str
    url: str = ""


class TicketSystem(Protocol):
    """One ticket system. Every method may raise Unreachable, Uncertain or Refused."""

    def create(self, letter: Letter) -> Receipt:
        """Make a ticket."""

    def comment(self, letter: Letter) -> None:
        """Add to the ticket ``letter.external_id``."""

    def close(self, letter: Letter, *, told: bool) -> None:
        """Resolve the ticket and say why; ``told``: why was said before, only the state may be missing."""

    def find(self, case: str) -> tuple[Receipt, ...]:
        """Return the tickets that carry a case's key, oldest first; none where repeated letters are recognised."""

    def has(self, external_id: str, message: str) -> bool:
        """Whether a ticket has the comment with this key; False where the system recognises repeated letters."""

    def closed(self, tickets: Iterable[str]) -> frozenset[str]:
        """Return those of the tickets that are closed there; none where that cannot be read."""

    def end(self) -> None:
        """Let go of the connection. Never raises."""
