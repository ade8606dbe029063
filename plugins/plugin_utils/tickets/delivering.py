# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tell one ticket system what is on its way to it, each message exactly once.

Before a message goes out the ledger says so (TRYING, committed). Whoever finds a message in that state, or one
that broke off (UNCERTAIN), asks the system for the message's key before sending it again. One process delivers to
a destination at a time: it holds a lease, which a process that was killed loses at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from ..ledger import Holder, Ledger
from ..ledger.delivery_values import Case, Message, MessageKind, MessageState
from .destination import Destination
from .faults import DeliveryFault, Refused, Unreachable
from .system import Letter, Receipt, TicketSystem

FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=6)
SETTLING = timedelta(minutes=2)  # a server may go on with a request that its client gave up
LEASE = timedelta(minutes=15)  # longer than any message takes
_FAULTS_IN_A_ROW = 3


@dataclass(slots=True)
class Delivered:
    """What became of a destination's messages in one run. ``fault``: the last thing that went wrong."""

    destination: str
    sent: int = 0
    waiting: int = 0
    fault: str = ""
    busy: bool = False  # another process delivers there


def lease_name(destination: str) -> str:
    """Return the name of the lease of a destination; no device is called so."""
    return f"tickets/{destination}"


def send_all(
    ledger: Ledger,
    destination: Destination,
    system: TicketSystem,
    holder: Holder,
    now: datetime,
    *,
    seconds: float,
    at_once: bool = False,
    alive: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Delivered:
    """Send what is due, oldest first, for at most about ``seconds``; the caller holds the lease.

    ``now``: the clock of the run, by which retries are timed. ``alive``: the controller's own clock, for the lease.
    ``at_once``: also what waits for a later try. Never raises for what a ticket system does.
    """
    result = Delivered(destination.name)
    until = time.monotonic() + seconds
    in_a_row = 0
    tried: set[str] = set()
    while in_a_row < _FAULTS_IN_A_ROW and (due := _due(ledger, destination.name, now, at_once, tried)):
        for case, message in due:
            if time.monotonic() >= until or in_a_row >= _FAULTS_IN_A_ROW:
                break
            with ledger.begin() as tx:
                if not tx.acquire_lease(lease_name(destination.name), holder, alive(), LEASE):
                    return replace(result, busy=True)
                tx.delivery.trying(message, now)
            fault = _send_one(ledger, system, case, replace(message, tried_at=now, tries=message.tries + 1), now)
            tried.add(message.id)
            result.sent += fault is None
            in_a_row = 0 if fault is None else in_a_row + 1
            if fault is not None:
                result.fault = str(fault)
                if isinstance(fault, Unreachable) or (isinstance(fault, Refused) and fault.system_wide):
                    in_a_row = _FAULTS_IN_A_ROW
        if time.monotonic() >= until:
            break
    with ledger.read() as reader:
        result.waiting = len(reader.delivery.on_the_way(destination.name))
    return result


def _due(ledger: Ledger, destination: str, now: datetime, at_once: bool, tried: set[str]) -> list[tuple[Case, Message]]:
    """The first message on its way of each case, if its time has come and this run has not tried it."""
    with ledger.read() as reader:
        waiting = reader.delivery.on_the_way(destination)
    return [(case, one) for case, one in waiting if one.id not in tried and _is_due(one, now, at_once)]


def _is_due(message: Message, now: datetime, at_once: bool) -> bool:
    if message.state is MessageState.TRYING:  # its sender died: the server may still be at work
        return message.tried_at is None or message.tried_at + SETTLING <= now
    if at_once and message.state is MessageState.WAITING:
        return True
    return message.next_try_at is None or message.next_try_at <= now


def _send_one(
    ledger: Ledger, system: TicketSystem, case: Case, message: Message, now: datetime
) -> DeliveryFault | None:
    """Send one message and record what became of it; returns what went wrong, None when all is well."""
    certain = not message.state.doubtful
    try:
        receipt = _tell(system, case, message)
    except DeliveryFault as fault:
        certain = certain and isinstance(fault, (Unreachable, Refused))
        found: DeliveryFault = fault
    except Exception as unforeseen:  # a server may answer anything: one letter fails, the others and the patrol go on
        certain = False
        found = DeliveryFault(f"{type(unforeseen).__name__}: {unforeseen}")
    else:
        with ledger.begin() as tx:
            tx.delivery.delivered(message, receipt.external_id, receipt.url, now)
        return None
    with ledger.begin() as tx:
        wait = min(FIRST_WAIT * 2 ** min(message.tries - 1, 20), LONGEST_WAIT)
        later = now + (wait if certain else max(wait, SETTLING))
        tx.delivery.failed(message, str(found), later, doubtful=not certain)
    return found


def _tell(system: TicketSystem, case: Case, message: Message) -> Receipt:
    letter = letter_of(case, message)
    doubtful = message.state.doubtful
    if message.kind is MessageKind.OPEN:
        known = system.find(case.id) if doubtful else ()
        return known[0] if known else system.create(letter)
    told = doubtful and system.has(str(case.external_id), message.id)
    if message.kind is MessageKind.CLOSE:
        system.close(letter, told=told)
    elif not told:
        system.comment(letter)
    return Receipt(str(case.external_id), case.url)


def letter_of(case: Case, message: Message) -> Letter:
    """Return a message as it goes out."""
    return Letter(
        case=case.id,
        message=message.id,
        thread=f"{case.id}-1",
        number=message.number,
        kind=message.kind,
        subject=message.subject,
        body=message.body,
        evidence=message.evidence,
        written_at=message.recorded_at,
        external_id=case.external_id,
    )
