# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Clients that know nothing of a lab (pywinrm) talk to simulated devices."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
from winrm.exceptions import InvalidCredentialsError, WinRMOperationTimeoutError, WinRMTransportError, WSManFaultError

from lab.endpoint import FaultKind, ModuleCall, ModuleReply, TransportFault
from lab.winrm import ListenError, WinRMFleet
from tests.unit.lab.winrm.running import Pc, RunningFleet, run

SEALED = {"plain": True, "transport": "ntlm"}
WAYS = {"basic over TLS": {}, "NTLM over TLS": {"transport": "ntlm"}, "NTLM sealed over HTTP": SEALED}


@pytest.fixture(params=WAYS.values(), ids=WAYS.keys())
def way(request: pytest.FixtureRequest) -> dict[str, object]:
    return request.param


async def echo(call: ModuleCall) -> ModuleReply:
    return ModuleReply(stdout=call.stdin.decode(), stderr=call.raw, rc=3)


def test_a_command_gives_its_output_error_and_exit_code(lab: RunningFleet, way: dict[str, object]) -> None:
    lab.pcs["pc-001"].behaviour = echo
    assert run(lab.client(**way), "type x", "Grüße\r\n".encode()) == ("Grüße\r\n", "type x", 3)


def test_long_input_and_output_travel_in_pieces(lab: RunningFleet, way: dict[str, object]) -> None:
    lab.pcs["pc-001"].behaviour = echo
    text = "".join(f"{number:08d}" for number in range(50_000))
    assert run(lab.client(**way), "type x", text.encode())[0] == text
    assert lab.fleet.traffic("pc-001").requests > 8


def test_a_command_without_input_starts_when_its_output_is_asked_for(lab: RunningFleet) -> None:
    assert run(lab.client(), "ipconfig /all") == ("", "not recognised: ipconfig /all", 1)


def test_two_devices_with_one_user_name_keep_their_own_passwords(lab: RunningFleet, way: dict[str, object]) -> None:
    assert run(lab.client("pc-002", **way))[2] == 1
    with pytest.raises(InvalidCredentialsError):
        lab.client("pc-002", password=lab.pcs["pc-001"].password, **way).open_shell()


def test_a_wrong_password_is_refused(lab: RunningFleet, way: dict[str, object]) -> None:
    with pytest.raises(InvalidCredentialsError):
        lab.client(password="wrong", **way).open_shell()
    assert not lab.pcs["pc-001"].calls


def test_a_request_without_logon_is_told_which_schemes_there_are(lab: RunningFleet) -> None:
    address = lab.pcs["pc-001"].address
    trusted = str(lab.authority.certificate_path)
    secure = requests.post(f"https://{address}:{lab.tls_port}/wsman", data="<x/>", verify=trusted, timeout=10)
    plain = requests.post(f"http://{address}:{lab.plain_port}/wsman", data="<x/>", timeout=10)
    assert (secure.status_code, secure.headers["WWW-Authenticate"]) == (401, 'Negotiate, Basic realm="WSMAN"')
    assert (plain.status_code, plain.headers["WWW-Authenticate"]) == (401, "Negotiate")


def test_basic_over_plain_http_is_refused_as_windows_does(lab: RunningFleet) -> None:
    with pytest.raises(InvalidCredentialsError):
        lab.client(plain=True, transport="basic").open_shell()


def test_readable_messages_over_plain_http_are_refused(lab: RunningFleet) -> None:
    with pytest.raises(WinRMTransportError, match="403"):
        lab.client(**SEALED, message_encryption="never").open_shell()


def test_basic_over_plain_http_works_where_the_lab_allows_it(authority_folder: Path) -> None:
    running = RunningFleet(authority_folder, [Pc("pc-001", "127.61.0.9")], allow_unencrypted=True)
    try:
        assert run(running.client(plain=True, transport="basic"))[2] == 1
    finally:
        running.stop()


def test_a_client_that_does_not_trust_the_labs_authority_goes_no_further(lab: RunningFleet) -> None:
    with pytest.raises(requests.exceptions.SSLError):
        lab.client(ca_trust_path=None).open_shell()


def test_a_receive_that_finds_nothing_in_time_is_a_fault_that_clients_repeat(lab: RunningFleet) -> None:
    async def slow(_call: ModuleCall) -> ModuleReply:
        await asyncio.sleep(1.3)
        return ModuleReply("done")

    lab.pcs["pc-001"].behaviour = slow
    client = lab.client(operation_timeout_sec=1, read_timeout_sec=5)
    shell = client.open_shell()
    command = client.run_command(shell, "wait")
    with pytest.raises(WinRMOperationTimeoutError):
        client.get_command_output_raw(shell, command)
    assert client.get_command_output(shell, command)[0] == b"done"


