# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The PCs that a DRBL server knows: its table in dhcpd.conf, read as DRBL itself reads it.

DRBL takes one directive for a line: of a host that is written on one line it sees the name and nothing else.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from ..engine import JobSpec, Problem, Seat
from .layout import Layout

_HOST = re.compile(r"^\s*host .*\{", re.IGNORECASE)
_MAC = re.compile(r"^\s*hardware ethernet\s+([^\s;]+)", re.IGNORECASE)
_ADDRESS = re.compile(r"^\s*fixed-address\s+([^\s;]+)", re.IGNORECASE)
_IPV4 = re.compile(r"^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$")


@dataclass(frozen=True, slots=True)
class Client:
    """A PC in the table. ``mac``: lower case with colons."""

    name: str
    mac: str
    address: str

    @property
    def hexadecimal(self) -> str:
        """The address as pxelinux names its files: 10.77.0.80 is 0A4D0050; "" where it is no IPv4 address."""
        found = _IPV4.match(self.address)
        return "".join(f"{int(part):02X}" for part in found.groups()) if found else ""


def read_clients(layout: Layout) -> tuple[Client, ...]:
    """Return all PCs that have both a MAC and an address; none where there is no table."""
    try:
        lines = layout.dhcpd_conf.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ()
    macs: dict[str, str] = {}
    addresses: dict[str, str] = {}
    name = ""
    for line in lines:
        if _HOST.match(line):
            name = line.split()[1]
        elif found := _MAC.match(line):
            macs[name] = found[1].lower()
        elif found := _ADDRESS.match(line):
            addresses[name] = found[1]
    return tuple(Client(name, macs[name], addresses[name]) for name in sorted(macs) if name in addresses)


def clients_of(known: tuple[Client, ...], spec: JobSpec) -> dict[str, Client]:
    """Find the seats that the server knows, by their MACs: enough to look at a job, or to stop it."""
    by_mac = {client.mac: client for client in known}
    return {seat.name: by_mac[seat.mac] for seat in spec.seats if seat.mac in by_mac}


def addresses_of(known: tuple[Client, ...], spec: JobSpec) -> str:
    """Return the addresses of the job's seats as drbl-ocs takes them: one text, blanks between."""
    return " ".join(client.address for client in clients_of(known, spec).values())


def problems_of_seats(
    layout: Layout, known: tuple[Client, ...], listed: frozenset[str], spec: JobSpec
) -> list[Problem]:
    """Return where the register and the server disagree. ``listed``: the addresses that DRBL itself would serve."""
    problems = [] if spec.seats else [Problem(f"room {spec.room}: it has no seats; name them")]
    macs = Counter(client.mac for client in known)
    addresses = Counter(client.address for client in known)
    found = clients_of(known, spec)
    for seat in spec.seats:
        client = found.get(seat.name)
        if client is None:
            problems.append(Problem(_unknown(layout, seat), seat.name))
        elif [other.mac for other in spec.seats].count(seat.mac) > 1:
            problems.append(Problem(f"MAC {seat.mac} is of two seats of the room; correct the register", seat.name))
        elif macs[client.mac] > 1 or addresses[client.address] > 1:
            problems.append(
                Problem(f"{layout.dhcpd_conf} has {client.mac} or {client.address} twice; leave each once", seat.name)
            )
        elif seat.address and seat.address != client.address:
            problems.append(
                Problem(
                    f"the register has {seat.address}, {layout.dhcpd_conf} {client.address} for {seat.mac}; correct "
                    "one of them",
                    seat.name,
                )
            )
        elif not client.hexadecimal or client.address not in listed:
            problems.append(
                Problem(f"DRBL does not serve {client.address} (get-client-ip-list); run drblpush -i", seat.name)
            )
    return problems


def _unknown(layout: Layout, seat: Seat) -> str:
    try:
        written = seat.mac in layout.dhcpd_conf.read_text(encoding="utf-8", errors="replace").lower()
    except OSError as error:
        return f"{layout.dhcpd_conf} cannot be read ({error.strerror}); run this on the DRBL server"
    if written:
        return f"{layout.dhcpd_conf}: DRBL cannot read the host with {seat.mac}; write one directive on each line"
    return f"{layout.dhcpd_conf} has no host with MAC {seat.mac}; add it there"
