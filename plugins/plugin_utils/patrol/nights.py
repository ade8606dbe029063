# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which devices were off in their windows, for a report, for ``explain``, for the end of a patrol (msp 4)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from ..ledger import Reader
from ..planner.calendar import Occurrence, last_closed, occurrences
from ..planner.nights import MissedNight, missed_nights
from ..planner.policy import Policy

SHOWN = 10  # devices that one line names
YEAR = timedelta(days=366)
INSTANT = timedelta(microseconds=1)


def nights_of(
    tx: Reader, policies: Mapping[str, Policy], start: datetime, end: datetime
) -> dict[str, tuple[MissedNight, ...]]:
    """Return the nights that devices missed, by name: windows that closed after ``start`` and not after ``end``.

    ``policies``: each device's, as it is now; earlier ones are not remembered. Who missed nothing is left out.
    """
    wanted = {name: policy for name, policy in policies.items() if policy.managed and policy.install.windows}
    since = min([start, *(one.opens for one in _open_at(start, wanted))])
    found = {}
    for name, attendance in tx.attendances(wanted, since, end).items():
        policy = wanted[name]
        missed = missed_nights(policy.install.windows, policy.zone, attendance, start, end)
        if missed:
            found[name] = missed
    return found


def last_nights(tx: Reader, policies: Mapping[str, Policy], now: datetime) -> dict[str, MissedNight]:
    """Return, by name, the devices that were off in the last window that closed before ``now``, not made up for yet."""
    alike: dict[tuple[datetime, datetime], dict[str, Policy]] = defaultdict(dict)
    closed: dict[int, tuple[datetime, datetime] | None] = {}
    for name, policy in policies.items():
        key = id(policy)
        if key not in closed:
            closed[key] = _last(policy, now)
        span = closed[key]
        if span is not None and policy.managed:
            alike[span][name] = policy
    found = {}
    for (opened, ended), members in alike.items():
        for name, missed in nights_of(tx, members, opened, ended).items():
            if missed[-1].window.closes == ended and not missed[-1].made_up:
                found[name] = missed[-1]
    return found


def _last(policy: Policy, now: datetime) -> tuple[datetime, datetime] | None:
    """Return opening and closing of the last window that closed before ``now``."""
    night = last_closed(policy.install.windows, now - YEAR, now, policy.zone)
    return None if night is None else (night.opens, night.closes)


def _open_at(moment: datetime, policies: Mapping[str, Policy]) -> Iterator[Occurrence]:
    for policy in {id(one): one for one in policies.values()}.values():
        yield from occurrences(policy.install.windows, moment, moment + INSTANT, policy.zone)


def night_line(missed: Mapping[str, MissedNight], policies: Mapping[str, Policy]) -> str:
    """Return one line that names the devices and their nights, the first few of them; empty when there are none."""
    if not missed:
        return ""
    names = sorted(missed)
    told = [f"{name} ({missed[name].words(policies[name].zone)})" for name in names[:SHOWN]]
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"off in their last window: {', '.join(told)}{more}"
