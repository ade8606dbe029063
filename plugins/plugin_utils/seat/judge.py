# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The verdict on a seat: what it shows of itself decides; what the engine claims can only take away, never give.

Nothing that is unknown is ever done. Rules: docs/imaging.md, "When a seat is done".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..room.model import Verdict
from .checks import findings, old_disk
from .expected import Check, Claim, Expected, Finding, Judgement, Other
from .facts import SeatFacts

_NEVER_CAME = (Claim.NONE, Claim.ARMED, Claim.CANCELLED)
_SILENT = {
    Claim.DONE: Verdict.UNVERIFIED,
    Claim.UNKNOWN: Verdict.UNVERIFIED,
    Claim.STARTED: Verdict.TIMEOUT,
    Claim.TIMEOUT: Verdict.TIMEOUT,
    **dict.fromkeys(_NEVER_CAME, Verdict.ABSENT),
}
_BAD = {
    Claim.FAILED: (Verdict.FAILED, "the engine says that writing its disk failed"),
    Claim.INTERRUPTED: (Verdict.INTERRUPTED, "it was cut off while its disk was written: the disk is not whole"),
}


def judge(facts: SeatFacts | None, expected: Expected, claim: Claim, others: Sequence[Other] = ()) -> Judgement:
    """Return the verdict on one seat. ``facts`` None: it did not answer. ``others``: every other known PC, not itself.

    A seat of which the engine says that it failed, or was cut off, is never done, whatever it shows: a few files do not
    prove a whole disk.
    """
    wrong, unknown = findings(facts, expected, others) if facts is not None else ((), (_silence(),))
    if claim in _BAD:
        verdict, text = _BAD[claim]
        return Judgement(verdict, (Finding(Check.CLAIM, text), *wrong), unknown)
    if facts is None:
        return Judgement(_SILENT[claim], (), unknown)
    if claim in _NEVER_CAME:
        if old_disk(facts, expected):
            return Judgement(Verdict.ABSENT, wrong, unknown)
        doubt = Finding(Check.CLAIM, f"the engine says that no job wrote its disk ({claim.value})")
        return Judgement(Verdict.FAILED if wrong else Verdict.UNVERIFIED, wrong, (*unknown, doubt))
    if wrong:
        return Judgement(Verdict.FAILED, wrong, unknown)
    return Judgement(Verdict.UNVERIFIED if unknown else Verdict.DONE, (), unknown)


def with_patches(judgement: Judgement, missing: Sequence[str] | None) -> Judgement:
    """Add which approved patches the seat lacks after its patch round; None: nobody knows, so it is not done."""
    if missing is not None:
        return replace(judgement, missing=tuple(sorted(missing)))
    finding = Finding(Check.PATCHES, "which approved patches it lacks is not known")
    verdict = Verdict.UNVERIFIED if judgement.verdict is Verdict.DONE else judgement.verdict
    return replace(judgement, verdict=verdict, unknown=(*judgement.unknown, finding))


def _silence() -> Finding:
    return Finding(Check.ANSWER, "it does not answer")
