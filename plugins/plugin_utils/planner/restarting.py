# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a device restarts: pending? allowed? inside a window? is someone there? (helpdesk 5; campus 3, 4; msp 3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from .calendar import Occurrence, Window, describe, next_opening, open_window
from .decisions import Action, Decision
from .local_time import span
from .model import Severity
from .policy import RestartAfterInstall, WithUsers
from .reasons import Reason
from .severity import effective_severity
from .situation import Proposal, Situation


@dataclass(frozen=True, slots=True)
class Cause:
    """Something that calls for a restart inside ``windows``.

    ``latest``: the restart waits for the last opening that is not later than this; ``None``: for no later one.
    """

    reason: Reason
    detail: dict[str, str]
    windows: Sequence[Window]
    latest: datetime | None = None

    def calls(self, at: datetime, situation: Situation) -> bool:
        """Return whether no later window than that of ``at`` is early enough."""
        if self.latest is None:
            return True
        opened = open_window(self.windows, at, situation.policy.zone)
        following = next_opening(self.windows, opened.opens if opened else at, situation.policy.zone)
        return following is None or following.opens > self.latest

    def window_at(self, at: datetime, situation: Situation) -> Occurrence | None:
        """Return the window that allows this restart at ``at``, or None."""
        return open_window(self.windows, at, situation.policy.zone) if self.calls(at, situation) else None


def restarting(situation: Situation, job_starts: bool) -> Proposal:
    """Return the restart, its cancellation, or why there is none. ``job_starts``: this plan starts a job first."""
    seen = situation.state.observation
    if seen is None:
        return Proposal()
    causes = _causes(situation)
    instants = tuple(_instants(situation, causes))
    if seen.foreign_restart:
        return Proposal((_nothing(Reason.RESTART_FOREIGN, {}),), instants)
    if situation.restart_at is not None:
        return Proposal((_scheduled(situation, situation.restart_at, causes),), instants)
    if situation.active_jobs or job_starts:
        return Proposal((), instants)
    decision = _decide(situation, causes)
    return Proposal((decision,) if decision else (), instants)


def _causes(situation: Situation) -> list[Cause]:
    """Return what calls for a restart of this device, the policy permitting."""
    rules, seen = situation.policy.restart, situation.state.observation
    causes = []
    if seen is not None and seen.pending_restart:
        if rules.after_install is RestartAfterInstall.ALWAYS:
            causes.append(Cause(Reason.RESTART_AFTER_INSTALL, _sources(situation), rules.windows))
        critical = _critical_updates(situation)
        if rules.after_install is RestartAfterInstall.CRITICAL and critical:
            causes.append(Cause(Reason.RESTART_FOR_CRITICAL, {"updates": ", ".join(critical)}, rules.windows))
    if rules.always_on is not None and seen is not None and seen.boot_time is not None:
        detail = {
            "started": situation.local(seen.boot_time),
            "zone": str(situation.policy.zone),
            "every": span(rules.always_on.every),
        }
        latest = seen.boot_time + rules.always_on.every
        causes.append(Cause(Reason.RESTART_KEPT_ON, detail, rules.always_on.windows, latest))
    return causes


def _critical_updates(situation: Situation) -> list[str]:
    """Return the critical updates whose installation a restart completes."""
    state = situation.state
    waiting = {update.id: update for update in state.awaiting_restart}
    waiting |= {one.id: one for one in state.missing if situation.standing(one.id).unfinished is not None}
    critical = [one for one in waiting.values() if effective_severity(one, situation.policy)[0] is Severity.CRITICAL]
    return sorted(one.label for one in critical)


