# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A lab in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from .laboratory import StateFile
from .remote import LabGone, Remote

_PATIENCE = 120.0  # real seconds that a lab may take to come up, or to end


class Child(Protocol):
    """The process of a lab, as subprocess.Popen gives it."""

    @property
    def pid(self) -> int:
        """Its process id."""

    def poll(self) -> int | None:
        """Return its exit code, None while it runs."""

    def wait(self, timeout: float | None = None) -> int:
        """Return its exit code when it has ended."""

    def terminate(self) -> None:
        """Ask it to end."""


Launch = Callable[[Sequence[str], Path, Path | None], Child]
_children: dict[int, Child] = {}  # labs that this process has started


def launch(arguments: Sequence[str], log: Path, cwd: Path | None) -> Child:
    """Start ``python -m lab`` with these arguments in ``cwd``; it outlives this process. ``log``: what it says."""
    with log.open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "lab", *arguments],
            stdout=output,
            stderr=output,
            stdin=subprocess.DEVNULL,
            cwd=cwd,
            start_new_session=True,
        )


def up(folder: Path, arguments: Sequence[str], cwd: Path | None = None, launch: Launch = launch) -> str:
    """Start ``python -m lab up`` with these arguments, ``--dir folder`` among them, in ``cwd``.

    Return what it says when it is ready. Raises LabGone with what it says otherwise.
    """
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "lab.log"
    child = launch(["up", *arguments], log, cwd)
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        if child.poll() is not None:
            raise LabGone(log.read_text(encoding="utf-8").strip().removeprefix("lab: "))
        if StateFile.path(folder).exists() and StateFile.read(folder).pid == child.pid:
            _children[child.pid] = child
            return log.read_text(encoding="utf-8").strip()
        time.sleep(0.05)
    child.terminate()
    child.wait()
    raise LabGone(f"not ready after {_PATIENCE:g} s; see {log}")


def down(folder: Path) -> None:
    """Stop the lab of a folder; return when its process has ended. Raises LabGone."""
    remote = Remote.of(folder)
    remote.post("/stop", {})
    child = _children.pop(remote.state.pid, None)
    if child is not None:
        child.wait(_PATIENCE)
        return
    end = time.monotonic() + _PATIENCE
    while StateFile.path(folder).exists() and time.monotonic() < end:
        time.sleep(0.05)
    while _alive(remote.state.pid) and time.monotonic() < end:
        time.sleep(0.05)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().split(")")[-1].split()[0] != "Z" if Path("/proc").exists() else True
