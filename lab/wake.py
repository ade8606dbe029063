# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The network cards of the lab's PCs: a magic packet to the broadcast of the loopback network switches a PC on."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping

BROADCAST, NETWORK = "127.255.255.255", "127.0.0.0/8"
_MAGIC = re.compile(rb"\xff{6}(.{6})\1{15}", re.DOTALL)


class WakeListener(asyncio.DatagramProtocol):
    """Hears packets and calls ``wake`` with the name of the PC whose MAC one holds; ``macs``: MAC to name."""

    def __init__(self, macs: Mapping[str, str], wake: Callable[[str], None]) -> None:
        """Listen on ``start``."""
        self._names = {mac.lower().replace("-", ":"): name for mac, name in macs.items()}
        self._wake = wake
        self._transport: asyncio.DatagramTransport | None = None

    async def start(self) -> int:
        """Listen on a free port of the broadcast address and return the port."""
        loop = asyncio.get_running_loop()
        self._transport, _protocol = await loop.create_datagram_endpoint(lambda: self, local_addr=(BROADCAST, 0))
        port: int = self._transport.get_extra_info("sockname")[1]
        return port

    def stop(self) -> None:
        """Listen no more."""
        if self._transport is not None:
            self._transport.close()

    def datagram_received(self, data: bytes, addr: object) -> None:
        """Wake the PC that a packet is for."""
        found = _MAGIC.search(data)
        name = self._names.get(found[1].hex(":")) if found else None
        if name is not None:
            self._wake(name)
