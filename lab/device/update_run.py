# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What ``ansible.windows.win_updates`` starts on a PC: a process of its own that searches, downloads and installs.

It is no job of ours: its only trace is what it says through a named pipe, a line for each thing that happens, until
the last line was taken and it is told to end. Source: ``win_updates.ps1`` of ansible.windows 3.3.0.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

from ..catalogue.release import Release
from ..truth import What
from .machine import Machine, Work
from .service import Act, ActRun
from .state import Found

Line = dict[str, Any]
_SUCCEEDED = 2
_FAILED = 4


@dataclass(frozen=True, slots=True)
class Selection:
    """Which updates a run is for: the module's options of the same names."""

    categories: tuple[str, ...]
    accept: tuple[str, ...] = ()
    reject: tuple[str, ...] = ()

    def refusals(self, release: Release) -> list[str]:
        """Return the options that filter an update out."""
        texts = [release.title, *release.kbs]
        names = {_plain(name) for name in release.categories}
        wanted = [_plain(name) for name in self.categories]
        checks = (
            ("accept_list", bool(self.accept) and not _matches(self.accept, texts)),
            ("reject_list", _matches(self.reject, texts)),
            ("category_names", bool(wanted) and "*" not in wanted and names.isdisjoint(wanted)),
        )
        return [name for name, refused in checks if refused]


@dataclass(slots=True)
class UpdateRun:
    """One process. ``lines``: what it said; ``taken``: how many of them were read."""

    selection: Selection
    state: str  # searched, downloaded or installed
    check_mode: bool
    pid: int
    pipe: str = field(default_factory=lambda: f"ansible.windows.win_updates-{uuid4()}")
    lines: list[Line] = field(default_factory=list)
    taken: int = 0

    @property
    def exited(self) -> bool:
        """Whether it has nothing more to say."""
        return bool(self.lines) and self.lines[-1]["task"] == "exit"

    def take(self) -> list[Line]:
        """Return the lines that nobody has read."""
        fresh = self.lines[self.taken :]
        self.taken = len(self.lines)
        return fresh

    def work(self, machine: Machine) -> Work:
        """Do what the module's process does, one step after the other."""
        said = self._say
        said("started", {})
        restart = machine.pending.required
        run = machine.service.plan_search(machine.at)
        yield run.seconds
        if run.raises or run.result_code not in (2, 3):
            return self._exit(restart, message="Searching for updates", hresult=run.raises)
        found = machine.service.find(machine.at)
        chosen = self._choose(found)
        if self.check_mode or self.state == "searched" or not chosen:
            return self._exit(restart, changed=bool(chosen) and self.state != "searched")
        if restart:
            return self._exit(restart, message="A reboot is required before more updates can be installed")
        held = {offer.release.id for offer in found.missing if offer.downloaded}
        absent = [release for release in chosen if release.id not in held]
        if absent:
            ended = yield from self._act(machine, Act.DOWNLOAD, absent)
            if not ended:
                return self._exit(restart, changed=True, message="Failed to download all updates")
        if self.state == "downloaded":
            return self._exit(restart, changed=bool(absent))
        ended = yield from self._act(machine, Act.INSTALL, chosen)
        if not ended:
            return self._exit(machine.pending.required, changed=True, message="Failed to install all updates")
        return self._exit(machine.pending.required, changed=True)

    def _choose(self, found: Found) -> list[Release]:
        refusals = {offer.release.id: self.selection.refusals(offer.release) for offer in found.missing}
        self._say(
            "search_result",
            {
                "updates": [_described(offer.release) for offer in found.missing],
                "filtered": [{"id": name, "reasons": why} for name, why in refusals.items() if why],
            },
        )
        return [offer.release for offer in found.missing if not refusals[offer.release.id]]

    def _act(self, machine: Machine, act: Act, releases: Sequence[Release]) -> Generator[float, None, bool]:
        results: list[Line] = []
        for release in releases:
            if act is Act.INSTALL:
                machine.note(What.INSTALL_STARTED, release, detail="win_updates")
            run = machine.service.plan(act, release, machine.at, machine.pending.wua)
            self._say(act.value, {"progress": _progress(act, release, len(results), len(releases))})
            if run.power_fails_after is not None:
                yield run.power_fails_after
                machine.power_fails(run.dark)
            yield run.seconds
            results.append(_result(machine, act, release, run))
        self._say(f"{act.value}_result", {"info": results})
        return all(one["result_code"] == _SUCCEEDED for one in results)

    def _say(self, task: str, result: Line) -> None:
        self.lines.append({"task": task, "result": result})

    def _exit(self, restart: bool, *, changed: bool = False, message: str = "", hresult: int = 0) -> None:
        exception: Line | None = {"message": message} if message else None
        if exception is not None and hresult:
            exception["hresult"] = _signed(hresult)
        result = {"changed": changed, "failed": bool(message), "reboot_required": restart, "exception": exception}
        self._say("exit", result)


