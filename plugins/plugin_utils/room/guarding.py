# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The guard of a room's job: when its controller is gone, that run is abandoned, while that job of it may be armed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ..guard.called import Called
from ..guard.posting import Charge, Guards
from ..ledger import Holder
from ..policy.values import spoken
from .rules import RunRules
from .session import RoomSession

PLAYBOOK = "nightshift.fleet.reimage"
_LEFT = "seats stay armed"


@dataclass(frozen=True, slots=True)
class Guarding:
    """The folder of the marks of jobs and of what guards say, and the call that guards repeat."""

    folder: Path
    called: Called

    def notes(self, rules: RunRules) -> list[str]:
        """Say at a run's opening what no guard can do."""
        return Guards(self.folder, self.called).notes(rules.guard, PLAYBOOK, _LEFT)

    def post(self, session: RoomSession, job: str) -> str:
        """Start the guard of a job; return why there is none, "" where there is one, or none is wanted."""
        return Guards(self.folder, self.called).post(_charge(session, job))

    def lift(self, jobs: Iterable[str]) -> None:
        """Let the guards of jobs end: nothing of them is armed."""
        Guards(self.folder, self.called).lift(jobs)


def _charge(session: RoomSession, job: str) -> Charge:
    wait = session.rules.guard
    return Charge(
        job=job,
        title=f"room {session.room}, job {job}",
        told=f"Seats of room {session.room} may be armed by job {job} of run {session.run} on {session.server}.\n"
        "This file goes when it is proved that none is; until then a guard stands by: see docs/rooms.md.\n",
        log=session.room,
        controller=Holder.here(f"room {session.room}", session.controller),
        wait=wait,
        playbook=PLAYBOOK,
        variables={
            "nightshift_room": session.room,
            "nightshift_confirm_room": session.room,
            "nightshift_abandon": True,
            "nightshift_abandon_job": job,
            "nightshift_abandon_why": f"its controller is gone, and nobody carried on within {spoken(wait)}",
        },
        ledger=session.ledger,
        left=_LEFT,
    )
