# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a run tells the ticket systems at its end. Nothing that they do is a failure of the run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..ledger import Holder, open_ledger
from ..tickets.inventory import concerned, routes_of
from ..tickets.reading import TicketsError
from ..tickets.report import tell
from .session import Session


def tell_ticket_systems(session: Session, variables: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """Deliver the tickets of the run's devices; returns lines to print, and mistakes that an operator must mend.

    ``variables``: ``task_vars``. Nothing is read or sent where no ticket concerns the run.
    """
    ledger = open_ledger(session.ledger)
    try:
        routes = routes_of(concerned(ledger, session.members), variables)
    except TicketsError as wrong:
        return [], str(wrong).splitlines()
    holder = Holder.here(f"{session.patrol}-tickets")
    return tell(ledger, routes, holder, session.clock.now(), rehearsal=session.rehearsal).lines, []