class Others:
    """The processes of others that run on a PC, by the name of their pipe."""

    def __init__(self, machine: Machine) -> None:
        """Begin with none; ``machine`` is the PC that they change."""
        self._machine = machine
        self._runs: dict[str, tuple[UpdateRun, datetime | None, Work]] = {}
        self._pids = count(4100, 4)

    def start(self, selection: Selection, state: str, check_mode: bool) -> UpdateRun:
        """Start a process."""
        run = UpdateRun(selection, state, check_mode, next(self._pids))
        self._go_on(run, run.work(self._machine))
        return run

    def get(self, pipe: str) -> UpdateRun | None:
        """Return the process behind a pipe, or None."""
        return self._runs[pipe][0] if pipe in self._runs else None

    def end(self, pid: int) -> None:
        """End a process; nothing where it has ended."""
        self._runs = {pipe: entry for pipe, entry in self._runs.items() if entry[0].pid != pid}

    def end_all(self) -> None:
        """Lose all of them: the PC goes down."""
        self._runs.clear()

    def wakes(self) -> list[datetime]:
        """Return the instants at which a step ends."""
        return [wakes for _, wakes, _ in self._runs.values() if wakes is not None]

    def resume_due(self) -> None:
        """Go on with every process whose present step has ended."""
        for run, wakes, work in list(self._runs.values()):
            if wakes is not None and wakes <= self._machine.at and run.pipe in self._runs:
                self._go_on(run, work)

    def _go_on(self, run: UpdateRun, work: Work) -> None:
        self._runs[run.pipe] = (run, None, work)
        try:
            seconds = next(work)
        except StopIteration:
            return
        if run.pipe in self._runs:  # else the power failed in this step
            self._runs[run.pipe] = (run, self._machine.at + timedelta(seconds=seconds), work)


def _result(machine: Machine, act: Act, release: Release, run: ActRun) -> Line:
    code = _FAILED if run.raises else run.result_code
    if code == _SUCCEEDED:
        machine.service.complete(act, release, run)
        what = What.DOWNLOAD_FINISHED if act is Act.DOWNLOAD else What.INSTALL_FINISHED
        machine.note(what, release, detail="win_updates")
    else:
        machine.note(What.INSTALL_FAILED, release, detail=act.value, hresult=run.raises or run.hresult)
    restart = act is Act.INSTALL and run.restart_required
    if code == _SUCCEEDED and restart:
        machine.pending.wua = machine.pending.windows_update = True
    hresult = _signed(run.raises or run.hresult)
    return {"id": release.id, "result_code": code, "hresult": hresult, "reboot_required": restart}


def _progress(act: Act, release: Release, done: int, of: int) -> Line:
    percent = 100 * done // of
    shared = {"CurrentUpdateId": release.id, "PercentComplete": percent, "CurrentUpdatePercentComplete": 0}
    if act is Act.INSTALL:
        return shared
    sizes = {"TotalBytesDownloaded": done * release.size, "TotalBytesToDownload": of * release.size}
    own = {"CurrentUpdateBytesDownloaded": 0, "CurrentUpdateBytesToDownload": release.size}
    return {**shared, **sizes, **own, "CurrentUpdateDownloadPhase": 2}


def _described(release: Release) -> Line:
    return {
        "id": release.id,
        "title": release.title,
        "kb": list(release.kbs),
        "categories": list(release.categories),
        "revision_number": release.revision,
        "is_installed": False,
    }


def _signed(hresult: int) -> int:
    """Return an HRESULT as .NET has it."""
    return hresult - 2**32 if hresult >= 2**31 else hresult


def _plain(name: str) -> str:
    """Return a category's name as both spellings of the module have it: ``Security Updates``, ``SecurityUpdates``."""
    return name.replace(" ", "").casefold()


def _matches(patterns: Iterable[str], texts: Sequence[str]) -> bool:
    return any(re.search(pattern, text, re.IGNORECASE) for pattern in patterns for text in texts)
