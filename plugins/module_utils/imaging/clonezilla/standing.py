# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a job stands on its server, whatever it does: known, at work, served no more, and what its PCs have told."""

from __future__ import annotations

from dataclasses import dataclass

from ..engine import JobSpec
from . import jobs_log
from .disarming import lost
from .jobs import Job, Phase
from .room import Server


@dataclass(frozen=True, slots=True)
class Standing:
    """One job. ``job``: None where the server knows none of its id. ``live``: it is not finished. ``lost``: Clonezilla
    does not serve it any more."""

    job: Job | None
    live: bool
    lost: bool

    @classmethod
    def of(cls, server: Server, spec: JobSpec) -> Standing:
        """Look at the server. Raises EngineError."""
        job = server.jobs.read(spec)
        gone = job is not None and job.phase is Phase.STARTED and lost(server, spec, job)
        return cls(job, job is not None and job.phase is not Phase.FINISHED, gone)

    def told(self, server: Server, spec: JobSpec) -> str:
        """Return what the PCs of the job have told by now; what they told another job is none of it."""
        if self.job is None:
            return ""
        theirs = self.lost and server.session() != 0
        return jobs_log.text_of(server.layout, spec, over=not self.live or theirs)
