# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs a command and measures its whole process tree: time, processor, memory."""

from __future__ import annotations

import os
import platform
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_EVERY = 1.0  # seconds between two looks at the tree's memory


@dataclass(frozen=True, slots=True)
class Measure:
    """What one command cost. ``cpu``: user and system seconds of it and of all children that it waited for.

    ``peak``: bytes; largest sum of the proportional set sizes (shared pages counted once) of the tree, looked at
    once a second.
    """

    code: int
    seconds: float
    cpu: float
    peak: int
    log: Path


def measure(command: Sequence[str], environment: Mapping[str, str], folder: Path, log: Path) -> Measure:
    """Run ``command`` in ``folder`` to its end, with its output in ``log``."""
    began = time.monotonic()
    with log.open("wb") as output:
        child = subprocess.Popen(
            command, cwd=folder, env=dict(environment), stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
    scale = _Scale(child.pid)
    scale.start()
    try:
        _, status, usage = os.wait4(child.pid, 0)
    except BaseException:
        child.terminate()
        child.wait()
        raise
    finally:
        scale.ended.set()
        scale.join()
    child.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.monotonic() - began
    return Measure(child.returncode, seconds, usage.ru_utime + usage.ru_stime, scale.peak, log)


class _Scale(threading.Thread):
    """Weighs a process tree until it has ended."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.pid = pid
        self.peak = 0
        self.ended = threading.Event()

    def run(self) -> None:
        while not self.ended.wait(_EVERY):
            self.peak = max(self.peak, sum(_proportional(pid) for pid in _tree(self.pid)))


def _tree(pid: int) -> list[int]:
    found = [pid]
    try:
        for thread in (_PROC / str(pid) / "task").iterdir():
            for child in (thread / "children").read_text().split():
                found += _tree(int(child))
    except OSError:  # it ended meanwhile
        pass
    return found


def _proportional(pid: int) -> int:
    try:
        for line in (_PROC / str(pid) / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


def spent(pid: int) -> float:
    """Return the processor seconds that a running process has used, without its children."""
    fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def machine() -> str:
    """Return one line about this machine and its Python."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    cores = len(os.sched_getaffinity(0))
    system = f"{platform.system()} {platform.release()}, Python {platform.python_version()}"
    return f"{cores} cores ({_processor()}), {memory:.0f} GiB, {system}"


def _processor() -> str:
    try:
        for line in (_PROC / "cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.machine()
