# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From a plan to the one line that a round says about a device."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from ..planner.model import DeviceState, JobKind, ScanTrust
from ..planner.plan import Action, Disposition, Plan
from .session import Session, Word

QUIET = (Action.NOTHING, Action.TICKET)  # a ticket is a row of the ledger: nothing is done to the device


def word_of(session: Session, state: DeviceState, plan: Plan) -> Word:
    """Say where a device stands after it was asked and its plan was made."""
    counts = counts_of(state, plan)
    acting = [decision for decision in plan.decisions if decision.action not in QUIET]
    active = [job for job in state.jobs if job.active]
    if acting:
        text = "; ".join(decision.text for decision in acting)
        acts = tuple(decision.action.value for decision in acting)
        return Word(plan.device, "due", text, acts=acts, again=plan.now, counts=counts)
    if active:
        searching = all(job.kind is JobKind.SCAN for job in active)
        text = "searching" if searching else f"working on {len(active[0].updates)} update(s)"
        return Word(
            plan.device, "scanning" if searching else "working", text, again=plan.now + session.poll, counts=counts
        )
    if state.scan is None or state.scan.trust is ScanTrust.UNKNOWN:
        why = "; ".join(state.scan.warnings) if state.scan else "never scanned"
        return Word(
            plan.device,
            "attention",
            f"scan not trusted: {why}",
            again=_within_stay(session, plan.next_at),
            counts=counts,
        )
    owed = any(counts.get(verdict) for verdict in ("install", "waiting", "parked", "refused"))
    status = "waiting" if owed else "settled"
    text = "; ".join(decision.text for decision in plan.decisions) or "nothing to do"
    return Word(plan.device, status, text, again=_within_stay(session, plan.next_at), counts=counts)


def _within_stay(session: Session, instant: datetime | None) -> datetime | None:
    return instant if instant is not None and instant <= session.stay_until else None


def counts_of(state: DeviceState, plan: Plan) -> Mapping[str, int]:
    """Count what a device lacks by verdict, and whether a restart is pending."""
    names = {
        Disposition.INSTALL: "install",
        Disposition.WAIT: "waiting",
        Disposition.IGNORE: "ignored",
        Disposition.PARKED: "parked",
        Disposition.REFUSE: "refused",
    }
    counts = Counter(names[verdict.disposition] for verdict in plan.verdicts)
    counts["missing"] = len(plan.verdicts)
    counts["overdue"] = sum(
        verdict.due is not None and verdict.due < plan.now and verdict.disposition is not Disposition.IGNORE
        for verdict in plan.verdicts
    )
    counts["restart"] = int(bool(state.observation and state.observation.pending_restart))
    return dict(counts)
