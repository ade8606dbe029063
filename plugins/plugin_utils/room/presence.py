# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who is at the seats of a room, and which of them may be touched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .model import Proof, Run, Seat
from .rules import Presence, RunRules, Unreachable


@dataclass(frozen=True, slots=True)
class Sorted:
    """``fit``: seats that may be touched. ``left``: those that are left alone, with the reason.

    ``refused``: why no seat at all may be touched, a line each.
    """

    fit: tuple[str, ...] = ()
    left: Mapping[str, str] = field(default_factory=dict)
    refused: tuple[str, ...] = ()


def at_work(proof: Proof, rules: RunRules) -> tuple[str, ...]:
    """Return the names of those who are logged on, without those who count as away."""
    found = []
    for one in proof.said.get("seat", {}).get("users") or ():
        idle = one.get("idle_seconds")
        away = rules.idle is not None and idle is not None and idle >= rules.idle.total_seconds()
        if not away:
            found.append(str(one.get("name")))
    return tuple(found)


def whole_room(run: Run, rules: RunRules) -> Sorted:
    """Sort all seats of a room after they were looked at, before anything is armed."""
    fit, left, refused = [], {}, []
    for seat in run.seats:
        why = _left_alone(seat, rules)
        silent = seat.before is None or bool(seat.before.silence)
        off = seat.before is not None and seat.before.off
        if not why:
            fit.append(seat.name)
        elif silent and not off and rules.on_unreachable is Unreachable.FAIL:
            refused.append(f"{seat.name} {why}, and nothing shows that it is switched off; see to it, or skip it")
        elif not silent and rules.users is Presence.REFUSE:
            refused.append(f"{seat.name}: {why}; ask them to leave, or choose another time")
        else:
            left[seat.name] = why
    return Sorted(tuple(fit), left, tuple(refused))


def just_before(run: Run, names: Sequence[str], rules: RunRules) -> Sorted:
    """Sort seats of a job right before it begins: who is not fit is left alone, and the others go on.

    A seat whose disk was written to in this run has no Windows that could answer, or anyone at it.
    """
    fit, left = [], {}
    for name in names:
        seat = run.seat(name)
        silent = seat.before is None or bool(seat.before.silence)
        why = "" if seat.touched and silent else _left_alone(seat, rules)
        if why:
            left[name] = why
        else:
            fit.append(name)
    return Sorted(tuple(fit), left)


def _left_alone(seat: Seat, rules: RunRules) -> str:
    if seat.before is None:
        return "was not looked at"
    if seat.before.silence:
        return f"does not answer ({seat.before.silence})"
    people = at_work(seat.before, rules)
    if people and rules.users is not Presence.IGNORE:
        return f"{', '.join(people)} is logged on" if len(people) == 1 else f"{', '.join(people)} are logged on"
    return ""
