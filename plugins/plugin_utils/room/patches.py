# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the patch round at the end of a run left: the approved patches that each seat lacks, and what it got."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..ledger import Reader
from ..patrol.explanation import as_data, lacking
from ..patrol.planned import Planned
from ..planner.model import JobKind, Outcome, ScanTrust
from ..planner.plan import Action
from .model import Run, Seat


@dataclass(frozen=True, slots=True)
class Patches:
    """A seat's patches. ``missing``: those approved that it lacks, by label; None: nobody knows.

    ``installed``: titles of what was installed since its disk was written.
    """

    missing: tuple[str, ...] | None
    installed: tuple[str, ...] = ()


UNKNOWN = Patches(None)


def patches_of(run: Run, plans: Mapping[str, Planned], view: Reader) -> dict[str, Patches]:
    """Return the patches of each seat of the run, by the plans that follow from its patch round."""
    return {
        seat.name: Patches(_missing(run, seat, plans.get(seat.name)), _installed(run, seat, view)) for seat in run.seats
    }


def _missing(run: Run, seat: Seat, known: Planned | None) -> tuple[str, ...] | None:
    """Return what it lacks, None unless it was searched since it started last, and asked since it was judged."""
    if known is None or known.state.scan is None or known.state.observation is None:
        return None
    scan, seen = known.state.scan, known.state.observation
    asked = seen.at >= (seat.after.at if seat.after else run.started)
    searched = scan.trust is not ScanTrust.UNKNOWN and (seen.boot_time is None or scan.finished_at >= seen.boot_time)
    searching = any(job.active and job.kind is JobKind.SCAN for job in known.state.jobs)
    wanted = any(decision.action is Action.SCAN for decision in known.plan.decisions)
    if not asked or not searched or searching or wanted:
        return None
    return lacking(as_data(verdict) for verdict in known.plan.verdicts)


def _installed(run: Run, seat: Seat, view: Reader) -> tuple[str, ...]:
    since = max((job.closed for job in run.jobs if seat.name in job.seats and job.closed), default=run.started)
    done = [
        one.title
        for one in view.history(seat.name).attempts
        if one.kind is JobKind.INSTALL and one.attempt.outcome is Outcome.SUCCEEDED and one.attempt.at >= since
    ]
    return tuple(done)
