# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Locks that the kernel keeps on files: one holder, the others wait, and a holder that dies lets go.

A holder that is stopped (Ctrl-Z, a debugger, a frozen container) keeps its lock: waiting has an end, and the
message names the process that is waited for.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from operator import itemgetter
from pathlib import Path

from .errors import LedgerError


@contextmanager
def alone(path: Path, seconds: float, doing: str) -> Iterator[None]:
    """Hold the lock of ``path``, a file (made for its owner alone, 0600) or a folder that exists.

    ``doing``: what the holder does, for the message. Raises LedgerError after ``seconds`` of waiting.
    """
    flags = os.O_RDONLY if path.is_dir() else os.O_RDWR | os.O_CREAT
    handle = os.open(path, flags | os.O_CLOEXEC, 0o600)
    try:
        if not _taken(handle, seconds):
            raise LedgerError(
                f"{path}: waited {seconds:g} s for {holder(handle)}, which is still {doing}; "
                "let it go on or end it, then run this again"
            )
        yield
    finally:
        os.close(handle)


def _taken(handle: int, seconds: float) -> bool:
    """Wait for the lock; the kernel wakes who waits, so a thread waits and this one watches the time."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        pass
    else:
        return True
    waited = os.dup(handle)  # the same lock; if the wait is given up, it ends with the thread

    def wait() -> None:
        try:
            fcntl.flock(waited, fcntl.LOCK_EX)
        finally:
            os.close(waited)

    waiting = threading.Thread(target=wait, daemon=True)
    waiting.start()
    waiting.join(seconds)
    return not waiting.is_alive()


def holder(handle: int) -> str:
    """Say which process holds the lock of an open file: its number, its name, and whether it is stopped."""
    found = os.fstat(handle)
    file = f"{os.major(found.st_dev):02x}:{os.minor(found.st_dev):02x}:{found.st_ino}"
    try:
        for line in Path("/proc/locks").read_text("ascii").splitlines():
            kind, pid, place = itemgetter(1, 4, 5)(line.split())
            if kind == "FLOCK" and place == file:
                return _named(int(pid))
    except (OSError, ValueError, IndexError):
        pass
    return "another process"


def _named(pid: int) -> str:
    try:
        name, _close, rest = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").partition("(")[2].rpartition(")")
    except OSError:
        return f"process {pid}"
    return f"process {pid} ({name}{', stopped' if rest.split()[0] in ('T', 't') else ''})"
