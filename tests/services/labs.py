# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Labs as processes of their own, forked from one that has loaded the lab already: most of what a small lab costs."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path
from subprocess import TimeoutExpired

from lab.__main__ import main
from tests.services import forked


class Lab:
    """The process of a lab, as subprocess.Popen would give it. One that ends in order ends the labs it has left."""

    def __init__(self, process: BaseProcess) -> None:
        """Take over a process that has been started."""
        self._process = process

    @property
    def pid(self) -> int:
        """Its process id."""
        return int(self._process.pid or 0)

    def poll(self) -> int | None:
        """Return its exit code, None while it runs."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Return its exit code when it has ended. Raises TimeoutExpired."""
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise TimeoutExpired("lab", timeout or 0)
        return self._process.exitcode

    def terminate(self) -> None:
        """Ask it to end."""
        self._process.terminate()


def launch(arguments: Sequence[str], log: Path, cwd: Path | None) -> Lab:
    """Start a lab as lab.background.launch does."""
    log.write_bytes(b"")
    where = str(cwd or Path.cwd())
    process = forked.SERVER.Process(target=_be, args=(list(arguments), str(log), where, dict(os.environ)), daemon=True)
    process.start()
    return Lab(process)


def _be(arguments: list[str], log: str, cwd: str, env: dict[str, str]) -> None:
    forked.move([os.devnull, log, log], cwd, env)
    sys.exit(main(arguments))
