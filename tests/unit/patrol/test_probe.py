# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The probe: one short wait for the whole fleet."""

from __future__ import annotations

import socket
import time

from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.probe import Target, probe


def test_who_listens_answers_and_who_refuses_is_told_with_the_reason() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        answers = probe([Target("on", "127.0.0.1", port), Target("off", "127.0.0.2", port)])
    assert answers["on"] == ""
    assert "127.0.0.2" in answers["off"]


def test_a_hundred_silent_devices_cost_one_timeout_together() -> None:
    # A full backlog neither accepts nor refuses: the closest that a loopback comes to a device that is off.
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        port = server.getsockname()[1]
        crowd = [socket.socket() for _ in range(4)]
        for client in crowd:
            client.setblocking(False)
            client.connect_ex(("127.0.0.1", port))
        before = time.monotonic()
        answers = probe([Target(f"pc-{number}", "127.0.0.1", port) for number in range(100)], timeout=0.5)
        took = time.monotonic() - before
        for client in crowd:
            client.close()
    assert all("within 0.5 s" in why for why in answers.values())
    assert took < 5
