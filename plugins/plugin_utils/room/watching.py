# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When a transfer is over: the engines wait for ever for a PC that died, so every limit of time is ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from ..policy.values import spoken
from .model import Attempt, Job, Verdict
from .rules import RunRules

ENDED = frozenset({"done", "failed", "cancelled", "interrupted"})


@dataclass(frozen=True, slots=True)
class Claim:
    """What the engine says of a seat: ``claim`` as ``reimage_room`` writes it, ``percent`` 0 to 100."""

    claim: str
    percent: float = 0.0
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Transfer:
    """How a transfer stands. ``overdue``: seats that are waited for no more, each with the reason."""

    over: bool
    why: str
    overdue: Mapping[str, str]


def moved(job: Job, claims: Mapping[str, Claim], now: datetime) -> tuple[Attempt, ...]:
    """Return the attempts of a job as they are after the engine was asked at ``now``."""
    found = []
    for name, was in job.attempts.items():
        claim = claims.get(name)
        if claim is None:
            found.append(was)
            continue
        joined = was.joined or (now if claim.claim in ("started", "done", "failed", "interrupted") else None)
        same = (claim.claim, claim.percent) == (was.claim, was.percent)
        changed = was.changed if same else now
        found.append(replace(was, claim=claim.claim, percent=claim.percent, joined=joined, changed=changed))
    return tuple(found)


def transfer(job: Job, closed: bool, rules: RunRules, now: datetime) -> Transfer:
    """Say whether a transfer is over at ``now``: the engine closed it, or nobody is left to wait for.

    ``closed``: as the engine claims. A seat must come within ``rules.boot`` of being told to; one that came must get
    on within ``rules.stall``, and a multicast that has not begun may wait for its last seat besides.
    """
    since = job.armed or job.intended
    if closed:
        return Transfer(True, "the engine closed it", {})
    if now >= since + rules.job:
        late = f"the transfer took longer than {spoken(rules.job)}"
        return Transfer(True, late, {name: late for name, one in job.attempts.items() if one.claim not in ENDED})
    overdue = {name: why for name, one in job.attempts.items() if (why := _overdue(job, one, rules, now))}
    left = [name for name, one in job.attempts.items() if one.claim not in ENDED and name not in overdue]
    if left:
        return Transfer(False, f"{len(left)} of {len(job.attempts)} seats are waited for", overdue)
    return Transfer(True, "no seat is left to wait for", overdue)


def _overdue(job: Job, one: Attempt, rules: RunRules, now: datetime) -> str:
    if one.claim in ENDED:
        return ""
    if one.joined is None:
        since = one.told or job.armed or job.intended
        return f"it did not come within {spoken(rules.boot)}" if now >= since + rules.boot else ""
    allowed = rules.stall + (rules.boot if job.kind.multicast and not one.percent else type(rules.boot)(0))
    stood = now - (one.changed or one.joined)
    return f"it made no progress for {spoken(allowed)}" if stood >= allowed else ""


def outcome(one: Attempt, overdue: Mapping[str, str]) -> Attempt:
    """Return an attempt with its outcome after its job is closed; None means that the seat is to be asked."""
    late = overdue.get(one.seat, "")
    if one.claim == "done":
        return one
    if one.claim == "failed":
        return replace(one, outcome=Verdict.FAILED, why="the engine says that it failed")
    if one.joined is None and not one.percent:
        return replace(one, outcome=Verdict.ABSENT, why=late or "it did not come to the imaging server")
    if late:
        return replace(one, outcome=Verdict.TIMEOUT, why=late)
    return replace(one, outcome=Verdict.INTERRUPTED, why="it was cut off while it was being written")
