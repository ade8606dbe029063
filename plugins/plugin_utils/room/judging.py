# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When a seat of a run is judged, and what its judgement means for the run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ..cloning.policy import Image
from ..device.fields import ProtocolError
from ..seat.expected import Check, Claim, Expected, ImageWanted, Judgement, Other
from ..seat.facts import SeatFacts
from ..seat.judge import judge
from .model import Job, Proof, Run, Seat, SeatState, Verdict
from .rules import RunRules

_SETTLED = frozenset({Check.DISK, Check.IMAGE, Check.FILES, Check.WINDOWS, Check.SID})
"""What does not become right by waiting, as the first start of a new Windows goes on."""
_OF_THE_IMAGE = frozenset({Check.WINDOWS, Check.NAME, Check.SID, Check.UPDATE_CLIENT, Check.DOMAIN, Check.ACTIVATION})
"""What another try with the same image would not mend."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A seat's verdict; None where it is to be asked again. ``final``: another try would not help."""

    seat: str
    verdict: Verdict | None
    why: str
    final: bool = False


def wanted(image: Image) -> ImageWanted:
    """Return what a seat with the image must show. The image has version, checksum, build and files."""
    build, revision = image.build or (0, 0)
    return ImageWanted(image.name, image.version, image.checksum, build, revision, image.files)


def deadline(job: Job, rules: RunRules) -> datetime:
    """Return until when the seats of a closed job may show that they are done."""
    return (job.closed or job.intended) + rules.settle


def judge_job(run: Run, job: Job, image: ImageWanted, rules: RunRules, now: datetime) -> tuple[Judged, ...]:
    """Judge the seats of a job that are to be asked, by what they said of themselves since it was closed."""
    late = now >= deadline(job, rules)
    found = []
    for name in job.seats:
        seat = run.seat(name)
        if seat.state is SeatState.WRITTEN:
            proof = seat.after if seat.after is not None and seat.after.at >= (job.closed or job.intended) else None
            found.append(_one(run, job, seat, proof, image, rules, late))
    return tuple(found)


def twins(run: Run) -> dict[str, str]:
    """Return those seats that are done and turn out to be twins of another one, with the reason.

    A twin of the sentinel shows only when the others have the image.
    """
    facts = {seat.name: facts_of(seat.after) for seat in run.seats}
    sids: dict[str, list[str]] = {}
    for name, one in facts.items():
        if one is not None and one.machine_sid:
            sids.setdefault(one.machine_sid, []).append(name)
    return {
        name: f"{' and '.join(other for other in names if other != name)} has the same machine SID"
        for names in sids.values()
        if len(names) > 1
        for name in names
        if run.seat(name).verdict is Verdict.DONE
    }


def facts_of(proof: Proof | None) -> SeatFacts | None:
    """Return what a seat said, None when it said nothing that can be understood."""
    if proof is None or proof.silence or not proof.said:
        return None
    try:
        return SeatFacts.read(proof.said, proof.at)
    except ProtocolError:
        return None


def _one(
    run: Run, job: Job, seat: Seat, proof: Proof | None, image: ImageWanted, rules: RunRules, late: bool
) -> Judged:
    facts = facts_of(proof)
    if facts is None and not late:
        return Judged(seat.name, None, "it does not answer yet")
    before = facts_of(seat.before)
    expected = Expected(
        computer_name=seat.name,
        image=image,
        began=job.armed or job.intended,
        marked=seat.before is not None and seat.before.marked in {one.id for one in run.jobs},
        domain=rules.domain,
        activated=rules.activated,
        before=before,
    )
    found = judge(facts, expected, Claim.DONE, _others(run, seat.name))
    if found.verdict is Verdict.DONE or late or _decided(found):
        return Judged(seat.name, found.verdict, found.why, _hopeless(found))
    return Judged(seat.name, None, found.why)


def _decided(found: Judgement) -> bool:
    return any(one.check in _SETTLED for one in found.wrong)


def _hopeless(found: Judgement) -> bool:
    checks = {one.check for one in (*found.wrong, *found.unknown)}
    return bool(checks) and checks <= _OF_THE_IMAGE


def _others(run: Run, name: str) -> list[Other]:
    found = []
    for seat in run.seats:
        facts = facts_of(seat.after) or facts_of(seat.before)
        if seat.name != name and facts is not None:
            found.append(
                Other(seat.name, facts.computer_name or "", facts.machine_sid or "", facts.wsus_client_id or "")
            )
    return found
