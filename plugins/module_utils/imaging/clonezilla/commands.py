# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The commands of a DRBL server: how they are run, and which processes of Clonezilla SE there are.

Each is a list of words, without a shell. Its standard input is closed, so that a dialog ends instead of waiting. What
it says goes to a file and never to a pipe: drbl-ocs leaves ocsmgrd behind, which writes on and dies of a pipe that
nobody reads any more, and with it the log of what became of the PCs.
"""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryFile

from ..engine import EngineError
from .layout import Layout

SENDER = "udp-sender"
LISTENER = "ocsmgrd"
STARTER = "drbl-ocs"
CLONEZILLA = frozenset({SENDER, LISTENER, STARTER})
_FOLDERS = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
_DRBL = ("/usr/share/drbl/sbin", "/usr/share/drbl/bin")


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended. ``code`` is None when its time was up and it was killed. ``said``: its last line."""

    code: int | None
    output: str = ""

    @property
    def said(self) -> str:
        """The last line that it wrote."""
        lines = [line.strip() for line in self.output.splitlines() if line.strip()]
        return lines[-1][:200] if lines else ""

    def __str__(self) -> str:
        ended = "did not end in time" if self.code is None else f"ended with {self.code}"
        return f"{ended}: {self.said}" if self.said else ended


@dataclass(frozen=True, slots=True)
class Process:
    """A process of Clonezilla SE. ``words``: its command line."""

    pid: int
    parent: int
    name: str
    words: tuple[str, ...]

    def value(self, option: str) -> str:
        """Return what stands after an option in the command line; "" where it is not there."""
        following = dict(pairwise(self.words))
        return following.get(option, "")


class Commands:
    """The server's commands. ``timeout``: the seconds that each may take."""

    def __init__(self, layout: Layout, timeout: float) -> None:
        self._layout = layout
        self._timeout = timeout

    def found(self, program: str) -> str | None:
        """Return where a program of the server lies, None when it is not there."""
        folders = (str(self._layout.at(folder)) for folder in (*_FOLDERS, *_DRBL))
        return shutil.which(program, path=os.pathsep.join(folders))

    def run(self, words: Sequence[str], log: Path | None = None) -> Ran:
        """Run a command to its end; append what it says to ``log``. Raises EngineError when it is not there."""
        program = self.found(words[0])
        if program is None:
            raise EngineError(f"{words[0]}: not on this machine; run this on the DRBL server, with drbl and clonezilla")
        if log is None:
            with TemporaryFile() as output:
                return self._ran([program, *words[1:]], output.fileno())
        with log.open("ab+") as output:
            output.write(f"$ {shlex.join(words)}\n".encode())
            output.flush()
            return self._ran([program, *words[1:]], output.fileno())

    def processes(self) -> tuple[Process, ...]:
        """Return all living processes of Clonezilla SE. Raises EngineError."""
        ran = self.run(["ps", "-e", "-ww", "-o", "pid=", "-o", "ppid=", "-o", "stat=", "-o", "comm=", "-o", "args="])
        if ran.code != 0:
            raise EngineError(f"ps {ran}; what runs on this server cannot be told")
        rows = (line.split() for line in ran.output.splitlines())
        return tuple(
            Process(int(row[0]), int(row[1]), row[3], tuple(row[4:]))
            for row in rows
            if len(row) > 4 and row[3] in CLONEZILLA and not row[2].startswith("Z")
        )

    def end(self, process: Process) -> None:
        """Kill a process."""
        try:
            os.kill(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return

    def pause(self, seconds: float) -> None:
        """Wait a little for what a command left running in the background."""
        time.sleep(seconds)

    def _ran(self, words: Sequence[str], output: int) -> Ran:
        began = os.lseek(output, 0, os.SEEK_END)
        environment = {**os.environ, "PATH": os.pathsep.join((*_FOLDERS, *_DRBL)), "LC_ALL": "C", "TERM": "dumb"}
        process = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=environment,
            start_new_session=True,
        )
        code: int | None
        try:
            code = process.wait(self._timeout)
        except subprocess.TimeoutExpired:
            code = None
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        size = os.fstat(output).st_size
        return Ran(code, os.pread(output, max(0, size - began), began).decode("utf-8", "replace"))
