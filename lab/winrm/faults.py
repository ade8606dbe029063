# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The faults of WS-Management that a remote shell gives, with Windows' own codes. Sans-IO.

Codes: wsmerror.h. HTTP status is 500 for each, as Windows answers.
"""

from __future__ import annotations

from dataclasses import dataclass
from xml.sax.saxutils import escape

from lab.winrm.soap import fault_response

_FAULT = "http://schemas.microsoft.com/wbem/wsman/1/wsmanfault"
_FAULT_ACTION = "http://schemas.dmtf.org/wbem/wsman/1/wsman/fault"
_ADDRESSING_FAULT_ACTION = "http://schemas.xmlsoap.org/ws/2004/08/addressing/fault"


@dataclass(frozen=True)
class WSManFault(Exception):
    """A fault: ``code`` is the unsigned WSMan error, ``subcode`` its qualified name."""

    code: int
    sender: bool
    subcode: str
    reason: str
    action: str = _FAULT_ACTION

    def envelope(self, relates_to: str, machine: str) -> str:
        """The whole reply."""
        reason = escape(self.reason)
        fault = (
            f"<s:Fault><s:Code><s:Value>s:{'Sender' if self.sender else 'Receiver'}</s:Value>"
            f"<s:Subcode><s:Value>{self.subcode}</s:Value></s:Subcode></s:Code>"
            f'<s:Reason><s:Text xml:lang="en-US">{reason}</s:Text></s:Reason><s:Detail>'
            f'<f:WSManFault xmlns:f="{_FAULT}" Code="{self.code}" Machine="{escape(machine)}">'
            f"<f:Message>{reason}</f:Message></f:WSManFault></s:Detail></s:Fault>"
        )
        return fault_response(self.action, relates_to, fault)


def operation_timed_out() -> WSManFault:
    """ERROR_WSMAN_OPERATION_TIMEDOUT: nothing to receive within OperationTimeout; a client simply asks again."""
    reason = "The WS-Management service cannot complete the operation within the time specified in OperationTimeout."
    return WSManFault(0x80338029, sender=False, subcode="w:TimedOut", reason=reason)


def shell_not_found(shell_id: str) -> WSManFault:
    """ERROR_WSMAN_UNEXPECTED_SELECTORS: the device restarted since, or the id never was."""
    reason = (
        f"The request for the Windows Remote Shell with ShellId {shell_id} failed because the shell was not found on "
        "the server. Possible causes are: the specified ShellId is incorrect or the shell no longer exists on the "
        "server. Provide the correct ShellId or create a new shell and retry the operation."
    )
    return WSManFault(0x8033805B, sender=True, subcode="w:InvalidSelectors", reason=reason)


def command_not_found(command_id: str) -> WSManFault:
    """The shell has no such command (it was signalled to end, or never started)."""
    reason = f"The request for the command with CommandId {command_id} failed because it was not found in the shell."
    return WSManFault(0x8033805B, sender=True, subcode="w:InvalidSelectors", reason=reason)


def input_already_ended(command_id: str) -> WSManFault:
    """Send after ``End="true"``: nothing can be added to input that has ended."""
    reason = f"The pipe of the command with CommandId {command_id} has been ended; no more input can be sent."
    return WSManFault(0x80338055, sender=True, subcode="w:InvalidParameter", reason=reason)


def unsupported_action(action: str) -> WSManFault:
    """ERROR_WSMAN_ACTION_NOT_SUPPORTED."""
    reason = f"The WS-Management service cannot process the request. The action URI {action!r} is not supported."
    subcode = "a:ActionNotSupported"
    return WSManFault(0x80338013, sender=True, subcode=subcode, reason=reason, action=_ADDRESSING_FAULT_ACTION)


def unsupported_resource(resource: str) -> WSManFault:
    """ERROR_WSMAN_RESOURCE_NOT_FOUND: only the cmd shell is served."""
    reason = f"The WS-Management service cannot process the request. The resource URI {resource!r} was not found."
    subcode = "a:DestinationUnreachable"
    return WSManFault(0x80338000, sender=True, subcode=subcode, reason=reason, action=_ADDRESSING_FAULT_ACTION)


def not_an_envelope(reason: str) -> WSManFault:
    """ERROR_WSMAN_INVALID_SOAP_BODY: the body cannot be read."""
    return WSManFault(0x80338027, sender=True, subcode="w:InvalidBody", reason=reason)