def _decide(situation: Situation, causes: Sequence[Cause]) -> Decision | None:
    """Return the restart that is due now, or the reason why a pending one waits."""
    now = situation.now
    for cause in causes:
        window = cause.window_at(now, situation)
        if window is not None:
            return _inside(situation, cause, window)
    pending = situation.state.observation is not None and bool(situation.state.observation.pending_restart)
    if not pending:
        return None
    zone = situation.policy.zone
    first = causes[0] if causes else None
    if first is None or first.latest is not None:
        never = situation.policy.restart.after_install is RestartAfterInstall.NEVER
        return _nothing(Reason.RESTART_BY_PEOPLE if never else Reason.RESTART_NOT_CRITICAL, _sources(situation))
    following = next_opening(first.windows, now, zone)
    if following is None:
        return _nothing(Reason.RESTART_NO_WINDOW, {})
    return _nothing(Reason.RESTART_WAITS, {"window": describe(following, zone), "zone": str(zone)})


def _inside(situation: Situation, cause: Cause, window: Occurrence) -> Decision:
    """Return what happens to a restart whose window is open."""
    rules, state, zone = situation.policy.restart, situation.state, str(situation.policy.zone)
    if rules.users is WithUsers.DEFER and situation.people:
        return _nothing(Reason.RESTART_DEFERRED, {"users": _names(situation)})
    hold = _asked_until(situation)
    if hold is not None and situation.now < hold and state.last_restart_asked is not None:
        return _nothing(Reason.RESTART_ASKED, {"asked": situation.local(state.last_restart_asked), "zone": zone})
    countdown = _countdown(situation)
    if situation.now + countdown >= window.closes:
        detail = {"closes": situation.local(window.closes), "zone": zone, "countdown": span(countdown)}
        return _nothing(Reason.RESTART_TOO_LATE, detail)
    return Decision(Action.RESTART, cause.reason, cause.detail, countdown=countdown)


def _scheduled(situation: Situation, at: datetime, causes: Sequence[Cause]) -> Decision:
    """Return whether the restart that we scheduled for ``at`` stands or is cancelled."""
    detail = {"at": situation.local(at), "zone": str(situation.policy.zone)}
    if situation.changing_jobs:
        return Decision(Action.CANCEL_RESTART, Reason.CANCEL_INSTALLING)
    if not any(cause.calls(at, situation) for cause in causes):
        return Decision(Action.CANCEL_RESTART, Reason.CANCEL_NOT_NEEDED)
    if not any(cause.window_at(at, situation) for cause in causes):
        return Decision(Action.CANCEL_RESTART, Reason.CANCEL_NOT_ALLOWED, detail)
    if situation.policy.restart.users is WithUsers.DEFER and situation.people:
        return Decision(Action.CANCEL_RESTART, Reason.CANCEL_USERS, {"users": _names(situation)})
    return _nothing(Reason.RESTART_SCHEDULED, detail)


def _countdown(situation: Situation) -> timedelta:
    """Return the warning that precedes a restart: none only where the policy goes ahead without one."""
    rules = situation.policy.restart
    return timedelta(0) if rules.users is WithUsers.PROCEED else rules.countdown


def _asked_until(situation: Situation) -> datetime | None:
    """Return until when a restart that was asked for is given time; None when none is on its way."""
    asked, seen = situation.state.last_restart_asked, situation.state.observation
    if asked is None or (seen is not None and seen.boot_time is not None and seen.boot_time > asked):
        return None
    return asked + situation.policy.restart.countdown


def _instants(situation: Situation, causes: Sequence[Cause]) -> list[datetime]:
    """Return when a decision about a restart can change."""
    found = [situation.restart_at, _asked_until(situation)]
    for cause in causes:
        following = next_opening(cause.windows, situation.now, situation.policy.zone)
        found.append(following.opens if following else None)
        current = open_window(cause.windows, situation.now, situation.policy.zone)
        if current is not None:
            found += [current.closes, current.closes - _countdown(situation)]
    return [one for one in found if one is not None]


def _sources(situation: Situation) -> dict[str, str]:
    seen = situation.state.observation
    return {"sources": ", ".join(seen.pending_restart) if seen else ""}


def _names(situation: Situation) -> str:
    return ", ".join(user.name for user in situation.people)


def _nothing(reason: Reason, detail: dict[str, str]) -> Decision:
    return Decision(Action.NOTHING, reason, detail)
