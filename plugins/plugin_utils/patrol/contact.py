# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One contact with one device: its lease, and what a fault of the device becomes.

A fault never raises out of a contact: it is a word of the round, recorded in the
ledger, and the other devices go on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from ..device.fields import ProtocolError
from ..ledger import Glance, Holder, Ledger, LedgerError, Reader, Transaction, reopen
from ..planner.model import DeviceState, JobState
from .fleet_facts import fleet_facts
from .session import Member, Session, Word

Call = Callable[[str, Mapping[str, Any]], Mapping[str, Any]]
"""The Ansible edge: module name and arguments in, result out. Raises NoAnswer and DeviceFault."""

LEASE = timedelta(minutes=10)  # longer than any module call may take; a dead holder's lease is taken over at once


class NoAnswer(Exception):
    """The device could not be reached, or the connection broke."""


class DeviceFault(Exception):
    """The device answers, and what it says is a failure that a person must look at."""


class Held(Exception):
    """Another patrol holds the device."""


@dataclass(slots=True)
class Ending:
    """A transaction, and whether the turn ends with it."""

    tx: Transaction
    over: bool = False


@dataclass(slots=True)
class Turn:
    """A device under the lease of this process, and what the ledger knew of it when the lease was taken.

    ``known`` is None while a job of ours runs there: until it has been asked, there is nothing to plan.
    """

    ledger: Ledger
    name: str
    holder: Holder
    glance: Glance
    known: DeviceState | None
    over: bool = False

    @contextmanager
    def recording(self) -> Iterator[Ending]:
        """A transaction of the turn. If it says that the turn is over, the lease is given back with what it records."""
        with self.ledger.begin() as tx:
            ending = Ending(tx)
            yield ending
            if ending.over:
                tx.release_leases(self.holder, [self.name])
        self.over = ending.over


def contact(session: Session, member: Member, turn: Callable[[Turn], Word]) -> Word:
    """Run ``turn`` under the device's lease and return its word, or the word that its fault makes."""
    name = member.device.name
    with reopen(session.ledger).kept() as ledger:
        try:
            with lease(ledger, session, member) as taken:
                return turn(taken)
        except Held as held:
            return Word(name, "held", str(held), again=session.clock.now() + session.poll)
        except NoAnswer as silence:
            with ledger.begin() as tx:
                tx.record_contact(name, session.clock.now(), answered=False, why=str(silence))
            return Word(name, "offline", str(silence))
        except (DeviceFault, ProtocolError) as fault:
            with ledger.begin() as tx:
                tx.record_contact(name, session.clock.now(), answered=True, why=str(fault))
                tx.audit(session.patrol, "device_fault", name, {"why": str(fault)}, session.clock.now())
            return Word(name, "attention", str(fault))


@contextmanager
def lease(ledger: Ledger, session: Session, member: Member) -> Iterator[Turn]:
    """Hold the device's lease for this process. Raises Held. Leases run on the controller's own time."""
    name, holder = member.device.name, Holder.here(session.patrol)
    with ledger.begin() as tx:
        if not tx.acquire_lease(name, holder, datetime.now(UTC), LEASE):
            tx.take_over_dead(holder)
            if not tx.acquire_lease(name, holder, datetime.now(UTC), LEASE):
                raise Held("another patrol is at this device")
    taken = None
    try:
        with ledger.read() as view:
            glance = view.glance(name)
            taken = Turn(ledger, name, holder, glance, None if glance.busy else known(view, session, member))
        yield taken
    finally:
        if taken is None or not taken.over:
            with ledger.begin() as tx:
                tx.release_leases(holder, [name])


def without_intents(state: DeviceState) -> DeviceState:
    """Leave out jobs that were intended and never reached the device: their id is used again."""
    return replace(state, jobs=tuple(job for job in state.jobs if job.state is not JobState.INTENDED))


def known(tx: Reader, session: Session, member: Member) -> DeviceState:
    """Return what is remembered of a device that this run has enrolled, and what the fleet teaches about it."""
    name = member.device.name
    state = tx.device_state(name)
    if state is None:
        raise LedgerError(f"{name}: enrolled by this run, and the ledger does not know it; was the ledger replaced?")
    policy = session.policies[member.policy].policy
    return replace(state, fleet=fleet_facts(tx, session.decided, member.device, policy, state, session.clock.now()))
