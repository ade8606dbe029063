# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ticket systems for the tests: real ones, and stand-ins that check what they are asked."""

from __future__ import annotations

import contextlib
import os
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services import request_tracker as rt
from tests.services.ticket_scenes import Scene, new_scene
from tests.services.ticket_worlds import World, world_of

KINDS = ("smtp", "rt", "servicenow", "glpi", "webhook")
READABLE = ("rt", "servicenow", "glpi")
MEMORY = Path("/dev/shm")
FOLDER = MEMORY if os.access(MEMORY, os.W_OK) and MEMORY not in Path(tempfile.gettempdir()).parents else None


@pytest.fixture(scope="session")
def tracker() -> Iterator[rt.RequestTracker]:
    """A Request Tracker; the tests that need it are skipped where it is not installed."""
    if why := rt.missing():
        pytest.skip(why)
    with (
        tempfile.TemporaryDirectory(prefix="nightshift-rt-", dir=FOLDER) as folder,
        rt.request_tracker(Path(folder)) as running,
    ):
        yield running


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty folder in memory."""
    with tempfile.TemporaryDirectory(prefix="nightshift-", dir=FOLDER) as name:
        yield Path(name)


@pytest.fixture
def scene(folder: Path) -> Scene:
    """A ledger that knows the devices."""
    return new_scene(folder)


@pytest.fixture(params=KINDS)
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """Each kind of ticket system in turn, empty."""
    tracker = request.getfixturevalue("tracker") if request.param == "rt" else None
    with world_of(request.param, tracker) as found:
        yield found


@pytest.fixture(params=READABLE)
def readable(request: pytest.FixtureRequest) -> Iterator[World]:
    """Each kind that can be asked what it has."""
    tracker = request.getfixturevalue("tracker") if request.param == "rt" else None
    with world_of(request.param, tracker) as found:
        yield found


@pytest.fixture
def servicenow() -> Iterator[World]:
    """A ServiceNow, where one that can be read stands for all."""
    with world_of("servicenow") as found:
        yield found


@pytest.fixture
def mail() -> Iterator[World]:
    """A mail server."""
    with world_of("smtp") as found:
        yield found


@pytest.fixture
def dripping() -> Iterator[int]:
    """The port of a server that sends its answer letter by letter, without an end."""
    listening = socket.create_server(("127.0.0.1", 0))

    def drip() -> None:
        with contextlib.suppress(OSError):
            client, _address = listening.accept()
            with client:
                client.recv(65536)
                client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
                while True:
                    client.sendall(b" ")
                    time.sleep(0.1)

    thread = threading.Thread(target=drip, daemon=True)
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        with contextlib.suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(5)
