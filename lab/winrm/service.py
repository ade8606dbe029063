# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The WS-Management service of one device: an envelope in, an envelope out. No HTTP here."""

from __future__ import annotations

from dataclasses import dataclass

from lab.endpoint import Endpoint
from lab.winrm import faults, soap
from lab.winrm.faults import WSManFault
from lab.winrm.shells import ShellTable
from lab.winrm.soap import Operation, Request


@dataclass(frozen=True, slots=True)
class Answer:
    """An envelope and its HTTP status: 200, or 500 for a fault."""

    status: int
    envelope: str


class ShellService:
    """Serves the remote shells of ``endpoint``."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self.shells = ShellTable(endpoint)

    def read(self, body: bytes) -> Request | Answer:
        """The request in a body, or the fault that answers an unreadable one."""
        try:
            return soap.parse_request(body)
        except soap.EnvelopeError as error:
            return self._fault(faults.not_an_envelope(str(error)), "")

    async def answer(self, request: Request) -> Answer:
        """Carry out one operation; ``Receive`` waits for output as long as OperationTimeout says."""
        try:
            if request.operation is None:
                raise faults.unsupported_action(request.action)
            if request.resource != soap.SHELL_RESOURCE:
                raise faults.unsupported_resource(request.resource)
            return Answer(200, await self._perform(request.operation, request))
        except WSManFault as fault:
            return self._fault(fault, request.message_id)

    async def _perform(self, operation: Operation, request: Request) -> str:
        match operation:
            case Operation.CREATE:
                return soap.create_response(request, self.shells.create(), self._endpoint.address, self._endpoint.user)
            case Operation.COMMAND:
                return soap.command_response(request, self.shells.add_command(request))
            case Operation.SEND:
                self.shells.command(request).feed(request, self._endpoint)
            case Operation.RECEIVE:
                chunks, exit_code = await self.shells.command(request).receive(request, self._endpoint)
                return soap.receive_response(request, chunks, exit_code)
            case Operation.SIGNAL:
                self.shells.end_command(request)
            case Operation.DELETE:
                self.shells.delete(request.shell_id)
        return soap.empty_response(request)

    def _fault(self, fault: WSManFault, relates_to: str) -> Answer:
        return Answer(500, fault.envelope(relates_to, self._endpoint.name))
