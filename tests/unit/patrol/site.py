# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A fleet of simulated PCs in a process of its own, which many patrols in other processes call at once.

Patrols and fleet talk over a Unix socket: one pickled question, one pickled answer. The fleet keeps the clock, the
truth, and a watch on who is at which device.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from typing import Any

from lab.clock import VirtualClock
from lab.device.assembly import assemble
from lab.endpoint import ModuleCall
from lab.fleet import parse
from lab.truth import Truth

FORK = multiprocessing.get_context("fork")


@dataclass(frozen=True)
class Site:
    """The fleet as the patrols know it; it is also their clock, and survives being pickled with a session."""

    socket: str

    def now(self) -> datetime:
        return self.ask("now")

    def wait_until(self, instant: datetime) -> Site:
        self.ask("wait_until", instant)
        return self

    def call(self, device: str, module: str, arguments: Mapping[str, Any], check_mode: bool) -> Mapping[str, Any]:
        answer: Mapping[str, Any] = self.ask("call", device, module, dict(arguments), check_mode, os.getpid())
        return answer

    def events(self) -> list[tuple[str, str, str]]:
        """What really happened: device, what, KB."""
        found: list[tuple[str, str, str]] = self.ask("events")
        return found

    def crowded(self) -> list[str]:
        """Devices at which two patrols were at one instant."""
        found: list[str] = self.ask("crowded")
        return found

    def killed(self) -> list[int]:
        """The processes that the fleet killed."""
        found: list[int] = self.ask("killed")
        return found

    def ask(self, name: str, *arguments: Any) -> Any:
        line = _line(self.socket, os.getpid())
        line.send((name, arguments))
        return line.recv()


@cache
def _line(socket: str, pid: int) -> Connection:
    """A process's own connection."""
    return Client(socket, "AF_UNIX")


class Fleet:
    """The other end. ``kill_at``: the number of the start whose caller is killed before it hears the answer."""

    def __init__(self, devices: Sequence[dict[str, Any]], catalogue: dict[str, Any], start: str, kill_at: int) -> None:
        fleet = parse({"zone": "Europe/London", "devices": list(devices), "catalogue": catalogue}, "site")
        self._clock = VirtualClock(datetime.fromisoformat(start), 0)
        self._truth = Truth()
        self._pcs = {
            spec.name: assemble(spec, fleet, self._clock, self._truth, "127.0.0.9", "u", "p") for spec in fleet.devices
        }
        self._one = threading.Lock()
        self._inside: Counter[str] = Counter()
        self._crowded: list[str] = []
        self._starts = 0
        self._kill_at = kill_at
        self._killed: list[int] = []

    def serve(self, socket: str) -> None:
        with Listener(socket, "AF_UNIX", backlog=64) as listener:
            while True:
                threading.Thread(target=self._converse, args=(listener.accept(),), daemon=True).start()

    def _converse(self, line: Connection) -> None:
        try:
            while True:
                name, arguments = line.recv()
                line.send(getattr(self, f"_{name}_")(*arguments))
        except (EOFError, OSError):
            return

    def _now_(self) -> datetime:
        return self._clock.now()

    def _wait_until_(self, instant: datetime) -> None:
        with self._one:
            if instant > self._clock.now():
                self._clock.advance_to(instant)

    def _call_(self, device: str, module: str, arguments: dict[str, Any], check_mode: bool, pid: int) -> Any:
        if not check_mode:
            self._inside[device] += 1
            if self._inside[device] > 1:
                self._crowded.append(device)
        time.sleep(0.002)  # what a network takes: others have time to come by
        with self._one:
            request = ModuleCall(f"nightshift.fleet.{module}", arguments, check_mode=check_mode)
            answer = json.loads(asyncio.run(self._pcs[device].run(request)).stdout)
            self._starts += module == "win_patch_apply" and not check_mode
            if 0 < self._kill_at <= self._starts and not self._killed:
                self._killed.append(pid)
                os.kill(pid, signal.SIGKILL)
        if not check_mode:
            self._inside[device] -= 1
        return answer

    def _events_(self) -> list[tuple[str, str, str]]:
        for pc in self._pcs.values():
            pc.settle()
        return [(one.device, one.what.value, one.kb or "") for one in self._truth.happenings()]

    def _crowded_(self) -> list[str]:
        return self._crowded

    def _killed_(self) -> list[int]:
        return self._killed


def start(folder: Path, fleet: Fleet) -> tuple[Site, multiprocessing.process.BaseProcess]:
    """Start a fleet's process; the caller kills it."""
    socket = str(folder / "site")
    process = FORK.Process(target=fleet.serve, args=(socket,), daemon=True)
    process.start()
    patience = time.monotonic() + 30
    while not Path(socket).exists() and time.monotonic() < patience:
        time.sleep(0.01)
    return Site(socket), process
