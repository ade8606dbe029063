# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Listeners for a whole fleet: each device on its own loopback address, in one process and event loop."""

from __future__ import annotations

import asyncio
import resource
import ssl
from collections.abc import Collection, Iterable
from datetime import datetime
from ipaddress import ip_address, ip_network

from aiohttp import StreamReader, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http import RawRequestMessage

from lab.auth import Account, CredentialStore
from lab.endpoint import Endpoint
from lab.tls import LabAuthority, ServerIdentity
from lab.winrm.door import LARGEST_BODY, Door, Traffic

TLS_PORT = 5986
PLAIN_PORT = 5985
LOOPBACK = ip_network("127.0.0.0/8")
_BACKLOG = 32
_SPARE_FILES = 512


class ListenError(OSError):
    """A device's address cannot be listened on."""


class _Station:
    """One device's listeners and its open connections."""

    def __init__(self, door: Door, ports: dict[int, ssl.SSLContext | None]) -> None:
        self.door = door
        self._ports = ports
        self._listeners: list[asyncio.Server] = []
        self._turn = asyncio.Lock()
        self._http = web.Server(
            door.handle, request_factory=_request, handler_cancellation=True, access_log=None, tcp_keepalive=False
        )

    @property
    def listening(self) -> bool:
        return bool(self._listeners)

    async def set(self, listening: bool) -> None:
        """Open or close, one change at a time; what is so already stays."""
        async with self._turn:
            if listening and not self._listeners:
                await self._open()
            elif not listening:
                self.close()

    async def _open(self) -> None:
        address, loop = self.door.endpoint.address, asyncio.get_running_loop()
        for port, context in self._ports.items():
            try:
                listener = await loop.create_server(self._http, address, port, ssl=context, backlog=_BACKLOG)
            except OSError as error:
                self.close()
                message = (
                    f"lab device {self.door.endpoint.name}: cannot listen on {address}:{port}: {error.strerror}; "
                    "is another lab running, or the address used twice?"
                )
                raise ListenError(error.errno, message) from error
            self._listeners.append(listener)

    def close(self) -> None:
        for listener in self._listeners:
            listener.close()
        self._listeners.clear()
        for connection in self._http.connections:
            if isinstance(connection.transport, asyncio.WriteTransport):
                connection.transport.abort()
        self.door.service.shells.clear()


class WinRMFleet:
    """Serves WinRM for ``endpoints``: 5986 with TLS for each, 5985 without for the names in ``plain``.

    ``now`` is the real instant from which the certificates of the devices count
    (one each, issued by ``tls`` when the fleet starts).
    """

    def __init__(
        self,
        endpoints: Iterable[Endpoint],
        tls: LabAuthority,
        *,
        now: datetime,
        plain: Collection[str] = (),
        allow_unencrypted: bool = False,
        tls_port: int = TLS_PORT,
        plain_port: int = PLAIN_PORT,
    ) -> None:
        self._endpoints = {endpoint.name: endpoint for endpoint in endpoints}
        for endpoint in self._endpoints.values():
            if ip_address(endpoint.address) not in LOOPBACK:
                message = f"lab device {endpoint.name}: address {endpoint.address} is not in {LOOPBACK}; use 127.x.y.z"
                raise ValueError(message)
            Account(endpoint.user, endpoint.password)  # raises for what no logon could use
        unknown = sorted(set(plain) - set(self._endpoints))
        if unknown:
            message = (
                f"plain: {unknown[0]!r} is not a device of this lab; name one of its {len(self._endpoints)} devices"
            )
            raise ValueError(message)
        self._tls = tls
        self._now = now
        self._plain = frozenset(plain)
        self._allow_unencrypted = allow_unencrypted
        self._tls_port = tls_port
        self._plain_port = plain_port
        self._store: CredentialStore | None = None
        self._stations: dict[str, _Station] = {}

    async def start(self) -> None:
        """Listen for every device that answers now.

        Raises:
            ListenError: an address is taken; nothing listens then.
        """
        _raise_file_limit(2 * len(self._endpoints) + _SPARE_FILES)
        self._store = CredentialStore()
        for name, endpoint in self._endpoints.items():
            door = Door(endpoint, self._store, allow_unencrypted=self._allow_unencrypted)
            identity = ServerIdentity(name, (name,), (endpoint.address,))
            ports: dict[int, ssl.SSLContext | None] = {self._tls_port: self._tls.server_context(identity, self._now)}
            if name in self._plain:
                ports[self._plain_port] = None
            self._stations[name] = _Station(door, ports)
        try:
            for name, endpoint in self._endpoints.items():
                if endpoint.answering():
                    await self._stations[name].set(True)
        except ListenError:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Close every listener and connection."""
        for station in self._stations.values():
            station.close()
        self._stations.clear()
        if self._store is not None:
            self._store.close()
            self._store = None
        await asyncio.sleep(0)  # let the closed transports tell their protocols

    async def set_listening(self, name: str, listening: bool) -> None:
        """Open a device's ports, or close them: connections are refused, open ones reset, shells and commands gone.

        Before ``start`` and after ``stop`` nothing is done: ``start`` asks each device itself.

        Raises:
            KeyError: no such device.
            ListenError: the address was taken meanwhile.
        """
        if name not in self._endpoints:
            message = f"{name!r} is not a device of this lab"
            raise KeyError(message)
        if name in self._stations:
            await self._stations[name].set(listening)

    def listening(self, name: str) -> bool:
        """Whether the device's ports are open."""
        return name in self._stations and self._stations[name].listening

    def traffic(self, name: str) -> Traffic:
        """What the device has been asked since the start."""
        return self._stations[name].door.traffic


def _raise_file_limit(needed: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= needed:
        return
    limit = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))


def _request(
    message: RawRequestMessage,
    payload: StreamReader,
    protocol: web.RequestHandler,
    writer: AbstractStreamWriter,
    task: asyncio.Task[None],
) -> web.BaseRequest:
    """A request whose body may be as large as a chunk of a transferred file, sealed or not."""
    loop = asyncio.get_running_loop()
    return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=LARGEST_BODY)
