# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ground truth: what really happened on the simulated devices, and when.

Append-only. Instants are the lab's own (never a device's skewed clock), so that
tests compare what was reported and recorded with what was done.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import IO, Any


class What(str, Enum):
    """The kinds of things that happen to a device."""

    JOB_STARTED = "job_started"
    JOB_FINISHED = "job_finished"
    JOB_INTERRUPTED = "job_interrupted"
    SEARCH_STARTED = "search_started"
    SEARCH_FINISHED = "search_finished"
    DOWNLOAD_FINISHED = "download_finished"
    INSTALL_STARTED = "install_started"
    INSTALL_FINISHED = "install_finished"
    INSTALL_FAILED = "install_failed"
    INSTALL_INTERRUPTED = "install_interrupted"
    UNINSTALL_STARTED = "uninstall_started"
    UNINSTALL_FINISHED = "uninstall_finished"
    COMMITTED = "committed"  # an update that waited for a restart has taken effect
    RESTART_SCHEDULED = "restart_scheduled"
    RESTART_CANCELLED = "restart_cancelled"
    RESTARTED = "restarted"
    POWER_OFF = "power_off"
    POWER_ON = "power_on"
    REMINDED = "reminded"
    MARKED = "marked"  # a marker on the disk was written or removed; ``detail``: kind, and what it holds or "absent"
    GENERALISED = "generalised"  # Sysprep came to its end
    SET_UP = "set_up"  # a generalised Windows was set up at its first start
    CAPTURED = "captured"  # the disk was read into an image; ``detail``: its name
    IMAGED = "imaged"  # the disk holds an image now; ``detail``: its name and the PC that it is from
    IMAGING = "imaging"  # the disk begins to be written: until IMAGED it is not whole
    IMAGING_BROKEN = "imaging_broken"  # writing the disk was cut off
    LOGONS = "logons"  # who sits at the device has changed; ``detail`` names them, "" for nobody


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of the ground truth. ``update`` is an update id, ``kb`` its KB; both ``""`` where none is concerned."""

    at: datetime
    device: str
    what: What
    update: str = ""
    kb: str = ""
    job: str = ""
    detail: str = ""
    hresult: int = 0

    def as_json(self) -> dict[str, Any]:
        """Return the form in which it is stored and sent."""
        return {
            "at": self.at.isoformat(),
            "device": self.device,
            "what": self.what.value,
            "update": self.update,
            "kb": self.kb,
            "job": self.job,
            "detail": self.detail,
            "hresult": self.hresult,
        }


@dataclass(slots=True)
class Truth:
    """The log of one lab, in memory and, where ``path`` is given, as JSON lines in a file.

    ``calls`` counts module runs by (device, module).
    """

    path: Path | None = None
    calls: Counter[tuple[str, str]] = field(default_factory=Counter)
    _log: list[Happening] = field(default_factory=list)
    _file: IO[str] | None = None

    def add(self, happening: Happening) -> None:
        """Append one happening."""
        self._log.append(happening)
        if self.path is not None:
            if self._file is None:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self._file = self.path.open("a", encoding="utf-8", buffering=1)
            self._file.write(json.dumps(happening.as_json()) + "\n")

    def called(self, device: str, module: str) -> None:
        """Count one run of a module."""
        self.calls[device, module] += 1

    def happenings(self, device: str | None = None, what: What | None = None) -> Iterator[Happening]:
        """Yield what happened, by instant; of one device and of one kind where asked."""
        chosen = (h for h in self._log if device in (None, h.device) and what in (None, h.what))
        yield from sorted(chosen, key=lambda h: h.at)

    def installed_twice(self) -> list[tuple[str, str]]:
        """Return (device, update id) pairs that were installed more than once without an uninstall between."""
        present: set[tuple[str, str]] = set()
        twice = []
        for happening in self.happenings():
            key = (happening.device, happening.update)
            if happening.what is What.UNINSTALL_FINISHED:
                present.discard(key)
            elif happening.what is What.INSTALL_FINISHED:
                if key in present:
                    twice.append(key)
                present.add(key)
        return twice

    def installs_outside(self, allowed: Callable[[str, datetime], bool]) -> list[Happening]:
        """Return the installs that started when ``allowed(device, instant)`` says they may not."""
        return [h for h in self.happenings(what=What.INSTALL_STARTED) if not allowed(h.device, h.at)]

    def close(self) -> None:
        """Close the file; what is in memory stays."""
        if self._file is not None:
            self._file.close()
            self._file = None
