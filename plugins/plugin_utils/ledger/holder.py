# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who holds a lease: one process, named so that a process beside it can tell whether it still lives."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_UNKNOWN = ""


@dataclass(frozen=True, slots=True)
class Holder:
    """A process of a patrol.

    A process id alone is reused; with the boot, the namespace in which the id counts
    (containers share a host name and a boot, not their ids) and the instant of its
    start it names one process for ever. Parts that the system does not tell are "".
    """

    host: str
    machine: str  # /etc/machine-id
    boot: str
    namespace: str
    pid: int
    start: str  # clock ticks since the boot
    patrol: str

    @classmethod
    def here(cls, patrol: str, pid: int | None = None) -> Holder:
        """The process ``pid`` (default: this one) as holder for a patrol."""
        number = os.getpid() if pid is None else pid
        begun = _own_start(number) if pid is None else _start(number)
        host, machine, boot, namespace = _machine()
        return cls(
            host=host,
            machine=machine,
            boot=boot,
            namespace=namespace,
            pid=number,
            start=begun,
            patrol=patrol.replace("/", "-"),
        )

    def __str__(self) -> str:
        return "/".join((self.host, self.machine, self.boot, self.namespace, str(self.pid), self.start, self.patrol))

    @classmethod
    def parse(cls, text: str) -> Holder | None:
        """Read what ``str`` wrote; None for anything else."""
        parts = text.split("/")
        if len(parts) != 7 or not parts[4].isdigit():
            return None
        host, machine, boot, namespace, pid, start, patrol = parts
        return cls(host, machine, boot, namespace, int(pid), start, patrol)

    def sees_dead(self, other: Holder) -> bool:
        """Whether it is certain, from this process, that the other one is gone. False when in doubt."""
        if self.host != other.host or not self.boot or not other.boot:
            return False
        if self.boot != other.boot:
            return bool(self.machine) and self.machine == other.machine
        if not self.namespace or self.namespace != other.namespace:
            return False
        found = _start(other.pid)
        if not other.start:  # named when it was dead already, or where nothing tells when a process started
            return not found and bool(_own_start(os.getpid()))
        return found != other.start


@cache
def _own_start(pid: int) -> str:
    """When this process started: it never changes. A fork has a number of its own, and is looked up anew."""
    return _start(pid)


@cache
def _machine() -> tuple[str, str, str, str]:
    """Host, machine, boot and namespace of this process: looked up once, and inherited by what it forks."""
    host = socket.gethostname().replace("/", "-")
    return host, _read("/etc/machine-id"), _read("/proc/sys/kernel/random/boot_id"), _namespace()


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return _UNKNOWN


def _namespace() -> str:
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return _UNKNOWN


def _start(pid: int) -> str:
    """When a process started, in clock ticks since the boot; "" when there is none (a zombie is none)."""
    stat = _read(f"/proc/{pid}/stat")
    after_name = stat.rpartition(")")[2].split()  # the name may hold blanks and brackets
    if len(after_name) < 20 or after_name[0] in ("Z", "X"):
        return _UNKNOWN
    return after_name[19]
