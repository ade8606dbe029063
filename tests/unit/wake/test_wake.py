# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module ``wake`` as Ansible runs it, heard by a real listener at the broadcast address of the loopback network."""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.nightshift.fleet.plugins.module_utils.wake_packets import Target, WakeError, target, wake

from tests.modules import run_module

LOOPBACK = "127.0.0.0/8"
PCS = [{"name": "b12-pc01", "mac": "52:54:00:77:12:01"}, {"name": "b12-pc02", "mac": "52-54-00-77-12-0A"}]


class Ear:
    """A UDP socket that hears what is broadcast on the loopback network."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.255.255.255", 0))
        self.port: int = self.socket.getsockname()[1]

    def heard(self) -> Counter[bytes]:
        """Return what has come; everything is there, for the senders have ended."""
        self.socket.setblocking(False)
        packets: Counter[bytes] = Counter()
        while True:
            try:
                packets[self.socket.recv(2000)] += 1
            except BlockingIOError:
                return packets


@pytest.fixture
def ear() -> Iterator[Ear]:
    ear = Ear()
    yield ear
    ear.socket.close()


def run(check: bool = False, **options: Any) -> dict[str, Any]:
    """Run the module in a process of its own and return its result."""
    return run_module("wake", {"targets": PCS, "network": LOOPBACK, "interval": 0, **options}, check=check, timeout=60)


def magic(mac: str) -> bytes:
    """Return what wakes a PC: six bytes of ones and sixteen times its address (AMD, Magic Packet Technology)."""
    return b"\xff" * 6 + bytes.fromhex(mac.replace(":", "")) * 16


def test_each_pc_gets_its_packet_as_often_as_was_asked(ear: Ear) -> None:
    result = run(port=ear.port, packets=4)
    assert result["changed"]
    assert ear.heard() == {magic("52:54:00:77:12:01"): 4, magic("52:54:00:77:12:0a"): 4}
    assert result["sent"][1] == {"name": "b12-pc02", "mac": "52:54:00:77:12:0a", "broadcast": "127.255.255.255"}


def test_check_mode_tells_what_it_would_send_and_sends_nothing(ear: Ear) -> None:
    result = run(check=True, port=ear.port)
    assert result["changed"]
    assert [one["name"] for one in result["sent"]] == ["b12-pc01", "b12-pc02"]
    assert not ear.heard()


def test_the_network_of_one_pc_comes_before_that_of_all(ear: Ear) -> None:
    result = run(port=ear.port, network="10.12.0.0/24", targets=[PCS[0] | {"network": LOOPBACK}], packets=1)
    assert result["sent"][0]["broadcast"] == "127.255.255.255"
    assert sum(ear.heard().values()) == 1


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"targets": [{"name": "b12-pc01", "mac": "52:54:00"}]}, "b12-pc01: mac '52:54:00' is not a MAC"),
        ({"network": "10.12.0.7"}, "network '10.12.0.7' has no broadcast"),
        ({"network": None}, "network '' is not one"),
        ({"packets": 0}, "packets: 0 is out of range"),
        ({"interval": 61}, "interval: 61.0 is out of range"),
        ({"port": 70000}, "port: 70000 is no UDP port"),
        ({"interface": "192.0.2.1"}, "no packet could be sent"),
    ],
)
def test_what_cannot_be_meant_so_is_refused_in_words(options: dict[str, Any], word: str, ear: Ear) -> None:
    result = run(**{"port": ear.port, **options})
    assert result["failed"]
    assert word in result["msg"]
    assert not ear.heard()


def test_one_wrong_pc_keeps_all_from_being_sent_to(ear: Ear) -> None:
    assert run(port=ear.port, targets=[PCS[0], {"name": "x", "mac": "01:00:5e:00:00:01"}])["failed"]
    assert not ear.heard()


@pytest.mark.parametrize(
    ("network", "broadcast"),
    [("10.12.0.0/24", "10.12.0.255"), ("10.12.4.17/22", "10.12.7.255"), ("255.255.255.255", "255.255.255.255")],
)
def test_packets_go_to_the_last_address_of_a_network(network: str, broadcast: str) -> None:
    assert target("pc", "52:54:00:77:12:01", network).broadcast == broadcast


@pytest.mark.parametrize("network", ["10.12.0.0/31", "10.12.0.1/32", "fd00::/64", "room"])
def test_a_network_without_a_broadcast_is_refused(network: str) -> None:
    with pytest.raises(WakeError, match="pc: network"):
        target("pc", "52:54:00:77:12:01", network)


def test_rounds_are_apart_and_a_network_is_asked_once_in_each() -> None:
    steps: list[str] = []

    def send(*macs: str, host: str, port: int, interface: str | None) -> None:
        steps.append(f"{host}:{port} {len(macs)}")

    pcs = [Target("a", "02:00:00:00:00:01", "10.1.0.255"), Target("b", "02:00:00:00:00:02", "10.2.0.255")]
    pcs.append(Target("c", "02:00:00:00:00:03", "10.1.0.255"))
    wake(pcs, send=send, pause=lambda: steps.append("pause"), port=9, packets=2)
    one_round = ["10.1.0.255:9 2", "10.2.0.255:9 1"]
    assert steps == [*one_round, "pause", *one_round]
