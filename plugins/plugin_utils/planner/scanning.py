# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When a device is searched, and why (helpdesk 1 and 4; enterprise 7)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from .calendar import describe
from .decisions import Action, Decision, Disposition, Verdict
from .local_time import span
from .model import JobKind, JobState, Outcome, Scan, ScanTrust
from .occasions import OccasionKind
from .reasons import Reason
from .situation import Situation


@dataclass(frozen=True, slots=True)
class Trigger:
    """A reason to search the device from ``due`` on."""

    due: datetime
    reason: Reason
    detail: dict[str, str]


@dataclass(frozen=True, slots=True)
class ScanNeed:
    """``trigger``: why the device must be searched before anything else, or None. ``at``: from when on.

    ``instants``: when this can change.
    """

    trigger: Trigger | None
    at: datetime
    instants: tuple[datetime, ...]

    def decision(self, situation: Situation) -> Decision | None:
        """Return the scan, or why it waits; None when none is needed."""
        if self.trigger is None:
            return None
        if self.at <= situation.now:
            return Decision(Action.SCAN, self.trigger.reason, self.trigger.detail)
        detail = {"at": situation.local(self.at), "zone": str(situation.policy.zone)}
        return Decision(Action.NOTHING, Reason.SCAN_ON_HOLD, detail)


def scan_need(situation: Situation, verdicts: Sequence[Verdict]) -> ScanNeed:
    """Return what calls for a search, given the verdicts as they would be without one.

    A search that failed is repeated after ``scan.retry``, whatever else calls for one.
    """
    triggers = list(_triggers(situation, verdicts))
    held = _held_until(situation)
    first = next((one for one in triggers if one.due <= situation.now), None)
    instants = [one.due for one in triggers]
    if held is not None:
        instants.append(held)
    return ScanNeed(first, held or situation.now, tuple(instants))


def unserved(situation: Situation) -> bool:
    """Return whether the window of the occasion, open or missed, is still owed to the device."""
    opens, served = situation.occasion.opens, situation.state.served_until
    return opens is not None and (served is None or served < opens)


def _triggers(situation: Situation, verdicts: Sequence[Verdict]) -> Iterator[Trigger]:
    """Yield the triggers, the most telling reason first."""
    state, zone = situation.state, str(situation.policy.zone)
    scan = state.scan
    if scan is None:
        yield Trigger(situation.now, Reason.NEVER_SCANNED, {})
        return
    scanned = {"scanned": situation.local(scan.finished_at), "zone": zone}
    if scan.trust is ScanTrust.UNKNOWN:
        yield Trigger(scan.finished_at, Reason.SCAN_AGAIN, scanned)
        return
    occasion = situation.occasion
    if occasion.scan_wanted and occasion.occurrence is not None:
        detail = {"window": describe(occasion.occurrence, situation.policy.zone), "zone": zone}
        yield Trigger(situation.now, Reason.SCAN_FOR_CATCH_UP, detail)
    ended = max(
        (a.at for one in state.updates.values() for a in one.attempts if a.outcome is not Outcome.NOT_STARTED),
        default=None,
    )
    if ended is not None and ended > scan.finished_at:
        yield Trigger(ended, Reason.SCAN_AFTER_ATTEMPT, {"ended": situation.local(ended), "zone": zone})
    started = state.observation.boot_time if state.observation else None
    if started is not None and started > scan.finished_at:
        yield Trigger(started, Reason.SCAN_AFTER_START, {"started": situation.local(started), "zone": zone})
    ready = any(one.disposition is Disposition.INSTALL for one in verdicts)
    stale = _stale_at(situation, scan)
    if ready or unserved(situation):
        yield Trigger(stale, Reason.SCAN_TOO_OLD, scanned)
    yield Trigger(_periodic(situation, scan, verdicts), Reason.SCAN_DUE, scanned | {"every": _every(situation)})


def _stale_at(situation: Situation, scan: Scan) -> datetime:
    """Return when ``scan`` is too old to install from. A catch-up's scan ages from the end of its delay on."""
    rules = situation.policy.install
    delay = rules.catch_up_delay if situation.occasion.kind is OccasionKind.CATCH_UP else None
    return scan.finished_at + (rules.scan_max_age + delay if delay is not None else rules.scan_max_age)


def _periodic(situation: Situation, scan: Scan, verdicts: Sequence[Verdict]) -> datetime:
    """Return when the next regular search is due.

    It gives way to installations that can start now, and does not restart the delay of a catch-up.
    """
    due = scan.finished_at + situation.policy.scan.every
    if any(one.disposition is Disposition.INSTALL for one in verdicts):
        return max(due, _stale_at(situation, scan))
    occasion = situation.occasion
    if occasion.kind is OccasionKind.CATCH_UP and occasion.starts is not None and any(one.owed for one in verdicts):
        return max(due, occasion.starts)
    return due


def _held_until(situation: Situation) -> datetime | None:
    """Return until when a failed or untrusted search keeps the next one waiting, if in the future."""
    state = situation.state
    scan = state.scan
    failures = [job.started_at for job in state.jobs if job.kind is JobKind.SCAN and job.state is JobState.FAILED]
    failures.append(state.failed_scan_at)
    known = [one for one in failures if one is not None and (scan is None or one > scan.finished_at)]
    if scan is not None and scan.trust is ScanTrust.UNKNOWN:
        known.append(scan.finished_at)
    if not known:
        return None
    until = max(known) + situation.policy.scan.retry
    return until if until > situation.now else None


def _every(situation: Situation) -> str:
    return span(situation.policy.scan.every)
