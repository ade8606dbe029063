# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One delivery: learn, compose, send, destination by destination. What one of them does never stops the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from ..ledger import Holder, Ledger
from ..ledger.delivery_values import Case, Message
from .compose import compose
from .delivering import LEASE, Delivered, lease_name, send_all
from .destination import Destination
from .faults import DeliveryFault
from .polling import end_twins, learn_closed
from .routes import Routes
from .system import TicketSystem
from .systems import connect

Connect = Callable[[Destination], TicketSystem]


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a delivery did. ``closed``: cases that people had closed in their ticket systems."""

    destinations: tuple[Delivered, ...]
    closed: int = 0

    def lines(self) -> list[str]:
        """Return one line for each destination that has something to say."""
        said = []
        for one in self.destinations:
            parts = [f"{one.sent} sent" if one.sent else "", f"{one.waiting} waiting" if one.waiting else ""]
            parts += ["another run delivers there"] if one.busy else []
            parts += [one.fault] if one.fault else []
            if any(parts):
                said.append(f"tickets, {one.destination}: {', '.join(part for part in parts if part)}")
        return said


def deliver(
    ledger: Ledger,
    routes: Routes,
    holder: Holder,
    now: datetime,
    *,
    seconds: float = 60.0,
    at_once: bool = False,
    connecting: Connect = connect,
) -> Delivery:
    """Deliver what the ledger has for the destinations of ``routes``; ``seconds``: for each of them.

    Raises only what the ledger raises: a ticket system that is down, slow or wrong is told of in the result.
    """
    told: list[Delivered] = []
    closed = 0
    connected: dict[str, TicketSystem] = {}
    held: list[Destination] = []
    faults: dict[str, str] = {}
    try:
        for destination in routes.destinations:
            with ledger.begin() as tx:
                free = tx.acquire_lease(lease_name(destination.name), holder, datetime.now(UTC), LEASE)
            if not free:
                told.append(Delivered(destination.name, busy=True))
                continue
            held.append(destination)
            try:
                system = connected[destination.name] = connecting(destination)
                closed += learn_closed(ledger, destination, system, now)
                end_twins(ledger, destination, system, now)
            except DeliveryFault as fault:
                faults[destination.name] = str(fault)
            except Exception as unforeseen:  # whatever a server answers: the patrol goes on
                faults[destination.name] = f"{type(unforeseen).__name__}: {unforeseen}"
        with ledger.begin() as tx:
            compose(tx, routes.only({destination.name for destination in held}), now)
        for destination in held:
            if destination.name not in connected:
                told.append(Delivered(destination.name, fault=faults[destination.name]))
                continue
            done = send_all(
                ledger, destination, connected[destination.name], holder, now, seconds=seconds, at_once=at_once
            )
            done.fault = done.fault or faults.get(destination.name, "")
            told.append(done)
    finally:
        for system in connected.values():
            system.end()
        with ledger.begin() as tx:
            tx.release_leases(holder, [lease_name(destination.name) for destination in held])
    return Delivery(tuple(told), closed)


def rehearse(ledger: Ledger, routes: Routes, now: datetime) -> tuple[tuple[Case, Message], ...]:
    """Return what a delivery would send now; ``ledger`` is a private copy, nothing is sent."""
    with ledger.begin() as tx:
        compose(tx, routes, now)
        return tx.delivery.on_the_way()
