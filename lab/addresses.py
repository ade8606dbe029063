# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Loopback addresses for a lab: a block of 127.0.0.0/8 that no other lab on this machine holds."""

from __future__ import annotations

import random
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from itertools import islice

_HELD_PORT = 5986
_POOL = IPv4Network("127.64.0.0/10")
_TRIES = 64


class NoBlock(OSError):
    """There is no free block of loopback addresses."""


@dataclass(slots=True)
class Block:
    """A block that is held for as long as ``holder`` is open; its first address is the holder's."""

    network: IPv4Network
    holder: socket.socket

    def addresses(self, count: int) -> Iterator[str]:
        """Yield ``count`` addresses for devices."""
        first = int(self.network.network_address) + 2
        return (str(IPv4Address(first + n)) for n in range(count))

    def release(self) -> None:
        """Let another lab have it."""
        self.holder.close()


def take(count: int, base: str | None = None) -> Block:
    """Hold a block for ``count`` devices: ``base`` (127.77.0.0/16), or the first free one of a random order.

    Raises NoBlock when it is taken or too small, ValueError when ``base`` is no loopback network.
    """
    prefix = max(8, 32 - (count + 2).bit_length())
    if base is not None:
        network = IPv4Network(base)
        if not network.subnet_of(IPv4Network("127.0.0.0/8")):
            raise ValueError(f"base: {base} is not inside 127.0.0.0/8; use for example 127.77.0.0/16")
        if network.num_addresses < count + 3:
            raise NoBlock(f"base: {base} has too few addresses for {count} devices; use a larger block")
        held = _hold(network)
        if held is None:
            raise NoBlock(f"base: {base} is used by another lab; stop that one or use another block")
        return held
    blocks = list(_POOL.subnets(new_prefix=min(prefix, 20)))
    for block in islice(random.sample(blocks, len(blocks)), _TRIES):
        held = _hold(block)
        if held is not None:
            return held
    raise NoBlock(f"no free block of loopback addresses in {_POOL}; stop a lab or give one with --base")


def _hold(network: IPv4Network) -> Block | None:
    holder = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        holder.bind((str(network.network_address + 1), _HELD_PORT))
        holder.listen(1)
    except OSError:
        holder.close()
        return None
    return Block(network, holder)
