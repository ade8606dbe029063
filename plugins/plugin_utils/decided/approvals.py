# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""``approvals.yml``: who decided what about an update, when, why, and for whom (msp 2, enterprise 4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from ..planner.fleet import Approval, ApprovalState
from ..policy.values import one_of, set_of, text, update_name
from .moments import Moment, moment
from .problem import DecisionError, Problem
from .rows import Row, rows_in, rows_of

WHAT = "approvals"
KEYS = ("update", "decision", "by", "on", "reason", "not_before", "expires", "rings")


class Verb(str, Enum):
    """What people decide about an update, in the word of the file."""

    APPROVE = "approve"
    HOLD = "hold"
    DECLINE = "decline"


_STATES = {
    Verb.APPROVE: ApprovalState.APPROVED,
    Verb.HOLD: ApprovalState.HELD,
    Verb.DECLINE: ApprovalState.DECLINED,
}


@dataclass(frozen=True, slots=True)
class ApprovalEntry:
    """One entry as it is written. ``rings`` empty: all of them."""

    update: str
    decision: Verb
    by: str
    on: Moment
    reason: str
    not_before: Moment | None = None
    expires: Moment | None = None
    rings: frozenset[str] = frozenset()

    def approval(self, zone: ZoneInfo) -> Approval:
        """Return it for a device in ``zone``, where its dates are days."""
        return _approval(self, zone)

    def as_data(self) -> dict[str, object]:
        """Return what the entry says in the words of the file: only keys with a value, rings in order."""
        said: dict[str, object] = {"update": self.update, "decision": self.decision.value, "by": self.by}
        said |= {"on": str(self.on), "reason": self.reason}
        said |= {"not_before": str(self.not_before)} if self.not_before else {}
        said |= {"expires": str(self.expires)} if self.expires else {}
        return said | ({"rings": sorted(self.rings)} if self.rings else {})


@lru_cache(maxsize=4096)
def _approval(entry: ApprovalEntry, zone: ZoneInfo) -> Approval:
    return Approval(
        update=entry.update,
        state=_STATES[entry.decision],
        by=entry.by,
        on=entry.on.begins(zone),
        reason=entry.reason,
        not_before=entry.not_before.begins(zone) if entry.not_before else None,
        expires=entry.expires.ends(zone) if entry.expires else None,
        rings=entry.rings,
    )


def read_approvals(path: Path, shown: str) -> tuple[ApprovalEntry, ...]:
    """Read and check the whole file. Raises DecisionError with all its problems."""
    return _entries(rows_of(path, WHAT, shown))


def approvals_in(content: str, shown: str) -> tuple[ApprovalEntry, ...]:
    """As :func:`read_approvals`, of a text."""
    return _entries(rows_in(content, WHAT, shown))


def _entries(rows: Sequence[Row]) -> tuple[ApprovalEntry, ...]:
    found = [approval_in(row) for row in rows]
    problems: list[Problem] = [problem for row in rows for problem in row.problems]
    if problems:
        raise DecisionError(problems)
    return tuple(entry for entry in found if entry is not None)


def approval_in(row: Row) -> ApprovalEntry | None:
    """Read one entry; what is wrong with it is noted in the row."""
    if not row.values:
        if not row.problems:
            row.refuse("", "", "is empty", "give it update, decision, by, on and reason")
        return None
    row.only(*KEYS)
    update = row.need("update", update_name, "give the KB, like KB5068861, or the id of the update")
    decision = row.need("decision", one_of(Verb), "use approve, hold or decline")
    by = row.need("by", text, "say who decided")
    on = row.need("on", moment, "say when, like 2026-11-20")
    reason = row.need("reason", text, "say why, in a sentence")
    not_before = row.read("not_before", moment)
    expires = row.read("expires", moment)
    rings = row.read("rings", set_of(text))
    if rings is not None and not rings:
        row.refuse("rings", "[]", "names no ring, so the entry is about no device", "name rings, or leave rings out")
    utc = ZoneInfo("UTC")
    if not_before is not None and decision in (Verb.HOLD, Verb.DECLINE):
        row.refuse("not_before", f"'{not_before}'", f"has no meaning beside {decision.value}", "leave it out")
    for earlier, name in ((on, "on"), (not_before, "not_before")):
        if expires is not None and earlier is not None and expires.ends(utc) <= earlier.begins(utc):
            fault = f"is not after {name} ('{earlier}'), so the entry would never count"
            row.refuse("expires", f"'{expires}'", fault, "give a later date")
    if update is None or decision is None or by is None or on is None or reason is None or row.problems:
        return None
    return ApprovalEntry(update, decision, by, on, reason, not_before, expires, rings or frozenset())
