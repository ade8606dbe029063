# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an operator is told while a run goes on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from .engine_door import Progress
from .machine import Do, Step
from .model import Job, Run, Verdict
from .patches import UNKNOWN, Patches
from .presence import Sorted
from .session import RoomSession

_SPOKEN = {
    Do.SURVEY: "look at every seat before anything is armed",
    Do.PREPARE: "prepare",
    Do.ARM: "arm",
    Do.WATCH: "watch the transfer of",
    Do.CLOSE: "close",
    Do.JUDGE: "ask the seats of",
    Do.END: "nothing is left to do",
}


def transfer_line(job: Job, told: Progress, now: datetime) -> str:
    """Say how far a transfer is, in one line."""
    counts = Counter(claim.claim for claim in told.claims.values())
    parts = ", ".join(f"{count} {claim}" for claim, count in sorted(counts.items()))
    rate = next((rate for rate in sorted(set((told.rates or {}).values()), reverse=True) if rate), "")
    more = "".join((f", {rate}" if rate else "", f", {told.remaining} left" if told.remaining else ""))
    return f"{now:%H:%M} {job.kind.value}: {told.percent:.0f} % ({parts}{more})"


def step_line(run: Run, step: Step) -> str:
    """Say what comes next, and why."""
    if step.do is Do.END:
        return step.why or _SPOKEN[step.do]
    seats = "" if step.do is Do.SURVEY else f" {named(step.seats)}"
    kind = f" the {step.kind.value}" if step.kind else ""
    return f"{_SPOKEN[step.do]}{kind}{seats}" + (f": {step.why}" if step.why else "")


def counted(number: int) -> str:
    """Return ``1 seat`` or ``3 seats``."""
    return f"{number} seat{'' if number == 1 else 's'}"


def named(names: Sequence[str]) -> str:
    """Return some names, and how many more there are."""
    return ", ".join(names) if len(names) <= 4 else f"{', '.join(names[:3])} and {len(names) - 3} more"


def plan_lines(session: RoomSession, requests: Sequence[str]) -> list[str]:
    """Say what a run is about to do, before anything is armed."""
    rules, image = session.rules, session.image
    until = session.not_after.astimezone(ZoneInfo(session.zone))
    lines = [
        f"room {session.room}: {counted(len(session.seats))}, image {image.name} {image.version} from {session.server} "
        f"({session.engine}); nothing new begins after {until:%a %H:%M}",
        f"seats: {', '.join(seat.name for seat in session.seats)}",
        f"all that is on these disks is lost{f': {rules.notice}' if rules.notice else ''}",
        f"one seat first, then up to {rules.wave} at once by multicast; tries by unicast after that: {rules.retries}",
    ]
    return lines + [f"note: {note}" for note in session.notes] + [f"request: {one}" for one in requests]


def survey_lines(found: Sorted) -> list[str]:
    """Say what looking at the room found."""
    lines = [f"{counted(len(found.fit))} may be imaged"] if found.fit or not found.refused else []
    lines += [f"{name} is left alone: it {why}" for name, why in found.left.items()]
    return lines + [f"REFUSED: {why}" for why in found.refused]


def outcome_lines(run: Run, patches: Mapping[str, Patches]) -> list[str]:
    """Say how a run ended: first in numbers, then each seat that is not done, or lacks approved patches."""
    counts = Counter(seat.verdict for seat in run.seats)
    numbers = ", ".join(f"{counts[verdict]} {verdict.value}" for verdict in Verdict if counts[verdict])
    lines = [
        f"room {run.room}: {run.outcome.value}; {numbers or 'no seat was begun'} (image {run.image} {run.version})"
    ]
    if run.detail:
        lines.append(run.detail)
    for seat in run.seats:
        if seat.verdict is None:
            continue
        lacks = ", ".join(patches.get(seat.name, UNKNOWN).missing or ())
        if seat.verdict is not Verdict.DONE:
            lines.append(f"  {seat.name}: {seat.verdict.value}: {seat.why}{f'; it lacks {lacks}' if lacks else ''}")
        elif lacks:
            lines.append(f"  {seat.name}: done, and lacks {lacks}")
    return lines
