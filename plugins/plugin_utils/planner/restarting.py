# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a device restarts: pending? allowed? inside a window? is someone there? (helpdesk 5; campus 3, 4; msp 3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from .calendar import Occurrence, Window, describe, next_opening, occurrences, open_window
from .deadline import completed_by_restart, notice, restart_forced_at
from .decisions import Action, Decision
from .emergencies import emergency_for
from .emergencies import told as told_of
from .exemptions import exemption, no_restart
from .fitting import countdown, restart_takes
from .fleet import Scope
from .local_time import span
from .policy import RestartAfterInstall, WithUsers
from .reasons import Reason
from .situation import Proposal, Situation

_INSTANT = timedelta(microseconds=1)
# Where nobody is there to be warned: enough for the answer to arrive (ansible.windows.win_reboot waits 2 s or more).
_AT_ONCE = timedelta(seconds=10)
_PUT_OFF = frozenset({Reason.RESTART_DEFERRED, Reason.RESTART_DEFERRED_UNTIL, Reason.CANCEL_USERS})


@dataclass(frozen=True, slots=True)
class Cause:
    """Something that calls for a restart inside ``windows``.

    ``latest``: the restart waits for the last opening that is not later than this; ``None``: for no later one.
    ``forced_at``: from then on it no longer waits for people. ``free_from``: from then on windows do not bind it.
    """

    reason: Reason
    detail: dict[str, str]
    windows: Sequence[Window]
    latest: datetime | None = None
    forced_at: datetime | None = None
    free_from: datetime | None = None

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

    def is_free(self, at: datetime) -> bool:
        """Return whether this restart may happen at ``at`` without a window."""
        return self.free_from is not None and self.free_from <= at

    def is_forced(self, at: datetime) -> bool:
        """Return whether people can no longer put this restart off at ``at``."""
        return self.forced_at is not None and self.forced_at <= at

    def allows(self, at: datetime, situation: Situation) -> bool:
        """Return whether this restart may happen at ``at``."""
        return self.is_free(at) or self.window_at(at, situation) is not None


def restarting(situation: Situation, job_starts: bool) -> Proposal:
    """Return the restart, its cancellation, or why there is none. ``job_starts``: this plan starts a job first."""
    seen = situation.state.observation
    if seen is None:
        return Proposal()
    causes = _causes(situation)
    instants = tuple(_instants(situation, causes))
    if seen.foreign_restart:
        return Proposal((_nothing(Reason.RESTART_FOREIGN, {}),), instants)
    excepted = exemption(Scope.RESTARTS, situation)
    if excepted is not None:
        return Proposal(no_restart(excepted, situation), instants)
    if situation.restart_at is not None:
        decision = _scheduled(situation, situation.restart_at, causes)
        return Proposal((decision,), instants, _put_off(situation, decision, causes))
    if situation.active_jobs or job_starts:
        return Proposal((), instants)
    found = _decide(situation, causes)
    return Proposal((found,), instants, _put_off(situation, found, causes)) if found else Proposal((), instants)


def _causes(situation: Situation) -> list[Cause]:
    """Return what calls for a restart of this device, the policy permitting."""
    rules, seen = situation.policy.restart, situation.state.observation
    causes = _emergencies(situation)
    updates = completed_by_restart(situation)
    if updates is not None and not in_vain(situation):
        forced = restart_forced_at(situation)
        reason, detail = Reason.RESTART_AFTER_INSTALL, _sources(situation)
        if rules.after_install is RestartAfterInstall.CRITICAL:
            named = ", ".join(sorted(one.label for one in updates))
            reason, detail = Reason.RESTART_FOR_CRITICAL, {"updates": named}
        free = forced if rules.overrides_windows else None
        causes.append(Cause(reason, detail, rules.windows, forced_at=forced, free_from=free))
    if rules.always_on is not None and seen is not None and seen.boot_time is not None:
        detail = {
            "started": situation.local(seen.boot_time),
            "zone": str(situation.policy.zone),
            "every": span(rules.always_on.every),
        }
        latest = seen.boot_time + rules.always_on.every
        causes.append(Cause(Reason.RESTART_KEPT_ON, detail, rules.always_on.windows, latest))
    return causes


def _emergencies(situation: Situation) -> list[Cause]:
    """Return the restart that the updates of an emergency wait for: no window binds it (campus 4)."""
    seen = situation.state.observation
    if seen is None or not seen.pending_restart or _helpless(situation):
        return []
    found = [(emergency_for(one, situation), one.label) for one in situation.awaiting_restart]
    urgent = [(emergency, label) for emergency, label in found if emergency is not None]
    if not urgent:
        return []
    last = max((emergency for emergency, _label in urgent), key=lambda one: one.expires)
    detail = told_of(last, situation) | {"updates": ", ".join(sorted(label for _emergency, label in urgent))}
    windows = situation.policy.restart.windows
    return [Cause(Reason.RESTART_FOR_EMERGENCY, detail, windows, free_from=last.declared_at)]


def in_vain(situation: Situation) -> bool:
    """Return whether our restarts have not helped as often as the policy tries: the next one would not either."""
    return _helpless(situation) and situation.policy.restart.after_install is not RestartAfterInstall.NEVER


def _helpless(situation: Situation) -> bool:
    seen, rules = situation.state.observation, situation.policy.restart
    return seen is not None and bool(seen.pending_restart) and seen.vain_restarts >= rules.attempts


def vainly(situation: Situation) -> dict[str, str]:
    """Return what is pending, and how many restarts did not help."""
    seen = situation.state.observation
    return _sources(situation) | {"count": str(seen.vain_restarts if seen else 0)}


