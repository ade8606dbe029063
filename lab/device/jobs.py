# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The jobs whose files are on a simulated PC, and the work that goes on in those that run."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from ..truth import What
from .machine import Machine, Work
from .state import Job, JobKind, JobState
from .update_run import Others
from .work import change, interrupt, search


class Jobs:
    """Iterates in the order in which the jobs came."""

    def __init__(self, machine: Machine) -> None:
        """Begin with none; ``machine`` is the PC that they change."""
        self._machine = machine
        self._jobs: list[Job] = []
        self._work: dict[str, tuple[datetime, Work]] = {}  # by job: when its present step ends
        self.others = Others(machine)

    def __iter__(self) -> Iterator[Job]:
        """Yield every job whose files are there."""
        return iter(self._jobs)

    def get(self, job_id: str) -> Job | None:
        """Return the job of that id, or None."""
        return next((job for job in self._jobs if job.id == job_id), None)

    def running(self, *kinds: JobKind) -> Job | None:
        """Return the running job of one of these kinds, or None."""
        return next((job for job in self._jobs if job.state is JobState.RUNNING and job.kind in kinds), None)

    def ends(self, job: Job) -> datetime | None:
        """Return when the present step of a running job ends."""
        entry = self._work.get(job.id)
        return entry[0] if entry else None

    def wakes(self) -> list[datetime]:
        """Return the instants at which a step ends."""
        return [*(wakes for wakes, _ in self._work.values()), *self.others.wakes()]

    def keep(self, job: Job) -> None:
        """Put the files of an ended job on the PC."""
        self._jobs.append(job)

    def forget(self, job: Job) -> None:
        """Remove the files of an ended job."""
        self._jobs.remove(job)

    def wipe(self) -> None:
        """Lose every file: the disk holds something else now."""
        self._work.clear()
        self._jobs.clear()
        self.others.end_all()

    def start(self, job: Job) -> Job:
        """Start a job."""
        self._jobs.append(job)
        self._machine.note(What.JOB_STARTED, job=job, detail=job.kind.value)
        work = search(self._machine, job) if job.kind is JobKind.SCAN else change(self._machine, job)
        self._work[job.id] = (self._machine.at, work)
        self._resume(job)
        return job

    def resume_due(self) -> None:
        """Go on with every job whose present step has ended."""
        for job in [job for job in self._jobs if job.id in self._work and self._work[job.id][0] <= self._machine.at]:
            self._resume(job)
        self.others.resume_due()

    def interrupt_all(self) -> None:
        """End what runs in the middle: the PC goes down."""
        self._work.clear()
        self.others.end_all()
        for job in self._jobs:
            if job.state is JobState.RUNNING:
                self._interrupt(job)

    def _resume(self, job: Job) -> None:
        if job.id not in self._work:
            return
        _, work = self._work[job.id]
        try:
            seconds = next(work)
        except StopIteration:
            del self._work[job.id]
            job.finished_at = self._machine.at
            self._machine.note(What.JOB_FINISHED, job=job, detail=job.state.value)
            return
        if job.id in self._work:  # else the power failed in this step
            self._work[job.id] = (self._machine.at + timedelta(seconds=seconds), work)

    def _interrupt(self, job: Job) -> None:
        at = self._machine.at
        finds = [self._machine.service.find(at)]
        finds += [one.look(at)[0] for one in self._machine.managers.values() if not one.broken]
        known = [release for found in finds for release in (*(o.release for o in found.missing), *found.installed)]
        release = next((one for one in known if one.id == job.current), None) if job.current else None
        interrupt(job, release.title if release is not None else "")
        if job.current:
            self._machine.note(What.INSTALL_INTERRUPTED, release, job, job.kind.value)
        self._machine.note(What.JOB_INTERRUPTED, job=job)
