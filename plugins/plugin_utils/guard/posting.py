# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Posts a guard before a job is armed, and lifts it when it is proved that nothing of that is armed any more.

The job's mark lies beside the inventory, not in Ansible's own temporary folder: that one goes with every orderly end of
the playbook, also where PCs stay armed, and nobody else who carries on could lift it.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from ..documents.folder import file_name
from ..ledger import Holder
from ..ledger.engine import database_url, sqlite_path
from . import program
from .called import Called

PATIENCE = timedelta(days=1)  # for an imaging server that does not answer, or somebody who holds what is to be disarmed
_PAUSE = timedelta(minutes=1)
_POLL = 5.0  # seconds
_START = 30.0  # seconds


@dataclass(frozen=True, slots=True)
class Charge:
    """What a guard stands by. ``job`` names its mark, ``log`` what it says; ``title`` and ``told`` are for people.

    ``controller`` is the ansible-playbook that it watches. When that has been gone for ``wait`` (real time; none: no
    guard), it plays ``playbook`` with ``variables``. ``ledger``: the URL of what that needs. ``left``: what is so where
    there is no guard and the controller is killed.
    """

    job: str
    title: str
    told: str
    log: str
    controller: Holder
    wait: timedelta
    playbook: str
    variables: Mapping[str, object]
    ledger: str
    left: str


@dataclass(frozen=True, slots=True)
class Guards:
    """The folder of the marks of jobs and of what guards say, and the call that guards repeat."""

    folder: Path
    called: Called

    def notes(self, wait: timedelta, playbook: str, left: str) -> list[str]:
        """Say at a run's opening what no guard can do. A run without a guard by its policy needs no word."""
        if not wait:
            return []
        why = self.called.once_only()
        if why:
            return [f"note: no guard stands by this run ({why}): when it is killed, {left}"]
        notes = []
        if self.called.asked_to_connect():
            notes.append("note: the guard of this run has not the password that was asked for at the terminal")
        if not self.called.of_playbook(playbook):
            notes.append(f"note: the guard of this run plays {playbook}, with this inventory and these -e alone")
        return notes

    def post(self, charge: Charge) -> str:
        """Start the guard of a job; return why there is none, "" where there is one, or none is wanted."""
        if not charge.wait or self.called.once_only():
            return ""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._mark(charge.job).write_text(charge.told, encoding="utf-8")
            done = subprocess.run(
                [sys.executable, "-I", str(Path(program.__file__).resolve()), charge.title],
                input=self._order(charge).as_json(),
                capture_output=True, text=True, timeout=_START, check=False, start_new_session=True,
            )  # fmt: skip
            said = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1] if done.returncode else ""
        except (OSError, subprocess.TimeoutExpired) as trouble:
            said = str(trouble)
        if said:
            self.lift([charge.job])
        return f"no guard stands by {charge.title} ({said}): when this run is killed, {charge.left}" if said else ""

    def lift(self, jobs: Iterable[str]) -> None:
        """Let the guards of jobs end: nothing of them is armed."""
        for job in jobs:
            with contextlib.suppress(OSError):  # another user's mark: that guard looks for itself
                self._mark(job).unlink()

    def _mark(self, job: str) -> Path:
        return self.folder / f"{file_name(job)}.mark"

    def _order(self, charge: Charge) -> program.Order:
        ledger, variables = sqlite_path(database_url(charge.ledger)), dict(charge.variables)
        if ledger is not None:  # another one's URL may hold a password; the inventory has it
            variables["nightshift_ledger"] = charge.ledger
        seconds = charge.wait.total_seconds()
        return program.Order(
            controller=str(charge.controller),
            mark=str(self._mark(charge.job).resolve()),
            needs=[str(ledger)] if ledger is not None else [],
            log=str(self.folder.resolve() / f"{file_name(charge.log)}.log"),
            folder=str(Path.cwd()),
            command=self.called.again(charge.playbook, variables),
            environment=self.called.environment(),
            wait=seconds,
            pause=max(charge.wait, _PAUSE).total_seconds(),
            patience=PATIENCE.total_seconds(),
            poll=min(_POLL, max(0.5, seconds / 3)),
        )
