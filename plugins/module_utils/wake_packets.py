# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which magic packets wake which PCs: to the directed broadcast of each network, several times."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

LIMITED = "255.255.255.255"
_MAC = re.compile(r"^([0-9a-f]{2}:){5}[0-9a-f]{2}$")


class WakeError(ValueError):
    """A PC that cannot be woken as it is given: names it, the value and what to write."""


@dataclass(frozen=True, slots=True)
class Target:
    """A PC. ``mac``: lower case with colons. ``broadcast``: IPv4 address that the packet goes to."""

    name: str
    mac: str
    broadcast: str


class Send(Protocol):
    """Sends one magic packet for each MAC; ``wakeonlan.wake`` is one. Raises OSError."""

    def __call__(self, *macs: str, host: str, port: int, interface: str | None) -> None:
        """Send."""


def target(name: str, mac: str, network: str) -> Target:
    """Return a PC with its network's directed broadcast. Raises WakeError.

    ``network``: as ``10.12.0.0/24``, or the address 255.255.255.255 for the network that the sender is in itself.
    """
    plain = mac.strip().lower().replace("-", ":")
    if not _MAC.match(plain):
        raise WakeError(f"{name}: mac {mac!r} is not a MAC; write it as 52:54:00:12:34:56")
    if int(plain[:2], 16) & 1:
        raise WakeError(f"{name}: mac {mac!r} is an address of a group, not of a PC's network card")
    return Target(name, plain, broadcast_of(name, network))


def broadcast_of(name: str, network: str) -> str:
    """Return the address that reaches every PC of a network. Raises WakeError."""
    if network == LIMITED:
        return LIMITED
    try:
        found = ipaddress.IPv4Network(network, strict=False)
    except ValueError:
        raise WakeError(f"{name}: network {network!r} is not one; write it as 10.12.0.0/24") from None
    if "/" not in network or found.prefixlen > 30:
        raise WakeError(f"{name}: network {network!r} has no broadcast; write it with its prefix, as 10.12.0.0/24")
    return str(found.broadcast_address)


def wake(
    targets: Iterable[Target],
    *,
    send: Send,
    pause: Callable[[], None],
    port: int,
    packets: int,
    interface: str | None = None,
) -> None:
    """Send ``packets`` rounds, and let ``pause`` pass between two: a switch may wake with the PC. Raises OSError."""
    networks: dict[str, list[str]] = {}
    for one in targets:
        networks.setdefault(one.broadcast, []).append(one.mac)
    for number in range(packets):
        if number:
            pause()
        for broadcast, macs in networks.items():
            send(*macs, host=broadcast, port=port, interface=interface)
