# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When installations may start on a device: in a window, as a catch-up, at any time, or not now.

Due is a level, not an event: a device is due while a window opened in which it was not served
(``DeviceState.served_until``), whoever looks, however late and however often.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from .calendar import Occurrence, last_closed, next_midnight, next_opening, occurrences, open_window
from .local_time import local_date
from .model import DeviceState
from .policy import Policy

_INSTANT = timedelta(microseconds=1)


class OccasionKind(Enum):
    """Why installations may start, or that they may not."""

    ANY_TIME = "any_time"
    WINDOW = "window"
    CATCH_UP = "catch_up"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Occasion:
    """When installations may start, seen from one instant; instants in UTC.

    ``opens``: what the device is served for (``Plan.serves``). Installations start from ``starts`` (``None``:
    not known, or not today) and not at or after ``ends`` (``None``: no limit). ``occurrence``: the open window, or
    the missed one. ``scan_wanted``: the catch-up has yet to begin, with a scan. ``following``: the next opening.
    """

    kind: OccasionKind
    opens: datetime | None = None
    starts: datetime | None = None
    ends: datetime | None = None
    occurrence: Occurrence | None = None
    following: Occurrence | None = None
    scan_wanted: bool = False

    def is_open(self, now: datetime) -> bool:
        """Return whether an installation may start at ``now``."""
        return self.kind is not OccasionKind.CLOSED and self.starts is not None and self.starts <= now


def find_occasion(policy: Policy, state: DeviceState, now: datetime) -> Occasion:
    """Return the occasion of ``now``. A window that is open comes before one that was missed."""
    rules, zone = policy.install, policy.zone
    if rules.any_time:
        return Occasion(OccasionKind.ANY_TIME, starts=now)
    following = next_opening(rules.windows, now, zone)
    current = open_window(rules.windows, now, zone)
    if current is not None:
        opens = max(one.opens for one in occurrences(rules.windows, now, now + _INSTANT, zone) if one.opens <= now)
        return Occasion(OccasionKind.WINDOW, opens, current.opens, current.closes, current, following)
    since = max(state.served_until or state.known_since, state.known_since)
    missed = last_closed(rules.windows, since, now, zone) if rules.catch_up else None
    if missed is None:
        return Occasion(OccasionKind.CLOSED, following=following)
    return _catch_up(policy, state, now, missed, following)


def _catch_up(
    policy: Policy, state: DeviceState, now: datetime, missed: Occurrence, following: Occurrence | None
) -> Occasion:
    """Return how a missed window is made up for: a scan today, then the delay, all on one local date (helpdesk 4)."""
    zone, scan = policy.zone, state.scan
    today = local_date(now, zone)
    ends = next_midnight(now, zone)
    if scan is None or scan.finished_at < missed.closes or local_date(scan.finished_at, zone) != today:
        return Occasion(OccasionKind.CATCH_UP, missed.opens, None, ends, missed, following=following, scan_wanted=True)
    starts = scan.finished_at + policy.install.catch_up_delay
    return Occasion(
        OccasionKind.CATCH_UP, missed.opens, starts if starts < ends else None, ends, missed, following=following
    )
