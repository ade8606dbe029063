# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a simulated PC answers to modules other than the contract's cases, and to wrong arguments."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from lab.endpoint import FaultKind, ModuleCall

from .benches import bench


def test_ping_says_what_it_is_told_to_say() -> None:
    assert bench().call("ansible.windows.win_ping")["ping"] == "pong"
    assert bench().call("win_ping", data="hello")["ping"] == "hello"


def test_ping_crashes_when_asked_to() -> None:
    answer = bench().call("ansible.windows.win_ping", data="crash")
    assert answer["failed"]
    assert "boom" in answer["msg"]


def test_facts_tell_the_build_that_is_installed() -> None:
    facts = bench().call("ansible.windows.setup")["ansible_facts"]
    assert facts["ansible_kernel"] == "10.0.26100.7462"
    assert facts["ansible_os_family"] == "Windows"


def test_an_unknown_module_fails_in_words() -> None:
    answer = bench().call("community.windows.win_toast")
    assert answer["failed"]
    assert "no module community.windows.win_toast" in answer["msg"]


def test_a_raw_command_is_refused() -> None:
    reply = asyncio.run(bench().pc.run(ModuleCall("", raw="whoami")))
    assert (reply.rc, reply.stdout) == (1, "")
    assert "whoami" in reply.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"colour": "red"},
            "Unsupported parameters for (win_patch_scan) module: colour. Supported parameters include: ",
        ),
        ({"max_age": "soon"}, "argument for max_age is of type System.String and we were unable to convert to int"),
        ({"wait": "maybe"}, "The value 'maybe' is not a valid boolean"),
        ({"search": "now"}, "value of search must be one of: if_older, never. Got no match for: now"),
        ({"source": "offline"}, "source is offline but all of the following are missing: offline_cab"),
        ({"job_id": "../x"}, "job_id: '../x' cannot name a job"),
    ],
)
def test_wrong_arguments_fail_as_on_windows(arguments: dict[str, Any], message: str) -> None:
    answer = bench().call("win_patch_scan", **arguments)
    assert answer["failed"]
    assert message in answer["msg"]


def test_a_missing_argument_is_named() -> None:
    assert bench().call("win_patch_apply")["msg"] == "missing required arguments: updates"


def test_arguments_are_converted_as_ansible_does_and_shown() -> None:
    answer = bench().call("win_patch_scan", max_age="60", WAIT="yes", acknowledge="a, b")
    shown = answer["invocation"]["module_args"]
    assert (shown["max_age"], shown["wait"], shown["acknowledge"]) == (60, True, ["a", "b"])


def test_a_network_fault_strikes_as_often_as_it_says() -> None:
    pc = bench(faults=[{"kind": "cut", "count": 2, "cut_after_bytes": 10}]).pc
    struck = [pc.fault() for _ in range(3)]
    assert [fault.kind if fault else None for fault in struck] == [FaultKind.CUT, FaultKind.CUT, None]


def test_while_logons_fail_the_right_password_is_not_accepted() -> None:
    lab = bench(faults=[{"kind": "auth", "until": "2026-11-23 17:00"}])
    assert lab.pc.password != "secret"
    lab.clock.advance(3600)
    assert lab.pc.password == "secret"