def _decide(situation: Situation, causes: Sequence[Cause]) -> Decision | None:
    """Return the restart that is due now, or the reason why a pending one waits."""
    now, zone = situation.now, situation.policy.zone
    inside = [_inside(situation, cause) for cause in causes if cause.allows(now, situation)]
    if inside:
        return next((one for one in inside if one.action is Action.RESTART), inside[0])
    pending = situation.state.observation is not None and bool(situation.state.observation.pending_restart)
    if not pending:
        return None
    if in_vain(situation):
        return _nothing(Reason.RESTART_IN_VAIN, vainly(situation))
    first = causes[0] if causes else None
    if first is None or first.latest is not None:
        never = situation.policy.restart.after_install is RestartAfterInstall.NEVER
        return _nothing(Reason.RESTART_BY_PEOPLE if never else Reason.RESTART_NOT_CRITICAL, _sources(situation))
    following = next_opening(first.windows, now, zone)
    if following is None:
        return _nothing(Reason.RESTART_NO_WINDOW, {})
    return _nothing(Reason.RESTART_WAITS, {"window": describe(following, zone), "zone": str(zone)})


def _inside(situation: Situation, cause: Cause) -> Decision:
    """Return what happens to a restart that its windows, or its deadline, allow now."""
    rules, state, zone = situation.policy.restart, situation.state, str(situation.policy.zone)
    forced = cause.is_forced(situation.now)
    if rules.users is WithUsers.DEFER and situation.people and not forced:
        return _deferred(situation, cause)
    hold = _asked_until(situation)
    if hold is not None and situation.now < hold and state.last_restart_asked is not None:
        return _nothing(Reason.RESTART_ASKED, {"asked": situation.local(state.last_restart_asked), "zone": zone})
    unused = rules.users is WithUsers.DEFER and not forced  # nobody works there, or it would have been deferred
    warning = _AT_ONCE if unused else countdown(situation.policy)
    window = None if cause.is_free(situation.now) else cause.window_at(situation.now, situation)
    needed = warning + restart_takes(situation.policy)
    if window is not None and situation.now + needed >= window.closes:
        detail = {"closes": situation.local(window.closes), "zone": zone, "needed": span(needed)}
        return _nothing(Reason.RESTART_TOO_LATE, detail)
    told = notice(situation, cause.forced_at)
    if not (forced and situation.people and cause.forced_at is not None):
        return Decision(Action.RESTART, cause.reason, cause.detail, countdown=warning, only_unused=unused, notice=told)
    detail = _sources(situation) | _limit(situation, cause.forced_at)
    return Decision(Action.RESTART, Reason.RESTART_DEADLINE, detail, countdown=warning, notice=told)


def _deferred(situation: Situation, cause: Cause) -> Decision:
    """Return that a restart waits for people, and for how long at most."""
    if cause.forced_at is None:
        return _nothing(Reason.RESTART_DEFERRED, {"users": _names(situation)})
    detail = {"users": _names(situation)} | _limit(situation, cause.forced_at)
    return _nothing(Reason.RESTART_DEFERRED_UNTIL, detail)


def _limit(situation: Situation, forced_at: datetime) -> dict[str, str]:
    seen = situation.state.observation
    detail = {"deadline": situation.local(forced_at), "zone": str(situation.policy.zone)}
    return detail | {"postponed": str(seen.postponed if seen else 0)}


def _scheduled(situation: Situation, at: datetime, causes: Sequence[Cause]) -> Decision:
    """Return whether the restart that we scheduled for ``at`` stands or is cancelled."""
    detail = {"at": situation.local(at), "zone": str(situation.policy.zone)}
    if situation.changing_jobs:
        return Decision(Action.CANCEL_RESTART, Reason.CANCEL_INSTALLING)
    if not any(cause.is_free(at) or cause.calls(at, situation) for cause in causes):
        return Decision(Action.CANCEL_RESTART, Reason.CANCEL_NOT_NEEDED)
    allowing = [cause for cause in causes if cause.allows(at, situation)]
    if not allowing:
        return Decision(Action.CANCEL_RESTART, Reason.CANCEL_NOT_ALLOWED, detail)
    forced = any(cause.is_forced(at) for cause in allowing)
    if situation.policy.restart.users is WithUsers.DEFER and situation.people and not forced:
        return Decision(Action.CANCEL_RESTART, Reason.CANCEL_USERS, {"users": _names(situation)})
    return _nothing(Reason.RESTART_SCHEDULED, detail)


def _put_off(situation: Situation, decision: Decision, causes: Sequence[Cause]) -> datetime | None:
    """Return the opening of the window in which ``decision`` puts a pending restart off, unless it is recorded."""
    seen, now = situation.state.observation, situation.now
    if decision.reason not in _PUT_OFF or seen is None or not seen.pending_restart:
        return None
    open_now = (occurrences(cause.windows, now, now + _INSTANT, situation.policy.zone) for cause in causes)
    opened = max((one.opens for found in open_now for one in found if one.opens <= now), default=None)
    known = seen.postponed_in
    return opened if opened is not None and (known is None or known < opened) else None


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
        found += [cause.forced_at, cause.free_from, following.opens if following else None]
        current = open_window(cause.windows, situation.now, situation.policy.zone)
        if current is not None:
            takes = restart_takes(situation.policy)
            found += [current.closes - takes - warning for warning in (_AT_ONCE, countdown(situation.policy))]
            found.append(current.closes)
    return [one for one in found if one is not None]


def _sources(situation: Situation) -> dict[str, str]:
    seen = situation.state.observation
    return {"sources": ", ".join(seen.pending_restart) if seen else ""}


def _names(situation: Situation) -> str:
    return ", ".join(user.name for user in situation.people)


def _nothing(reason: Reason, detail: dict[str, str]) -> Decision:
    return Decision(Action.NOTHING, reason, detail)
