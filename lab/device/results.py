# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How one update of a job ends, in the modules' words."""

from __future__ import annotations

from datetime import datetime

from ..catalogue.release import Release
from . import hresults
from .state import Job, JobKind, Outcome, Result

ALREADY = {
    JobKind.INSTALL: hresults.ALREADY_INSTALLED,
    JobKind.DOWNLOAD: hresults.ALREADY_INSTALLED,
    JobKind.UNINSTALL: hresults.NOT_INSTALLED,
}
LATE = "The deadline left no time for it"
_OUTCOMES = {"benign": Outcome.NOT_APPLICABLE, "wait_for_power": Outcome.NOT_STARTED}


def refused(
    update: str,
    title: str,
    outcome: Outcome,
    reason: str,
    error_class: str = "",
    hresult: int = 0,
    since: datetime | None = None,
) -> Result:
    """Return the result of an update that was not run, or whose end nobody saw."""
    return Result(update, title, outcome, 0, hresult, False, since, None, error_class, reason)


def answered(
    at: datetime, release: Release, hresult: int, since: datetime | None, code: int, restart: bool = False
) -> Result:
    """Return the result of an update that has an answer, which came at ``at``."""
    error_class = hresults.error_class(hresult)
    outcome = _OUTCOMES.get(error_class, Outcome.SUCCEEDED if code == 2 else Outcome.FAILED)
    if outcome is Outcome.SUCCEEDED:
        error_class = ""
    elif outcome is Outcome.FAILED:
        error_class = error_class or "transient"
    restart = restart or hresult == hresults.REBOOT_REQUIRED
    return Result(release.id, release.title, outcome, code, hresult, restart, since, at, error_class)


def time_left(at: datetime, job: Job) -> bool:
    """Tell whether one more update may start at ``at``."""
    return job.deadline is None or (at < job.deadline and at + job.expected <= job.deadline)
