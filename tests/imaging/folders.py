# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where rooms keep their disks while they run, and where what was built once is kept for the next time."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

CACHE = Path(__file__).resolve().parents[2] / ".cache" / "imaging"
PREFIX = "nightshift-imaging-"
_LOCK = ".in-use"


class CannotBuild(Exception):
    """Something that is built of Debian's packages cannot be had here; the message says why."""


@contextmanager
def run_folder() -> Iterator[Path]:
    """An empty folder for one test. Those that killed tests left behind are removed first, by name and lock."""
    place = CACHE / "rooms"
    place.mkdir(parents=True, exist_ok=True)
    with ExitStack() as held:
        with (place / ".lock").open("w") as gate:
            fcntl.flock(gate, fcntl.LOCK_EX)
            for left in place.glob(f"{PREFIX}*"):
                _remove_if_left(left)
            folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=place))
            lock = held.enter_context((folder / _LOCK).open("w"))
            fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield folder
        finally:
            if os.environ.get("NIGHTSHIFT_KEEP_ROOMS") != "yes":
                shutil.rmtree(folder, ignore_errors=True)


def _remove_if_left(folder: Path) -> None:
    try:
        with (folder / _LOCK).open("r") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
    except OSError:  # in use
        return


def built(name: str, make: Callable[[Path], None]) -> Path:
    """Return ``<cache>/<name>``, made by ``make(folder)`` when it is not there; two runs at once make it once.

    ``name`` tells everything that the content depends on. What other versions were kept before is removed.
    """
    CACHE.mkdir(parents=True, exist_ok=True)
    kind = name.split("-", 1)[0]
    with (CACHE / f".{kind}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder = CACHE / name
        if not folder.is_dir():
            for old in CACHE.glob(f"{kind}-*"):
                shutil.rmtree(old, ignore_errors=True)
            half = CACHE / f"{kind}-half"
            half.mkdir()
            try:
                make(half)
            except BaseException:
                shutil.rmtree(half, ignore_errors=True)
                raise
            half.rename(folder)
    return folder
