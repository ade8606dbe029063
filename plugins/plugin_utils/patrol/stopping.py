# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A round does not begin while a person has stopped patrols: the run ends there, and what runs on devices goes on."""

from __future__ import annotations

from dataclasses import dataclass

from ..ledger import Ledger
from ..ledger.stops import Stop
from .round import Begun, first_words
from .session import Session, SessionFolder


@dataclass(frozen=True, slots=True)
class Stopped(Begun):
    """A round that was not begun."""

    stop: Stop | None = None

    @property
    def text(self) -> str:
        """One line for a log."""
        why = self.stop.text if self.stop else "stopped"
        return f"{why}; nothing more is started, what devices are at goes on"


def stopped(folder: SessionFolder, ledger: Ledger, session: Session, number: int) -> Begun | None:
    """End the run when patrols are stopped; None when they are not. A rehearsal starts nothing, and goes on."""
    if session.rehearsal:
        return None
    with ledger.read() as view:
        stop = view.decisions.stop(session.clock.now())
    if stop is None:
        return None
    if number == 1:
        for word in first_words(ledger, session).values():
            folder.say(0, word)
    folder.end()
    return Stopped(number, session.clock.now(), 0, 0, over=True, stop=stop)
