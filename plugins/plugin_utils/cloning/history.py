# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The clones of the past, as a variable tells them: ``nightshift_clone_history``, a list."""

from __future__ import annotations

from datetime import UTC, datetime

from ..policy.problems import Refused, refuse
from ..policy.values import one_of
from .model import CloneRun, Outcome
from .problem import CloningError, CloningProblem
from .reading import listed, mapping, word

VARIABLE = "nightshift_clone_history"


def load_history(raw: object, origin: str) -> tuple[CloneRun, ...]:
    """Return the runs that ``raw`` lists; None is no run. Raises CloningError with every problem at once."""
    try:
        return listed("clones", _run)(raw) if raw is not None else ()
    except Refused as refused:
        raise CloningError(
            CloningProblem(origin, f"{VARIABLE}{f.at}", f.value, f.fault, f.remedy) for f in refused.faults
        ) from refused


def _run(raw: object) -> CloneRun:
    readers = {
        "room": word,
        "started": _moment,
        "outcome": one_of(Outcome),
        "ended": _moment,
        "image": word,
        "detail": word,
    }
    found = mapping("a clone", readers, needed=("room", "started", "outcome"))(raw)
    if "ended" in found and found["ended"] < found["started"]:
        raise refuse(found["ended"].isoformat(), "is before started", "exchange the two")
    return CloneRun(**found)


def _moment(raw: object) -> datetime:
    remedy = "write it like 2027-01-15T20:00:00+01:00, with an offset"
    try:
        moment = datetime.fromisoformat(raw) if isinstance(raw, str) else raw
    except ValueError:
        raise refuse(raw, "is not an instant", remedy) from None
    if not isinstance(moment, datetime):
        raise refuse(str(raw), "is not an instant", remedy)
    if moment.tzinfo is None:
        raise refuse(str(raw), "has no offset, so nobody knows when it was", remedy)
    return moment.astimezone(UTC)
