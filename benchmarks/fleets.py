# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The fleet and the policy that are measured, and devices that are off the way real ones are: silent."""

from __future__ import annotations

import copy
import resource
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from lab.operator import helpdesk_policies

START = "2026-11-23T16:00:00+00:00"  # a Monday
WANTED = 3
SEARCH_MINUTES = 2.0


def fleet(answering: int, off: int, install_minutes: float, lacking: int = WANTED) -> dict[str, Any]:
    """Return a fleet file's content: ``answering`` desktops and laptops and ``off`` more.

    Each lacks ``lacking`` updates, at most three, which install in ``install_minutes`` together; none needs a
    restart. Two more are missing that the policy ignores, as on real devices.
    """
    severities = ("Critical", "Important", "Moderate")[:lacking]
    wanted = [
        {
            "kb": f"KB900000{number}",
            "title": f"2026-11 Security Update {number} (KB900000{number})",
            "severity": severity,
            "released": "2026-11-10",
            "size_mb": 0,
            "minutes": install_minutes / lacking,
        }
        for number, severity in enumerate(severities, start=1)
    ]
    ignored: list[dict[str, Any]] = [
        {"kb": "KB9000008", "title": "2026-11 Update of little weight (KB9000008)", "severity": "Low"},
        {"kb": "KB9000009", "title": "2026-11 Preview (KB9000009)", "categories": ["Updates"]},
    ]
    updates = [*wanted, *({**update, "released": "2026-11-10", "size_mb": 10, "minutes": 5} for update in ignored)]
    devices = [
        {
            "name": f"{'lt' if number % 3 == 0 else 'pc'}-{number:05d}",
            "class": "laptop" if number % 3 == 0 else "desktop",
            "patched_until": "2026-11-09T00:00:00+00:00",
            "users": [{"name": f"HELP\\user{number:05d}", "idle_minutes": number % 90}],
            "powered": number <= answering,
        }
        for number in range(1, answering + off + 1)
    ]
    return {
        "zone": "Europe/London",
        "start": START,
        "pace": {"search_minutes": SEARCH_MINUTES},
        "catalogue": {"extra_updates": updates, "released_until": "2026-11-12T00:00:00+00:00"},
        "devices": devices,
    }


def policies() -> dict[str, Any]:
    """Return the help desk's policies, with a window that is open all day for every class."""
    found: dict[str, Any] = copy.deepcopy(helpdesk_policies())
    for policy in found.values():
        if "windows" in policy.get("install", {}):
            policy["install"]["windows"] = [{"days": "daily", "start": "00:00", "end": "24:00"}]
    return found


@contextmanager
def silent(devices: Sequence[Mapping[str, Any]], port: int = 5986) -> Iterator[None]:
    """Let devices that are off swallow connections instead of refusing them, as a machine without power does.

    A listener on loopback whose queue is full answers nothing.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        with ExitStack() as sockets:
            for device in devices:
                if device["on"]:
                    continue
                listener = sockets.enter_context(socket.create_server((device["address"], port), backlog=0))
                for _ in range(2):
                    knock = sockets.enter_context(socket.socket())
                    knock.setblocking(False)
                    knock.connect_ex(listener.getsockname())
            yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
