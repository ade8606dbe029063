# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Arming exactly the seats of a job on a DRBL server, and proving it from what the server's files and processes are."""

from __future__ import annotations

from ..engine import JobSpec, Mode
from .boot import armed, chosen, own_files
from .commands import LISTENER
from .orders import Orders
from .room import Server
from .sender import faults_of_sender

_LOOKS = 20  # the sender begins in the background, after drbl-ocs has ended
_BETWEEN = 0.5  # seconds


def faults(server: Server, spec: JobSpec, orders: Orders) -> list[str]:
    """Return what is wrong with what is armed; nothing when exactly the seats are, for these orders, and are served."""
    return _of_files(server, spec, orders) + _of_service(server, spec)


def faults_after_start(server: Server, spec: JobSpec, orders: Orders) -> list[str]:
    """Return what is wrong once the sender, which drbl-ocs leaves in the background, has had time to begin."""
    wrong = _of_files(server, spec, orders)
    if wrong:
        return wrong
    for _look in range(_LOOKS):
        wrong = _of_service(server, spec)
        if not wrong:
            return []
        server.commands.pause(_BETWEEN)
    return wrong


def _of_files(server: Server, spec: JobSpec, orders: Orders) -> list[str]:
    seats = server.seats(spec)
    macs = {client.mac for client in seats.values()}
    wrong = [f"{seat.name} is not in dhcpd.conf any more" for seat in spec.seats if seat.name not in seats]
    for name, client in seats.items():
        boots = chosen(server.layout, client)
        given = [boot.order for boot in boots if boot.order]
        if not given:
            wrong.append(f"{name} boots {', '.join(boot.path.name for boot in boots) or 'nothing'} and gets no orders")
        wrong += [f"{name} is told to {order}" for order in given if not order.endswith(f" {orders.told}")]
        taken = {boot.path for boot in boots}
        wrong += [
            f"{name} has orders in {boot.path}, and boots another file before it"
            for boot in own_files(server.layout, client)
            if boot.any_order and boot.path not in taken
        ]
    more = sorted(set(armed(server.layout, server.clients)) - macs)
    return wrong + [f"{mac} is armed and not of the room" for mac in more]


def _of_service(server: Server, spec: JobSpec) -> list[str]:
    wrong = [] if server.session() else [f"{server.layout.session} is not there"]
    processes = server.commands.processes()
    if not any(process.name == LISTENER for process in processes):
        wrong.append(f"no {LISTENER} runs")
    if spec.mode is Mode.MULTICAST:
        wrong += faults_of_sender(processes, spec, server.wishes.interface)
    return wrong
