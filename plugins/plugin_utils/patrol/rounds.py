# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which devices a round is about, and how long to wait for the next one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from .session import Session, Word

ROUNDS = 64  # in playbooks/rounds/all.yml
TAIL = 8  # of them kept for what is still busy when a run need not stay any more
LOOKOUTS = 16  # times that a run which stays probes silent devices, when nothing else keeps it going
PENDING = frozenset(
    {"scanning", "working", "restarting", "held"}
)  # "due" left over means: its turn was skipped (--skip-tags)


def next_round_at(session: Session, words: Mapping[str, Word], now: datetime) -> datetime | None:
    """Return when the next round is worth starting; None when the run is over.

    The run goes on while a device is busy with our work; and, until ``stay_until``,
    for whatever becomes due meanwhile and for devices that may be switched on.
    """
    waits = [word.again for word in words.values() if word.again is not None and word.status in PENDING]
    if now < session.stay_until:
        waits += [word.again for word in words.values() if word.again is not None and word.again <= session.stay_until]
        if any(word.status == "offline" for word in words.values()):
            lookout = max(session.poll, (session.stay_until - session.opened) / LOOKOUTS)
            waits.append(min(now + lookout, session.stay_until))
    if not waits:
        return None
    start = max(now, min(waits), now + spared(session, now))
    return start if start <= session.end_by else None


def spared(session: Session, now: datetime) -> timedelta:
    """Return the least wait that lets the rounds last to the end: none while more than half of them are left.

    A device that is always busy would use all of them up in an hour of a night.
    """
    left = ROUNDS - session.round
    if 2 * left >= ROUNDS:
        return timedelta()
    staying = now < session.stay_until
    end = session.stay_until if staying else session.end_by
    wait = (end - now) / max(1, left - TAIL if staying else left)
    return wait if wait > session.poll else timedelta()


def used_up(session: Session, words: Mapping[str, Word], now: datetime) -> str:
    """Say that a run ended because it had no round left, or ""."""
    if session.rehearsal or session.round < ROUNDS or next_round_at(session, words, now) is None:
        return ""
    busy = sum(word.status in PENDING for word in words.values())
    return (
        f"all {ROUNDS} rounds are used up, and still busy are {busy}: the next patrol carries on; "
        "a longer nightshift_poll makes them last longer"
    )


def turnout(session: Session, words: Mapping[str, Word], now: datetime) -> tuple[str, ...]:
    """Choose the devices to probe: silent ones always, others when their time has come.

    Those due within a quarter of the poll interval come along.
    """
    horizon = now + session.poll / 4
    return tuple(
        name
        for name, word in words.items()
        if word.status == "offline" or (word.again is not None and word.again <= horizon)
    )
