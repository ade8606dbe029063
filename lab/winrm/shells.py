# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Remote shells of one device: what lives between the requests of a client.

A command starts when its standard input has ended (or, for a client that sends
none, when it first asks for output) and runs on when the client goes away, as
on Windows; a power cut ends it with its shell.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from dataclasses import dataclass, field

from lab.endpoint import Endpoint, ModuleReply
from lab.payload import PayloadError, decode
from lab.winrm.faults import command_not_found, input_already_ended, operation_timed_out, shell_not_found
from lab.winrm.soap import Request

MOST_SHELLS = 30  # Windows' MaxShellsPerUser; instead of its idle timeout, the oldest shell makes room
_ENVELOPE_OVERHEAD = 4096
_STREAM_CHUNK = 32_768

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Output:
    """What is left to receive of a command that has ended."""

    streams: list[tuple[str, memoryview]]
    exit_code: int

    @classmethod
    def of(cls, reply: ModuleReply) -> Output:
        """The streams of a reply, UTF-8."""
        texts = (("stdout", reply.stdout), ("stderr", reply.stderr))
        return cls([(name, memoryview(text.encode())) for name, text in texts if text], reply.rc)

    def take(self, most_bytes: int) -> list[tuple[str, bytes]]:
        """The next chunks, at most ``most_bytes`` in all."""
        taken: list[tuple[str, bytes]] = []
        while self.streams and most_bytes > 0:
            name, rest = self.streams[0]
            size = min(_STREAM_CHUNK, most_bytes, len(rest))
            taken.append((name, bytes(rest[:size])))
            most_bytes -= size
            self.streams[0] = (name, rest[size:])
            if size == len(rest):
                del self.streams[0]
        return taken


@dataclass(slots=True)
class Command:
    """One command in a shell."""

    line: str
    console_input: bool
    stdin: list[bytes] = field(default_factory=list)
    running: asyncio.Task[ModuleReply] | None = None
    output: Output | None = None

    def feed(self, request: Request, endpoint: Endpoint) -> None:
        """Add input; the last of it starts the command."""
        if self.running is not None:
            raise input_already_ended(request.command_id)
        if request.stdin:
            self.stdin.append(request.stdin)
        if request.stdin_ends:
            self.start(endpoint)

    def start(self, endpoint: Endpoint) -> None:
        """Run with the input so far."""
        stdin, self.stdin = b"".join(self.stdin), []
        self.running = asyncio.create_task(_run(endpoint, self.line, stdin), name=f"lab command on {endpoint.name}")

    async def receive(self, request: Request, endpoint: Endpoint) -> tuple[list[tuple[str, bytes]], int | None]:
        """The next output, and the exit code once all of it has been taken."""
        if self.running is None and self.console_input:
            self.start(endpoint)
        if self.output is None:
            await self._ended_within(request)
        if self.output is None:
            raise operation_timed_out()
        most_bytes = max(1024, (request.envelope_bytes - _ENVELOPE_OVERHEAD) * 3 // 4)
        chunks = self.output.take(most_bytes)
        return chunks, None if self.output.streams else self.output.exit_code

    async def _ended_within(self, request: Request) -> None:
        if self.running is None:  # it waits for input that nobody has ended
            await asyncio.sleep(request.timeout_seconds)
            return
        await asyncio.wait({self.running}, timeout=request.timeout_seconds)
        if self.running.cancelled():
            raise command_not_found(request.command_id)
        if self.running.done():
            self.output = Output.of(self.running.result())

    def end(self) -> None:
        """Terminate."""
        if self.running is not None:
            self.running.cancel()


class ShellTable:
    """The shells of one device."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._shells: dict[str, dict[str, Command]] = {}

    def __len__(self) -> int:
        return len(self._shells)

    def create(self) -> str:
        """A new shell's id."""
        while len(self._shells) >= MOST_SHELLS:
            self.delete(next(iter(self._shells)))
        shell_id = str(uuid.uuid4()).upper()
        self._shells[shell_id] = {}
        return shell_id

    def delete(self, shell_id: str) -> None:
        """End a shell and what runs in it."""
        for command in self._commands(shell_id).values():
            command.end()
        del self._shells[shell_id]

    def clear(self) -> None:
        """End all: the device lost its power or restarts."""
        for shell_id in list(self._shells):
            self.delete(shell_id)

    def add_command(self, request: Request) -> str:
        """A new command's id; it does not run yet."""
        command_id = str(uuid.uuid4()).upper()
        self._commands(request.shell_id)[command_id] = Command(request.command_line, request.console_input)
        return command_id

    def command(self, request: Request) -> Command:
        """The command that a request names."""
        command = self._commands(request.shell_id).get(request.command_id)
        if command is None:
            raise command_not_found(request.command_id)
        return command

    def end_command(self, request: Request) -> None:
        """Terminate and forget the command that a request names."""
        self.command(request).end()
        del self._commands(request.shell_id)[request.command_id]

    def _commands(self, shell_id: str) -> dict[str, Command]:
        commands = self._shells.get(shell_id)
        if commands is None:
            raise shell_not_found(shell_id)
        return commands


async def _run(endpoint: Endpoint, line: str, stdin: bytes) -> ModuleReply:
    try:
        call = decode(line, stdin)
    except PayloadError as error:
        return ModuleReply(stderr=f"lab: {endpoint.name}: {error}\n", rc=1)
    try:
        return await endpoint.run(call)
    except Exception as error:
        log.exception("the simulated device %s failed to run %s", endpoint.name, call.name or "a raw command")
        return ModuleReply(stderr=f"lab: {endpoint.name}: {type(error).__name__}: {error}\n", rc=1)
