# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What fits into a window: how long an update takes, and its restart (msp 3; field notes 2.4 and 4.9).

Nothing starts that cannot be expected to end before the window closes. "To end" includes the restart that the
policy gives an update, wherever that restart has to come before the same closing.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from .calendar import occurrences, open_until
from .model import RestartBehaviour, Severity, Update
from .policy import Policy, RestartAfterInstall, WithUsers
from .situation import Situation

_INSTANT = timedelta(microseconds=1)
_MINUTE = timedelta(minutes=1)
_LOOK_AHEAD = timedelta(days=35)  # windows of every month are among these


def expected(update: Update, situation: Situation) -> timedelta:
    """Return how long ``update`` is expected to take: what devices taught (90th percentile), else the default."""
    known = situation.state.fleet.expected.get(update.id)
    return timedelta(minutes=situation.policy.install.default_minutes) if known is None else known


def restart_takes(policy: Policy) -> timedelta:
    """Return how long before the closing a restart has to begin; nothing when the policy does not look at fit."""
    return policy.install.restart_minutes * _MINUTE if policy.install.fit else timedelta(0)


def countdown(policy: Policy) -> timedelta:
    """Return the warning that precedes a restart: none only where the policy goes ahead without one."""
    return timedelta(0) if policy.restart.users is WithUsers.PROCEED else policy.restart.countdown


def restarts_after(update: Update, situation: Situation) -> bool:
    """Return whether the policy may restart the device for ``update``."""
    after = situation.policy.restart.after_install
    if after is RestartAfterInstall.NEVER or update.restart is RestartBehaviour.NEVER:
        return False
    return after is RestartAfterInstall.ALWAYS or situation.severities[update.id][0] is Severity.CRITICAL


def latest_start(update: Update, situation: Situation) -> datetime | None:
    """Return the instant from which ``update`` can no longer be expected to end in time; None: no limit.

    Its restart counts when a window for restarts is open as the occasion ends: it has to be over when that one
    closes. Where restarts have windows at other times, nothing is kept free for them.
    """
    policy, ends = situation.policy, situation.occasion.ends
    if not policy.install.fit or ends is None:
        return None
    limit = ends
    if restarts_after(update, situation):
        closing = open_until(policy.restart.windows, ends - _INSTANT, policy.zone)
        if closing is not None:
            limit = min(limit, closing - countdown(policy) - restart_takes(policy))
    return limit - expected(update, situation)


def never_fits(needed: timedelta, situation: Situation) -> bool:
    """Return whether no window of the next five weeks is longer than ``needed``. A catch-up has the whole day."""
    rules, since = situation.policy.install, situation.occasion.opens or situation.now
    if rules.catch_up:
        return False
    ahead = occurrences(rules.windows, since, since + _LOOK_AHEAD, situation.policy.zone)
    return all(one.closes - one.opens <= needed for one in ahead)


def minutes(length: timedelta) -> int:
    """Return ``length`` in minutes, rounded up: what is begun is counted."""
    return -(-length // _MINUTE)
