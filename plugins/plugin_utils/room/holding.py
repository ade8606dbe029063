# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who may drive a room run: leases on the room, its imaging server and its seats, in the name of one process.

Leases run on the controller's own time. That of a process that is seen to be dead is taken over at once, so a killed
run can be carried on with; what a dead run's worker still does at the engine is waited for.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from ..ledger import Holder, Ledger
from .problem import RoomError
from .session import RoomSession

TTL = timedelta(minutes=30)  # renewed with every step; longer than any step that does not renew it
_CALL = timedelta(minutes=10)  # longer than one step of an engine may take
_PATIENCE = 60.0  # real seconds
_OVER = "the playbook has ended; the next run carries on"


def take(ledger: Ledger, session: RoomSession, *, seats: bool = True) -> None:
    """Take, or renew, the leases on a run's room, server and ``seats``. Raises RoomError naming who holds one.

    A worker that outlives its playbook takes nothing any more: a lease of a dead process would keep the next run away.
    """
    holder = Holder.here(f"room {session.room}", session.controller)
    if not holder.start:
        alive(session)
    now = datetime.now(UTC)
    names = [_room(session), _server(session), *(seat.name for seat in session.seats if seats)]
    with ledger.begin() as tx:
        held = [name for name in names if not tx.acquire_lease(name, holder, now, TTL)]
        if held:
            leases = tx.leases(held)
            reasons = [held_by(name, leases[name].holder, leases[name].expires_at) for name in held if name in leases]
            raise RoomError(reasons or "somebody else holds the room; run again in a minute")


def give_back(ledger: Ledger, session: RoomSession, *, seats_only: bool = False) -> None:
    """Give the leases back."""
    holder = Holder.here(f"room {session.room}", session.controller)
    names = [seat.name for seat in session.seats]
    with ledger.begin() as tx:
        tx.release_leases(holder, names if seats_only else [_room(session), _server(session), *names])


@contextmanager
def at_the_engine(ledger: Ledger, session: RoomSession) -> Iterator[None]:
    """Be the only process that asks a server for something: a killed run may have left a worker that still does.

    Raises RoomError when that one does not end.
    """
    name, holder = f"at the {_server(session)}", Holder.here(f"room {session.room} at the engine")
    end = time.monotonic() + _PATIENCE
    while True:
        with ledger.begin() as tx:
            if tx.acquire_lease(name, holder, datetime.now(UTC), _CALL):
                break
        if time.monotonic() > end:
            raise RoomError(f"{name}: another process is still busy there; run again when it has ended")
        time.sleep(0.5)
    try:
        yield
    finally:
        with ledger.begin() as tx:
            tx.release_leases(holder, [name])


def alive(session: RoomSession) -> None:
    """Raise RoomError when the playbook of this worker is dead: the next run carries on, and nobody else may."""
    if os.getppid() != session.controller:
        raise RoomError(_OVER)


def _room(session: RoomSession) -> str:
    return f"room {session.room}"


def _server(session: RoomSession) -> str:
    return f"imaging server {session.server}"


def held_by(name: str, holder: str, until: datetime) -> str:
    """Say who holds a lease, and what can be done."""
    other = Holder.parse(holder)
    who = f"process {other.pid} on {other.host}" if other else holder
    return f"{name}: {who} holds it, until {until:%H:%M} UTC at the latest; wait for its end"