def test_an_unknown_shell_is_the_fault_of_unexpected_selectors(lab: RunningFleet, way: dict[str, object]) -> None:
    with pytest.raises(WSManFaultError) as caught:
        lab.client(**way).run_command("NO-SUCH-SHELL", "hostname")
    assert caught.value.wsman_fault_code == 0x8033805B
    assert caught.value.fault_subcode == "w:InvalidSelectors"
    assert "NO-SUCH-SHELL" in caught.value.reason


def test_a_deleted_shell_and_an_ended_command_are_gone(lab: RunningFleet) -> None:
    client = lab.client()
    shell = client.open_shell()
    command = client.run_command(shell, "hostname")
    client.cleanup_command(shell, command)
    with pytest.raises(WSManFaultError, match=command):
        client.get_command_output_raw(shell, command)
    client.close_shell(shell, close_session=False)
    with pytest.raises(WSManFaultError, match=shell):
        client.run_command(shell, "hostname")


def test_input_after_its_end_is_a_fault(lab: RunningFleet) -> None:
    client = lab.client()
    shell = client.open_shell()
    command = client.run_command(shell, "hostname", console_mode_stdin=False)
    client.send_command_input(shell, command, b"x", end=True)
    with pytest.raises(WSManFaultError, match="no more input"):
        client.send_command_input(shell, command, b"y", end=True)


def test_a_body_that_is_no_envelope_is_a_fault(lab: RunningFleet) -> None:
    with pytest.raises(WSManFaultError, match="not XML"):
        lab.client().send_message("hello")


def test_a_device_that_crashes_the_lab_says_so_and_lives_on(lab: RunningFleet) -> None:
    async def broken(_call: ModuleCall) -> ModuleReply:
        raise KeyError("free_bytes")

    lab.pcs["pc-001"].behaviour = broken
    assert run(lab.client()) == ("", "lab: pc-001: KeyError: 'free_bytes'\n", 1)


def test_a_device_without_power_refuses_connections_and_comes_back(lab: RunningFleet) -> None:
    lab.pcs["pc-001"].powered = False
    lab.do(lab.fleet.set_listening("pc-001", False))
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((lab.pcs["pc-001"].address, lab.tls_port), timeout=5).close()
    assert run(lab.client("pc-002"))[2] == 1
    lab.pcs["pc-001"].powered = True
    lab.do(lab.fleet.set_listening("pc-001", True))
    assert run(lab.client())[2] == 1


def test_a_device_that_is_off_at_the_start_does_not_listen(authority_folder: Path) -> None:
    running = RunningFleet(authority_folder, [Pc("pc-001", "127.61.0.9", powered=False)])
    try:
        assert not running.fleet.listening("pc-001")
    finally:
        running.stop()


def test_a_power_cut_ends_what_runs_and_forgets_the_shells(lab: RunningFleet) -> None:
    async def endless(_call: ModuleCall) -> ModuleReply:
        await asyncio.sleep(3600)
        return ModuleReply()

    pc = lab.pcs["pc-001"]
    pc.behaviour = endless
    client = lab.client(operation_timeout_sec=1, read_timeout_sec=5)
    shell = client.open_shell()
    command = client.run_command(shell, "wait")
    with pytest.raises(WinRMOperationTimeoutError):
        client.get_command_output_raw(shell, command)
    lab.do(lab.fleet.set_listening("pc-001", False))
    assert pc.cancelled == 1
    lab.do(lab.fleet.set_listening("pc-001", True))
    with pytest.raises(WSManFaultError, match=shell):
        lab.client().run_command(shell, "hostname")


def test_a_client_that_goes_away_does_not_stop_its_command(lab: RunningFleet) -> None:
    done: list[str] = []

    async def lasting(_call: ModuleCall) -> ModuleReply:
        await asyncio.sleep(0.5)
        done.append("x")
        return ModuleReply()

    lab.pcs["pc-001"].behaviour = lasting
    client = lab.client()
    shell = client.open_shell()
    command = client.run_command(shell, "wait", console_mode_stdin=False)
    client.send_command_input(shell, command, b"go", end=True)
    client.transport.close_session()
    deadline = time.monotonic() + 10
    while not done and time.monotonic() < deadline:
        time.sleep(0.05)
    assert done == ["x"]


