# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One seat's part in a run: what is asked of it and done to it, and what of that is recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..ledger import Ledger
from ..patrol.clock import Clock
from ..patrol.contact import Call, DeviceFault, NoAnswer
from ..patrol.inventory_facts import plain
from . import steps
from .model import Attempt, Proof, Run, Seat, Verdict
from .presence import at_work
from .problem import RoomError
from .rules import Presence
from .session import RoomSession
from .transferring import run_in

COUNTDOWN = 5  # seconds: Windows needs a moment to answer before it goes down


@dataclass(frozen=True, slots=True)
class Said:
    """What a seat's turn came to, for people. ``ok``: it was done, or was not needed."""

    ok: bool
    text: str
    changed: bool = False


@dataclass(frozen=True, slots=True)
class SeatTurn:
    """A seat, and a way to talk to it. Nothing that a seat does raises: the others go on."""

    ledger: Ledger
    session: RoomSession
    clock: Clock
    name: str
    call: Call

    def take(self, do: str, why: str = "") -> Said:
        """Take the turn ``do``. Raises RoomError for a seat that is not in the run."""
        turns: Mapping[str, Callable[[Run, Seat], Said]] = {
            "look": self._look,
            "tell": self._tell,
            "prepared": self._prepared,
            "excused": lambda run, seat: self._excused(run, seat, why),
            "mark": self._mark,
            "start": self._start,
            "check": self._check,
            "sign": self._sign,
        }
        run = run_in(self.ledger, self.session)
        try:
            seat = run.seat(self.name)
        except KeyError:
            raise RoomError(f"{self.name}: it is no seat of run {run.id}, and nothing is done to it") from None
        try:
            return turns[do](run, seat)
        except NoAnswer as silence:
            return self._silent(run, seat, do, str(silence))
        except DeviceFault as fault:
            return self._silent(run, seat, do, str(fault))

    def _look(self, run: Run, seat: Seat) -> Said:
        """Ask who is there, before its disk is touched."""
        proof = self._ask([])
        self._prove(run, "before", proof)
        people = at_work(proof, self.session.rules)
        return Said(True, f"{', '.join(people)} logged on" if people else "nobody is logged on")

    def _tell(self, run: Run, seat: Seat) -> Said:
        """Tell its users, where the policy wants that."""
        rules = self.session.rules
        text = rules.announce
        if text is None:
            return Said(True, "users are not told")
        if rules.users is not Presence.IGNORE and seat.before is not None and at_work(seat.before, rules):
            return Said(True, "somebody is at work there, and it is left alone: nobody is told")
        message = text.format(room=run.room)
        if rules.notice:
            message = f"{message} {rules.notice}"
        told = self.call("win_patch_restart", {"state": "reminded", "message": message, "only_if_pending": False})
        return Said(True, f"{told.get('told') or 0} told", changed=True)

    def _prepared(self, run: Run, seat: Seat) -> Said:
        """Keep that its own tasks before the clone have succeeded."""
        with self.ledger.begin() as tx:
            tx.rooms.prepared(run.id, seat.name, self.clock.now())
        return Said(True, "its pre_clone_tasks have succeeded", changed=True)

    def _excused(self, run: Run, seat: Seat, why: str) -> Said:
        """Leave it alone for the rest of the run."""
        with self.ledger.begin() as tx:
            steps.leave_alone(tx.rooms, run, {seat.name: why}, self.clock.now())
        return Said(False, f"left alone: {why}", changed=True)

    def _mark(self, run: Run, seat: Seat) -> Said:
        """Write the job onto its disk: where that is still there afterwards, the disk was not replaced."""
        job = run.open_job
        if job is None or seat.name not in job.seats or seat.before is None or seat.before.silence:
            return Said(True, "it cannot be marked: it does not answer")
        if seat.before.marked == job.id:
            return Said(True, "it is marked already")
        self.call("win_image_marker", {"kind": "run", "state": "present", "job": job.id, "room": run.room})
        self._prove(run, "before", replace(seat.before, marked=job.id))
        return Said(True, f"marked with {job.id}", changed=True)

    def _start(self, run: Run, seat: Seat) -> Said:
        """Let it start from the network, unless it was told already, or somebody has come meanwhile."""
        job = run.open_job
        tried = job.attempts.get(seat.name) if job is not None else None
        if job is None or tried is None or tried.told is not None or tried.joined is not None:
            return Said(True, "it was told already")
        proof = self._ask([])
        people = at_work(proof, self.session.rules)
        if people and self.session.rules.users is not Presence.IGNORE:
            self._attempt(replace(tried, why=f"{', '.join(people)} logged on after the room was armed"))
            return Said(False, f"not restarted: {', '.join(people)} logged on meanwhile")
        message = f"Room {run.room}: this PC gets a new image now."
        arguments = {"state": "scheduled", "countdown": COUNTDOWN, "message": message, "only_if_pending": False}
        self.call("win_patch_restart", arguments)
        self._attempt(replace(tried, told=self.clock.now()))
        return Said(True, "it restarts into the network", changed=True)

    def _check(self, run: Run, seat: Seat) -> Said:
        """Ask it what it is, after its job was closed."""
        self._prove(run, "after", self._ask([{"path": f.path, "sha256": f.sha256} for f in self.session.image.files]))
        return Said(True, "it told what it is")

    def _sign(self, run: Run, seat: Seat) -> Said:
        """Leave the run's own marker on a disk that is proved: the next image must take it away."""
        if seat.verdict is not Verdict.DONE:
            return Said(True, "it is not done")
        self.call("win_image_marker", {"kind": "run", "state": "present", "job": run.id, "room": run.room})
        return Said(True, f"marked with {run.id}", changed=True)

    def _ask(self, files: list[dict[str, str]]) -> Proof:
        result = self.call("win_seat_check", {"files": files})
        said = {"seat": result.get("seat") or {}, "time": result.get("time")}
        return Proof(self.clock.now(), said)

    def _silent(self, run: Run, seat: Seat, do: str, why: str) -> Said:
        if do == "look" and not seat.touched:
            self._prove(run, "before", Proof(self.clock.now(), silence=why))
        if do == "check":
            self._prove(run, "after", Proof(self.clock.now(), silence=why))
        return Said(False, why)

    def _prove(self, run: Run, phase: str, proof: Proof) -> None:
        with self.ledger.begin() as tx:
            tx.rooms.prove(run.id, self.name, phase, _storable(proof))

    def _attempt(self, attempt: Attempt) -> None:
        with self.ledger.begin() as tx:
            tx.rooms.attempt(attempt.job, [attempt])


def rehearse(session: RoomSession, call: Call) -> Said:
    """Say who is at a seat and what it is, and record nothing."""
    try:
        result = call("win_seat_check", {"files": []})
    except (NoAnswer, DeviceFault) as silence:
        return Said(False, f"does not answer: {silence}")
    seat = result.get("seat") or {}
    people = [str(one.get("name")) for one in seat.get("users") or ()]
    image = seat.get("image") or {}
    has = f"has image {image.get('name')} {image.get('version')}" if image else "has no marked image"
    return Said(True, f"{', '.join(people) or 'nobody'} logged on; {has}")


def _storable(proof: Proof) -> Proof:
    """Return a proof without the tags that newer ansible-core puts on values."""
    said: dict[str, Any] = plain(proof.said)
    return replace(proof, said=said)
