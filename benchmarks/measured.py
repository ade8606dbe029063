# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs commands and measures their whole process trees: time, processor, memory."""

from __future__ import annotations

import os
import platform
import select
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_EVERY = 1.0  # seconds between two looks at the tree's memory
_GRACE = 10.0  # seconds that a command has to end itself


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


@dataclass(frozen=True, slots=True)
class Job:
    """A command that is to be measured: where it runs, with what around it, and the file for its output."""

    command: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    log: Path


class TookTooLong(Exception):
    """Something measured did not end in its time; it has been ended."""


def measure(command: Sequence[str], environment: Mapping[str, str], folder: Path, log: Path) -> Measure:
    """Run ``command`` in ``folder`` to its end, with its output in ``log``."""
    return measure_together([Job(command, environment, folder, log)])[0]


def measure_together(jobs: Sequence[Job], at_most: float | None = None) -> list[Measure]:
    """Run several commands at once, each to its end, and return what each cost, in their order.

    Whatever interrupts this ends them all. Raises TookTooLong after ``at_most`` seconds.
    """
    end = None if at_most is None else time.monotonic() + at_most
    done: dict[_Running, Measure] = {}
    with ExitStack() as stack:
        running = [stack.enter_context(_running(job)) for job in jobs]
        while len(done) < len(running):
            left = None if end is None else max(0.0, end - time.monotonic())
            ended, _, _ = select.select([one for one in running if one not in done], [], [], left)
            if not ended:
                words = jobs[0].log.read_text(encoding="utf-8", errors="replace")[-1000:]
                raise TookTooLong(f"not at its end after {at_most:.0f} s; it said last:\n{words}")
            done |= {one: one.measured() for one in ended}
    return [done[one] for one in running]


class _Running:
    """A command that runs. It has a session of its own: what is typed at this terminal does not reach it."""

    def __init__(self, job: Job) -> None:
        self.log = job.log
        self.began = time.monotonic()
        with job.log.open("wb") as output:
            self.child = subprocess.Popen(
                job.command,
                cwd=job.folder,
                env=dict(job.environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self.handle = os.pidfd_open(self.child.pid)
        self.scale = _Scale(self.child.pid)
        self.scale.start()

    def fileno(self) -> int:
        """Return what becomes readable when it has ended."""
        return self.handle

    def measured(self) -> Measure:
        """Return what it cost, once it has ended."""
        seconds = time.monotonic() - self.began
        _, status, usage = os.wait4(self.child.pid, 0)
        self.child.returncode = os.waitstatus_to_exitcode(status)
        self.scale.end()
        return Measure(self.child.returncode, seconds, usage.ru_utime + usage.ru_stime, self.scale.peak, self.log)

    def end(self) -> None:
        """End it and all that it started, if it still runs: Ansible ends its workers, unless that takes too long."""
        self.scale.end()
        if self.child.returncode is None:
            self.child.terminate()
            try:
                self.child.wait(_GRACE)
            except subprocess.TimeoutExpired:
                for pid in reversed(_tree(self.child.pid)):
                    os.kill(pid, signal.SIGKILL)
                self.child.wait()
        os.close(self.handle)


@contextmanager
def _running(job: Job) -> Iterator[_Running]:
    running = _Running(job)
    try:
        yield running
    finally:
        running.end()


class _Scale(threading.Thread):
    """Weighs a process tree until it has ended."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.pid = pid
        self.peak = 0
        self.ended = threading.Event()

    def end(self) -> None:
        """Stop weighing; return when it has stopped."""
        self.ended.set()
        self.join()

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
