# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Posts a guard before a job is armed, and lifts it when it is proved that nothing of that is armed any more.

The job's mark lies beside the inventory, not in Ansible's own temporary folder: that one goes with every orderly end of
the playbook, also where seats stay armed, and nobody else who carries on could lift it.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from ..ledger import Holder
from ..ledger.engine import database_url, sqlite_path
from ..policy.values import spoken
from . import guard
from .called import Called
from .report import file_name
from .rules import RunRules
from .session import RoomSession

PLAYBOOK = "nightshift.fleet.reimage"
PATIENCE = timedelta(days=1)  # for an imaging server that does not answer, or a patrol that holds a seat
_PAUSE = timedelta(minutes=1)
_POLL = 5.0  # seconds
_START = 30.0  # seconds


@dataclass(frozen=True, slots=True)
class Guarding:
    """The folder of the marks of jobs and of what guards say, and the call that guards repeat."""

    folder: Path
    called: Called

    def notes(self, rules: RunRules) -> list[str]:
        """Say at a run's opening what no guard can do. A run without a guard by its policy needs no word."""
        if not rules.guard:
            return []
        why = self.called.once_only()
        if why:
            return [f"note: no guard stands by this run ({why}): when it is killed, seats stay armed"]
        notes = []
        if self.called.asked_to_connect():
            notes.append("note: the guard of this run has not the password that was asked for at the terminal")
        if not self.called.of_playbook(PLAYBOOK):
            notes.append(f"note: the guard of this run plays {PLAYBOOK}, with this inventory and these -e alone")
        return notes

    def post(self, session: RoomSession, job: str) -> str:
        """Start the guard of a job; return why there is none, "" where there is one, or none is wanted."""
        if not session.rules.guard or self.called.once_only():
            return ""
        controller = Holder.here(f"room {session.room}", session.controller)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._mark(job).write_text(_told(session, job), encoding="utf-8")
            done = subprocess.run(
                [sys.executable, "-I", str(Path(guard.__file__).resolve()), session.room, job],
                input=self._order(session, job, controller).as_json(),
                capture_output=True, text=True, timeout=_START, check=False, start_new_session=True,
            )  # fmt: skip
            said = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1] if done.returncode else ""
        except (OSError, subprocess.TimeoutExpired) as trouble:
            said = str(trouble)
        if said:
            self.lift([job])
        return f"no guard stands by job {job} ({said}): when this run is killed, seats stay armed" if said else ""

    def lift(self, jobs: Iterable[str]) -> None:
        """Let the guards of jobs end: nothing of them is armed."""
        for job in jobs:
            with contextlib.suppress(OSError):  # another user's mark: that guard looks for itself
                self._mark(job).unlink()

    def _mark(self, job: str) -> Path:
        return self.folder / f"{file_name(job)}.mark"

    def _order(self, session: RoomSession, job: str, controller: Holder) -> guard.Order:
        wait = session.rules.guard
        variables: dict[str, object] = {
            "nightshift_room": session.room,
            "nightshift_confirm_room": session.room,
            "nightshift_abandon": True,
            "nightshift_abandon_job": job,
            "nightshift_abandon_why": f"its controller is gone, and nobody carried on within {spoken(wait)}",
        }
        ledger = sqlite_path(database_url(session.ledger))
        if ledger is not None:  # another one's URL may hold a password; the inventory has it
            variables["nightshift_ledger"] = session.ledger
        return guard.Order(
            controller=str(controller),
            mark=str(self._mark(job).resolve()),
            needs=[str(ledger)] if ledger is not None else [],
            log=str(self.folder.resolve() / f"{file_name(session.room)}.log"),
            folder=str(Path.cwd()),
            command=self.called.again(PLAYBOOK, variables),
            environment=self.called.environment(),
            wait=wait.total_seconds(),
            pause=max(wait, _PAUSE).total_seconds(),
            patience=PATIENCE.total_seconds(),
            poll=min(_POLL, max(0.5, wait.total_seconds() / 3)),
        )


def _told(session: RoomSession, job: str) -> str:
    return (
        f"Seats of room {session.room} may be armed by job {job} of run {session.run} on {session.server}.\n"
        "This file goes when it is proved that none is; until then a guard stands by: see docs/rooms.md.\n"
    )