class TestFaults:
    """Each fault as a client meets it."""

    def test_refuse_resets_the_connection_and_nothing_runs(self, lab: RunningFleet, way: dict[str, object]) -> None:
        lab.pcs["pc-001"].faults = [TransportFault(FaultKind.REFUSE)]
        with pytest.raises(requests.exceptions.ConnectionError):
            lab.client(**way).open_shell()

    def test_hang_takes_the_request_and_never_answers(self, lab: RunningFleet) -> None:
        lab.pcs["pc-001"].faults = [TransportFault(FaultKind.HANG)]
        with pytest.raises(requests.exceptions.ReadTimeout):
            lab.client(operation_timeout_sec=1, read_timeout_sec=2).open_shell()
        assert run(lab.client())[2] == 1

    def test_cut_closes_in_the_middle_of_the_reply_after_the_work_was_done(
        self, lab: RunningFleet, way: dict[str, object]
    ) -> None:
        pc = lab.pcs["pc-001"]
        client = lab.client(**way)
        shell = client.open_shell()
        command = client.run_command(shell, "hostname")
        pc.faults = [TransportFault(FaultKind.CUT, cut_after_bytes=200)]
        with pytest.raises((requests.exceptions.ChunkedEncodingError, requests.exceptions.ConnectionError)):
            client.get_command_output(shell, command)
        assert len(pc.calls) == 1

    def test_slow_answers_late(self, lab: RunningFleet) -> None:
        lab.pcs["pc-001"].faults = [TransportFault(FaultKind.SLOW, delay_seconds=0.4)]
        before = time.monotonic()
        lab.client().open_shell()
        assert time.monotonic() - before >= 0.4

    def test_a_fault_may_be_limited_to_an_operation(self, lab: RunningFleet) -> None:
        pc = lab.pcs["pc-001"]
        pc.faults = [TransportFault(FaultKind.REFUSE, operations=frozenset({"Receive"}))] * 9
        client = lab.client()
        shell = client.open_shell()
        command = client.run_command(shell, "hostname")
        with pytest.raises(requests.exceptions.ConnectionError):
            client.get_command_output(shell, command)


class TestRefusedFleets:
    """Fleets that cannot be: each says which device and what to do."""

    def test_an_address_outside_loopback(self, lab: RunningFleet) -> None:
        with pytest.raises(ValueError, match=r"pc-009: address 10\.0\.0\.9 is not in 127\.0\.0\.0/8; use 127\.x\.y\.z"):
            WinRMFleet([Pc("pc-009", "10.0.0.9")], lab.authority, now=datetime.now(UTC))

    def test_a_password_that_ntlm_cannot_check(self, lab: RunningFleet) -> None:
        with pytest.raises(ValueError, match="lab account 'operator': NTLM needs a user and password without ':'"):
            WinRMFleet([Pc("pc-009", "127.61.0.9", password="a:b")], lab.authority, now=datetime.now(UTC))

    def test_a_plain_device_that_does_not_exist(self, lab: RunningFleet) -> None:
        with pytest.raises(ValueError, match="'pc-404' is not a device of this lab"):
            WinRMFleet([Pc("pc-009", "127.61.0.9")], lab.authority, now=datetime.now(UTC), plain=["pc-404"])

    def test_an_address_that_is_taken(self, lab: RunningFleet) -> None:
        twin = WinRMFleet([Pc("twin", "127.61.0.1")], lab.authority, now=datetime.now(UTC), tls_port=lab.tls_port)
        with pytest.raises(ListenError, match=rf"twin: cannot listen on 127\.61\.0\.1:{lab.tls_port}: .*in use"):
            lab.do(twin.start())


def test_one_device_gives_what_ansible_expects_of_win_ping(lab: RunningFleet) -> None:
    manifest = {
        "scripts": {},
        "actions": [
            {
                "name": "module_wrapper.ps1",
                "params": {
                    "Script": "ansible_collections.ansible.windows.plugins.modules.win_ping.ps1",
                    "ForModule": True,
                    "Variables": [{"Name": "complex_args", "Value": {"data": "hi"}}],
                },
            }
        ],
    }
    stdout, _, code = run(lab.client(), "powershell -", b"{}\n\0\0\0\0\n" + json.dumps(manifest).encode(), chunk=50)
    assert (json.loads(stdout)["ping"], code) == ("hi", 0)


def test_a_power_switch_pressed_many_times_at_once_ends_in_one_state(lab: RunningFleet) -> None:
    async def pressed() -> None:
        states = [False, True, True, False, False, True]
        await asyncio.gather(*(lab.fleet.set_listening("pc-001", state) for state in states))

    lab.do(pressed())
    assert lab.fleet.listening("pc-001")
    assert run(lab.client())[2] == 1


def test_a_switch_before_the_start_and_after_the_stop_does_nothing(lab: RunningFleet) -> None:
    fleet = WinRMFleet([Pc("pc-009", "127.61.0.9")], lab.authority, now=datetime.now(UTC))
    lab.do(fleet.set_listening("pc-009", True))
    assert not fleet.listening("pc-009")
    with pytest.raises(KeyError, match="'pc-404' is not a device of this lab"):
        lab.do(fleet.set_listening("pc-404", True))
