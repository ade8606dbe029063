# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A running WinRM fleet for real clients (pywinrm, ansible), with devices whose behaviour a test chooses."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from winrm.protocol import Protocol

from lab.endpoint import ModuleCall, ModuleReply, TransportFault
from lab.tls import LabAuthority
from lab.winrm import WinRMFleet

Result = TypeVar("Result")


async def pong(call: ModuleCall) -> ModuleReply:
    """A device that knows win_ping alone."""
    if call.name == "ansible.windows.win_ping":
        return ModuleReply(json.dumps({"changed": False, "ping": call.arguments.get("data", "pong")}))
    return ModuleReply(stderr=f"not recognised: {call.raw or call.name}", rc=1)


@dataclass
class Pc:
    """An endpoint; ``faults`` are met in turn, one per request."""

    name: str
    address: str
    user: str = "operator"
    password: str = "S3cret-Pw"
    powered: bool = True
    behaviour: Callable[[ModuleCall], Coroutine[Any, Any, ModuleReply]] = pong
    faults: list[TransportFault] = field(default_factory=list)
    calls: list[ModuleCall] = field(default_factory=list)
    cancelled: int = 0

    def answering(self) -> bool:
        return self.powered

    def fault(self) -> TransportFault | None:
        return self.faults.pop(0) if self.faults else None

    async def run(self, call: ModuleCall) -> ModuleReply:
        self.calls.append(call)
        try:
            return await self.behaviour(call)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise


class RunningFleet:
    """A fleet in an event loop of its own thread, so that blocking clients can talk to it."""

    def __init__(self, folder: Path, pcs: list[Pc], **options: Any) -> None:
        self.authority = LabAuthority.in_folder(folder, datetime.now(UTC))
        self.tls_port, self.plain_port = free_port(), free_port()
        self.pcs = {pc.name: pc for pc in pcs}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.fleet = WinRMFleet(
            pcs,
            self.authority,
            now=datetime.now(UTC),
            plain=[pc.name for pc in pcs],
            tls_port=self.tls_port,
            plain_port=self.plain_port,
            **options,
        )
        self.do(self.fleet.start())

    def submit(self, work: Coroutine[Any, Any, Result]) -> Future[Result]:
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def do(self, work: Coroutine[Any, Any, Result]) -> Result:
        return self.submit(work).result(timeout=20)

    def stop(self) -> None:
        self.do(self.fleet.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=20)
        self._loop.close()

    def client(self, name: str = "pc-001", *, plain: bool = False, transport: str = "ssl", **options: Any) -> Protocol:
        pc = self.pcs[name]
        scheme, port = ("http", self.plain_port) if plain else ("https", self.tls_port)
        known = {"username": pc.user, "password": pc.password, "ca_trust_path": str(self.authority.certificate_path)}
        return Protocol(f"{scheme}://{pc.address}:{port}/wsman", transport=transport, **(known | options))


def free_port() -> int:
    """A port that was free on loopback a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def run(
    client: Protocol, line: str = "hostname", stdin: bytes | None = None, chunk: int = 200_000
) -> tuple[str, str, int]:
    """Open a shell, run one command as Ansible does, close the shell."""
    shell = client.open_shell(codepage=65001)
    command = client.run_command(shell, line, (), console_mode_stdin=stdin is None)
    if stdin is not None:
        for start in range(0, len(stdin), chunk):
            client.send_command_input(shell, command, stdin[start : start + chunk], end=start + chunk >= len(stdin))
    stdout, stderr, code = client.get_command_output(shell, command)
    client.cleanup_command(shell, command)
    client.close_shell(shell)
    return stdout.decode(), stderr.decode(), code
