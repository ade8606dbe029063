# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The steps of a run that need no engine, as the controller takes them; each returns what the playbook goes on with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ..cloning.model import Outcome
from ..ledger import Ledger
from ..patrol.clock import Clock
from ..patrol.planned import Planned
from . import asking, holding, judging, steps
from .asking import Probe, Tell
from .machine import Do, next_step
from .model import Job, Run, SeatState, Verdict
from .opening import Opened
from .patches import patches_of
from .problem import RoomError
from .report import write_report
from .session import RoomSession
from .transferring import run_in
from .words import outcome_lines, plan_lines, step_line, survey_lines


@dataclass(frozen=True, slots=True)
class Running:
    """A run, and all that a step of it needs."""

    ledger: Ledger
    session: RoomSession
    clock: Clock
    probe: Probe
    tell: Tell

    @staticmethod
    def plan_of(opened: Opened) -> dict[str, Any]:
        """Return what is told of a run that was opened, or in check mode of what would be done."""
        session = opened.session
        told = plan_lines(session, opened.requests if session.rehearsal else ())
        if opened.carried_on:
            told = [f"run {session.run} is carried on with"]
        if opened.already:
            told = [opened.already]
        return {
            "changed": not (opened.carried_on or opened.already),
            "over": bool(opened.already),
            "msg": told,
            "run": session.run,
            "room": session.room,
            "server": session.server,
            "image": f"{session.image.name} {session.image.version}",
            "seats": [seat.name for seat in session.seats],
            "requests": list(opened.requests),
            "carried_on": opened.carried_on,
            "patch": session.rules.patch,
            "announce": session.rules.announce is not None,
        }

    def next(self) -> dict[str, Any]:
        """Return what comes next."""
        run = run_in(self.ledger, self.session)
        step = next_step(run, self.session.rules, self.clock.now())
        if step.do is Do.END:
            holding.give_back(self.ledger, self.session, seats_only=True)  # the patch round is a patrol's
        return {
            "changed": False,
            "msg": [step_line(run, step)],
            "do": step.do.value,
            "seats": list(step.seats),
            "job": step.job,
            "kind": step.kind.value if step.kind else "",
        }

    def probed(self, names: Sequence[str]) -> dict[str, Any]:
        """Return which seats answer, and which do not: these may be woken."""
        left = asking.silent(self.session, names, self.probe)
        return self._answering(names, left)

    def awaited(self, names: Sequence[str]) -> dict[str, Any]:
        """Wait until the seats answer, as long as a PC may take to boot; what is silent then is recorded."""
        left, clock = asking.wait_for(self.session, names, self.clock, self.probe, self.tell)
        run = run_in(self.ledger, self.session)
        asking.keep_silence(self.ledger, run, left, clock.now())
        told = self._answering(names, left)
        told["unprepared"] = [name for name in told["seats"] if not run.seat(name).prepared]
        return told

    def surveyed(self) -> dict[str, Any]:
        """Every seat was looked at: decide whether anybody may be touched, and who."""
        run, now = run_in(self.ledger, self.session), self.clock.now()
        with self.ledger.begin() as tx:
            found = steps.take_survey(tx.rooms, run, self.session.rules, now)
        return {"changed": True, "msg": survey_lines(found), "refused": list(found.refused)}

    def prepared(self, job_id: str) -> dict[str, Any]:
        """Record the next job, with those of its seats that are fit for it now."""
        run, now = run_in(self.ledger, self.session), self.clock.now()
        step = next_step(run, self.session.rules, now)
        if step.do is not Do.PREPARE:
            return {"changed": False, "msg": [step_line(run, step)], "job": "", "seats": []}
        with self.ledger.begin() as tx:
            job = steps.begin_job(tx.rooms, run, step, job_id, self.session.rules, now)
        if job is None:
            return {"changed": True, "msg": ["none of these seats may be touched now"], "job": "", "seats": []}
        return {"changed": True, "msg": [], "job": job.id, "seats": list(job.seats)}

    def settled(self) -> dict[str, Any]:
        """Wait until seats of the closed job are worth asking."""
        run, job = self._closed_job()
        names, _clock = asking.settle(self.session, run, job, self.clock, self.probe, self.tell)
        pending = [name for name in job.seats if run.seat(name).state is SeatState.WRITTEN]
        return {"changed": False, "msg": [], "seats": list(names), "silent": [n for n in pending if n not in names]}

    def judged(self) -> dict[str, Any]:
        """Judge the seats of the closed job by what they said."""
        run, job = self._closed_job()
        now = self.clock.now()
        found = judging.judge_job(run, job, self.session.image, self.session.rules, now)
        with self.ledger.begin() as tx:
            left = steps.take_verdicts(tx.rooms, run, job, found, self.session.rules, now)
            ended = [one.seat for one in found if one.verdict is not None]
            tx.rooms.renewed(ended, [one.seat for one in found if one.verdict is Verdict.DONE], now)
        with self.ledger.begin() as tx:
            steps.expose_twins(tx.rooms, run_in(self.ledger, self.session), now)
        done = [one.seat for one in found if one.verdict is Verdict.DONE]
        lines = [f"{one.seat}: {one.verdict.value}{f': {one.why}' if one.why else ''}" for one in found if one.verdict]
        lines += [f"{one.seat}: not done yet: {one.why}" for one in found if one.verdict is None]
        return {"changed": True, "msg": lines, "done": done, "left": list(left)}

    def stopped(self, why: str) -> dict[str, Any]:
        """Begin nothing new; what is open is closed and judged."""
        run = run_in(self.ledger, self.session)
        with self.ledger.begin() as tx:
            tx.rooms.stop(run, why or "it was stopped", self.clock.now())
        return {"changed": True, "msg": [f"the run stops: {why}"]}

    def ended(self, dest: Path, plans: Mapping[str, Planned] | None = None) -> dict[str, Any]:
        """End the run, write its report, give the room back. Raises RoomError while a job is open.

        ``plans``: those of the seats after their patch round; None: the room was not to be patched.
        """
        rules, now = self.session.rules, self.clock.now()
        run = run_in(self.ledger, self.session)
        step = next_step(run, rules, now)
        if run.ended is None and step.do is not Do.END:
            raise RoomError(f"run {run.id}: it is not over ({step_line(run, step)}); run this again to carry on")
        with self.ledger.begin() as tx:  # the report is written before the end is kept: a kill between leaves no gap
            patches = patches_of(run, plans, tx) if plans is not None else {}
            if run.ended is None:
                if plans is not None:
                    steps.take_patches(tx.rooms, run, patches, now)
                    run = tx.rooms.run(run.id) or run
                steps.end_run(tx.rooms, run, rules, step.why, now)
                run = tx.rooms.run(run.id) or run
            files = write_report(run, tx.rooms.steps(run.id), patches, ZoneInfo(self.session.zone), dest)
        holding.give_back(self.ledger, self.session)
        not_done = [seat.name for seat in run.seats if seat.verdict is not Verdict.DONE]
        return {
            "changed": True,
            "msg": outcome_lines(run, patches),
            "run": run.id,
            "outcome": run.outcome.value,
            "seats": {seat.name: seat.verdict.value if seat.verdict else "" for seat in run.seats},
            "not_done": not_done,
            "files": files,
            "failed": run.outcome is not Outcome.DONE,
        }

    def _answering(self, names: Sequence[str], left: dict[str, str]) -> dict[str, Any]:
        macs = {seat.name: seat.mac for seat in self.session.seats}
        return {
            "changed": False,
            "msg": [],
            "seats": [name for name in names if name not in left],
            "silent": sorted(left),
            "targets": [{"name": name, "mac": macs[name]} for name in sorted(left)],
        }

    def _closed_job(self) -> tuple[Run, Job]:
        run = run_in(self.ledger, self.session)
        if run.open_job is None or run.open_job.closed is None:
            raise RoomError(f"run {run.id}: no job is closed and waits for its verdicts")
        return run, run.open_job
