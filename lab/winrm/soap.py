# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""WS-Management envelopes: what a request says, and the text of the replies. Sans-IO.

Source: MS-WSMV (2.2.4, 3.1.4) and DSP0226, limited to what a Windows Remote
Shell needs: Create, Command, Send, Receive, Signal, Delete.
"""

from __future__ import annotations

import base64
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from xml.etree import ElementTree
from xml.sax.saxutils import escape

SOAP = "http://www.w3.org/2003/05/soap-envelope"
ADDRESSING = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
WSMAN = "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"
TRANSFER = "http://schemas.xmlsoap.org/ws/2004/09/transfer"
SHELL = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
SHELL_RESOURCE = f"{SHELL}/cmd"
ANONYMOUS = f"{ADDRESSING}/role/anonymous"

DEFAULT_OPERATION_TIMEOUT_SECONDS = 60.0
DEFAULT_ENVELOPE_BYTES = 153_600
_DURATION = re.compile(r"^PT(?:(?P<h>\d+)H)?(?:(?P<m>\d+)M)?(?:(?P<s>\d+(?:\.\d+)?)S)?$")


class EnvelopeError(ValueError):
    """The body of a request is not a WS-Management envelope."""


class Operation(Enum):
    """The operations of a remote shell, by their WS-Addressing action."""

    CREATE = f"{TRANSFER}/Create"
    DELETE = f"{TRANSFER}/Delete"
    COMMAND = f"{SHELL}/Command"
    SEND = f"{SHELL}/Send"
    RECEIVE = f"{SHELL}/Receive"
    SIGNAL = f"{SHELL}/Signal"

    @property
    def title(self) -> str:
        """``Create``, ``Command``, ..."""
        return self.value.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Request:
    """One request. Fields that its operation does not have are empty.

    ``command_line`` is command and arguments joined by spaces, as the remote
    shell itself joins them; ``console_input`` is WINRS_CONSOLEMODE_STDIN, FALSE
    when the client is going to send standard input.
    """

    operation: Operation | None
    action: str
    message_id: str
    resource: str
    timeout_seconds: float
    envelope_bytes: int
    shell_id: str = ""
    command_id: str = ""
    command_line: str = ""
    console_input: bool = True
    stdin: bytes = b""
    stdin_ends: bool = False
    signal: str = ""


def parse_request(body: bytes) -> Request:
    """Read an envelope.

    Raises:
        EnvelopeError: not XML, no SOAP header and body, or a value of the wrong type.
    """
    try:
        root = ElementTree.fromstring(body)
    except ElementTree.ParseError as error:
        message = f"request body is not XML: {error}"
        raise EnvelopeError(message) from error
    header, payload = root.find(f"{{{SOAP}}}Header"), root.find(f"{{{SOAP}}}Body")
    if header is None or payload is None:
        message = "request body has no SOAP 1.2 Header and Body"
        raise EnvelopeError(message)
    try:
        return _read(header, payload)
    except ValueError as error:  # MaxEnvelopeSize is no number, or a stream no base64
        message = f"request has a value that cannot be read: {error}"
        raise EnvelopeError(message) from error


def _read(header: ElementTree.Element, payload: ElementTree.Element) -> Request:
    action = _text(header, f"{{{ADDRESSING}}}Action")
    operation = next((candidate for candidate in Operation if candidate.value == action), None)
    options = {node.get("Name", ""): node.text or "" for node in header.iter(f"{{{WSMAN}}}Option")}
    selectors = {node.get("Name", ""): node.text or "" for node in header.iter(f"{{{WSMAN}}}Selector")}
    stream = payload.find(f"{{{SHELL}}}Send/{{{SHELL}}}Stream")
    desired = payload.find(f"{{{SHELL}}}Receive/{{{SHELL}}}DesiredStream")
    signal = payload.find(f"{{{SHELL}}}Signal")
    line = payload.find(f"{{{SHELL}}}CommandLine")
    named = next((node for node in (stream, desired, signal) if node is not None), None)
    return Request(
        operation=operation,
        action=action,
        message_id=_text(header, f"{{{ADDRESSING}}}MessageID"),
        resource=_text(header, f"{{{WSMAN}}}ResourceURI"),
        timeout_seconds=_seconds(_text(header, f"{{{WSMAN}}}OperationTimeout")),
        envelope_bytes=int(_text(header, f"{{{WSMAN}}}MaxEnvelopeSize") or DEFAULT_ENVELOPE_BYTES),
        shell_id=selectors.get("ShellId", ""),
        command_id="" if named is None else named.get("CommandId", ""),
        command_line="" if line is None else _command_line(line),
        console_input=options.get("WINRS_CONSOLEMODE_STDIN", "TRUE").upper() == "TRUE",
        stdin=b"" if stream is None or not stream.text else base64.b64decode(stream.text),
        stdin_ends=stream is not None and stream.get("End", "false").lower() == "true",
        signal="" if signal is None else _text(signal, f"{{{SHELL}}}Code"),
    )


def create_response(request: Request, shell_id: str, address: str, user: str) -> str:
    """The shell now exists."""
    return _envelope(
        f"{TRANSFER}/CreateResponse",
        request.message_id,
        f"<x:ResourceCreated><a:Address>http://{address}:5985/wsman</a:Address><a:ReferenceParameters>"
        f"<w:ResourceURI>{SHELL_RESOURCE}</w:ResourceURI><w:SelectorSet>"
        f'<w:Selector Name="ShellId">{shell_id}</w:Selector></w:SelectorSet></a:ReferenceParameters>'
        f"</x:ResourceCreated><rsp:Shell><rsp:ShellId>{shell_id}</rsp:ShellId>"
        f"<rsp:ResourceUri>{SHELL_RESOURCE}</rsp:ResourceUri><rsp:Owner>{escape(user)}</rsp:Owner>"
        "<rsp:InputStreams>stdin</rsp:InputStreams><rsp:OutputStreams>stdout stderr</rsp:OutputStreams></rsp:Shell>",
    )


def command_response(request: Request, command_id: str) -> str:
    """The command now exists."""
    body = f"<rsp:CommandResponse><rsp:CommandId>{command_id}</rsp:CommandId></rsp:CommandResponse>"
    return _envelope(f"{SHELL}/CommandResponse", request.message_id, body)


def empty_response(request: Request) -> str:
    """Send, Signal and Delete say no more than that they were done."""
    bodies = {Operation.SEND: "<rsp:SendResponse/>", Operation.SIGNAL: "<rsp:SignalResponse/>"}
    body = bodies.get(request.operation, "") if request.operation else ""
    return _envelope(f"{request.action}Response", request.message_id, body)


def receive_response(request: Request, streams: Sequence[tuple[str, bytes]], exit_code: int | None) -> str:
    """Chunks of output in order, and the exit code when the command is done (None: it is running)."""
    command = f'CommandId="{request.command_id}"'
    parts = [
        f'<rsp:Stream Name="{name}" {command}>{base64.b64encode(chunk).decode()}</rsp:Stream>'
        for name, chunk in streams
    ]
    if exit_code is None:
        parts.append(f'<rsp:CommandState {command} State="{SHELL}/CommandState/Running"/>')
    else:
        parts += [f'<rsp:Stream Name="{name}" {command} End="true"/>' for name in ("stdout", "stderr")]
        parts.append(
            f'<rsp:CommandState {command} State="{SHELL}/CommandState/Done">'
            f"<rsp:ExitCode>{exit_code & 0xFFFFFFFF}</rsp:ExitCode></rsp:CommandState>"
        )
    body = f"<rsp:ReceiveResponse>{''.join(parts)}</rsp:ReceiveResponse>"
    return _envelope(f"{SHELL}/ReceiveResponse", request.message_id, body)


def fault_response(action: str, relates_to: str, fault: str) -> str:
    """An envelope around a ``<s:Fault>``."""
    return _envelope(action, relates_to, fault)


def _envelope(action: str, relates_to: str, body: str) -> str:
    return (
        f'<s:Envelope xml:lang="en-US" xmlns:s="{SOAP}" xmlns:a="{ADDRESSING}" xmlns:x="{TRANSFER}"'
        f' xmlns:w="{WSMAN}" xmlns:rsp="{SHELL}"><s:Header><a:Action>{escape(action)}</a:Action>'
        f"<a:MessageID>uuid:{str(uuid.uuid4()).upper()}</a:MessageID><a:To>{ANONYMOUS}</a:To>"
        f"<a:RelatesTo>{escape(relates_to)}</a:RelatesTo></s:Header><s:Body>{body}</s:Body></s:Envelope>"
    )


def _text(parent: ElementTree.Element, tag: str) -> str:
    return (parent.findtext(tag) or "").strip()


def _command_line(line: ElementTree.Element) -> str:
    command = (line.findtext(f"{{{SHELL}}}Command") or "").strip()
    arguments = [node.text or "" for node in line.iterfind(f"{{{SHELL}}}Arguments")]
    return " ".join([command, *arguments])


def _seconds(duration: str) -> float:
    """``PT20S`` or ``PT1M30.5S`` in seconds; what is absent or strange is WinRM's default of 60."""
    match = _DURATION.match(duration)
    if match is None or duration == "PT":
        return DEFAULT_OPERATION_TIMEOUT_SECONDS
    return int(match["h"] or 0) * 3600 + int(match["m"] or 0) * 60 + float(match["s"] or 0)
