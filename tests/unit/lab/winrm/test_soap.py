# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Envelopes and shells without any network."""

from __future__ import annotations

import asyncio
import uuid
from xml.etree import ElementTree

import pytest
import xmltodict
from hypothesis import given
from hypothesis import strategies as st
from winrm.protocol import Protocol

from lab.endpoint import ModuleReply
from lab.winrm import soap
from lab.winrm.faults import WSManFault
from lab.winrm.service import Answer, ShellService
from lab.winrm.shells import MOST_SHELLS, Output
from lab.winrm.soap import Operation, Request, parse_request
from tests.unit.lab.winrm.running import Pc


def envelope(operation: Operation, *, body: dict[str, object] | None = None, **changes: str) -> bytes:
    """An envelope with pywinrm's own header; ``changes`` replace header texts."""
    client = Protocol("http://pc:5985/wsman", transport="plaintext", username="u", password="p")
    envelope = client.build_wsman_header(
        operation.value, soap.SHELL_RESOURCE, shell_id="SHELL-1", message_id=uuid.UUID(int=7)
    )
    envelope["env:Header"].update({f"w:{name}": text for name, text in changes.items()})
    envelope["env:Body"] = body or {}
    return xmltodict.unparse({"env:Envelope": envelope}).encode()


def request(known: Operation, **fields: object) -> Request:
    parsed = parse_request(envelope(known))
    values = {name: getattr(parsed, name) for name in Request.__dataclass_fields__}
    return Request(**(values | fields))


@pytest.mark.parametrize("operation", Operation)
def test_each_operation_is_known_by_its_action(operation: Operation) -> None:
    parsed = parse_request(envelope(operation))
    assert parsed.operation is operation
    assert (parsed.shell_id, parsed.resource) == ("SHELL-1", soap.SHELL_RESOURCE)
    assert parsed.message_id == f"uuid:{uuid.UUID(int=7)}"


@pytest.mark.parametrize(
    ("duration", "seconds"),
    [("PT20S", 20), ("PT1M30.5S", 90.5), ("PT2H", 7200), ("PT", 60), ("", 60), ("P1D", 60), ("soon", 60)],
)
def test_an_operation_timeout_is_read_in_seconds(duration: str, seconds: float) -> None:
    assert parse_request(envelope(Operation.RECEIVE, OperationTimeout=duration)).timeout_seconds == seconds


@pytest.mark.parametrize("body", [b"", b"hello", b"<a/>", b"<a xmlns='x'><Header/><Body/></a>"])
def test_what_is_no_envelope_is_refused(body: bytes) -> None:
    with pytest.raises(soap.EnvelopeError):
        parse_request(body)


@pytest.mark.parametrize(
    "spoiled",
    [
        envelope(Operation.CREATE, MaxEnvelopeSize="much"),
        envelope(
            Operation.SEND, body={"rsp:Send": {"rsp:Stream": {"@Name": "stdin", "@CommandId": "C", "#text": "a"}}}
        ),
    ],
    ids=["envelope size", "base64"],
)
def test_a_value_that_cannot_be_read_is_a_fault_and_not_a_crash(spoiled: bytes) -> None:
    answer = ShellService(Pc("pc-001", "127.61.0.1")).read(spoiled)
    assert isinstance(answer, Answer)
    assert answer.status == 500


@given(
    stdout=st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=500),
    stderr=st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=100),
    most=st.integers(1, 200),
)
def test_output_taken_in_pieces_is_whole_and_never_more_than_asked(stdout: str, stderr: str, most: int) -> None:
    output = Output.of(ModuleReply(stdout, stderr, 5))
    taken: dict[str, bytes] = {"stdout": b"", "stderr": b""}
    while output.streams:
        chunks = output.take(most)
        assert 0 < sum(len(chunk) for _, chunk in chunks) <= most
        for name, chunk in chunks:
            taken[name] += chunk
    assert (taken["stdout"].decode(), taken["stderr"].decode()) == (stdout, stderr)


@pytest.mark.parametrize(("code", "sent"), [(0, "0"), (1, "1"), (-1, "4294967295"), (0xC000013A, "3221225786")])
def test_an_exit_code_is_sent_unsigned(code: int, sent: str) -> None:
    root = ElementTree.fromstring(soap.receive_response(request(Operation.RECEIVE, command_id="C"), [], code))
    assert root.findtext(f".//{{{soap.SHELL}}}ExitCode") == sent


def test_a_reply_without_exit_code_says_that_the_command_runs() -> None:
    text = soap.receive_response(request(Operation.RECEIVE, command_id="C"), [("stdout", b"x")], None)
    assert "CommandState/Running" in text
    assert "ExitCode" not in text


def test_a_receive_fits_the_envelope_that_the_client_takes() -> None:
    async def scenario() -> list[int]:
        async def long_output(_call: object) -> ModuleReply:
            return ModuleReply("ü" * 300_000)

        service = ShellService(Pc("pc-001", "127.61.0.1", behaviour=long_output))
        shell_id = service.shells.create()
        command_id = service.shells.add_command(request(Operation.COMMAND, shell_id=shell_id, command_line="x"))
        receive = request(Operation.RECEIVE, shell_id=shell_id, command_id=command_id)
        envelopes = [(await service.answer(receive)).envelope]
        while "CommandState/Done" not in envelopes[-1]:
            envelopes.append((await service.answer(receive)).envelope)
        return [len(text) for text in envelopes]

    sizes = asyncio.run(scenario())
    assert len(sizes) > 4
    assert max(sizes) <= soap.DEFAULT_ENVELOPE_BYTES


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"operation": None, "action": "http://x/Enumerate"}, 0x80338013),
        ({"resource": "http://x/Win32_Service"}, 0x80338000),
    ],
)
def test_what_is_not_served_is_a_fault(fields: dict[str, object], code: int) -> None:
    service = ShellService(Pc("pc-001", "127.61.0.1"))
    answer = asyncio.run(service.answer(request(Operation.CREATE, **fields)))
    assert answer.status == 500
    assert f'Code="{code}"' in answer.envelope


def test_shells_left_by_dead_controllers_make_room_for_new_ones() -> None:
    service = ShellService(Pc("pc-001", "127.61.0.1"))
    first = service.shells.create()
    for _ in range(MOST_SHELLS):
        service.shells.create()
    assert len(service.shells) == MOST_SHELLS
    with pytest.raises(WSManFault):
        service.shells.delete(first)
