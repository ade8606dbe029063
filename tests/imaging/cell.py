# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A place of its own on this machine: network, processes and mounts that nobody else sees, and that end with the test.

The namespaces have no name, so nothing of them can be left behind: when this process dies, in whatever way, the kernel
kills the cell's first process, with it every other one in the cell, and the network and the mounts go with the last.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

NAMESPACES = ("--net", "--mount", "--pid", "--uts", "--ipc")


def _children(pid: int) -> list[int]:
    with contextlib.suppress(OSError):
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]
    return []


@dataclass(frozen=True, slots=True)
class Inside:
    """A process of a cell. ``door`` is the program that entered it, with the same life and exit code."""

    door: subprocess.Popen[bytes]
    log: Path

    def running(self) -> bool:
        """Whether it still runs."""
        return self.door.poll() is None

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal to the process itself (its number outside of the cell)."""
        for pid in _children(self.door.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, how)

    def wait(self, seconds: float) -> int:
        """Wait for its end; return its exit code. Raises subprocess.TimeoutExpired."""
        return self.door.wait(seconds)

    def said(self) -> str:
        """What it has written so far, carriage returns as line ends."""
        return self.log.read_text(encoding="utf-8", errors="replace").replace("\r", "\n") if self.log.exists() else ""


@dataclass(frozen=True, slots=True)
class Cell:
    """The way in. ``first``: number, outside, of the process that is number 1 inside. ``logs``: a folder."""

    first: int
    logs: Path

    def enter(self) -> list[str]:
        """Return the words before a command that has to run inside."""
        return ["nsenter", f"--target={self.first}", *NAMESPACES, "--"]

    def run(self, command: str | Sequence[str], *, seconds: float = 60) -> str:
        """Run a command to its end; return its output. Raises RuntimeError with its words when it fails."""
        words = shlex.split(command) if isinstance(command, str) else list(command)
        done = subprocess.run(
            [*self.enter(), *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=seconds,
            check=False,
        )
        output = done.stdout.decode(errors="replace")
        if done.returncode:
            raise RuntimeError(f"{shlex.join(words)}: exit code {done.returncode}: {output[-2000:]}")
        return output

    def start(self, name: str, command: Sequence[str]) -> Inside:
        """Start a process that goes on; its output goes to ``<logs>/<name>.log``."""
        log = self.logs / f"{name}.log"
        with log.open("wb") as output:
            door = subprocess.Popen([*self.enter(), *command], stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        deadline = time.monotonic() + 20
        while door.poll() is None and not _children(door.pid) and time.monotonic() < deadline:
            time.sleep(0.01)
        return Inside(door, log)


@contextmanager
def cell(logs: Path) -> Iterator[Cell]:
    """Make one; everything in it is ended with the block. ``logs``: a folder that is there."""
    holder = subprocess.Popen(
        [
            *("setpriv", "--pdeathsig", "KILL", "--"),
            *("unshare", *NAMESPACES, "--fork", "--kill-child=KILL", "--mount-proc", "--propagation", "private", "--"),
            *("sh", "-c", "sleep infinity & while :; do wait; done"),  # takes in processes whose parents are gone
        ],
        stdin=subprocess.DEVNULL,
    )
    try:
        yield Cell(_first(holder), logs)
    finally:
        holder.kill()  # unshare dies and, by --kill-child, process 1 of the cell, and so all of them
        holder.wait(20)


def _first(holder: subprocess.Popen[bytes]) -> int:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and holder.poll() is None:
        for pid in _children(holder.pid):
            with contextlib.suppress(OSError):
                if Path(f"/proc/{pid}/exe").readlink().name != "unshare":  # its namespaces and its /proc are made
                    return pid
        time.sleep(0.01)
    holder.kill()
    raise RuntimeError(f"no namespaces of our own can be made here (unshare ended with {holder.wait()})")
