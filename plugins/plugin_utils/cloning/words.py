# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The sentences of a proposal: why a room is due, why in this night, and why in none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from ..policy.values import spoken
from .days import SeasonYear, spoken_day
from .model import CloneRun, Outcome
from .packing import Packing
from .policy import Image

NO_IMAGE = "no image is named for it; set nightshift_cloning.image, or rooms.<room>.image"
NEWER_IMAGE = "it is planned once images tells of a newer image"
_OBSTACLES = {
    "booked": "booked",
    "full": "taken by other rooms",
    "tried": "in which it was tried already",
    "closed": "closed for it",
    "short": "too short for what is left of them",
}
_ENDED = {
    Outcome.DONE: "was done",
    Outcome.FAILED: "failed",
    Outcome.CANCELLED: "was cancelled",
    Outcome.RUNNING: "never ended",
}


def due(season: SeasonYear, last: date | None) -> str:
    """Say that a room has no clone in a season yet; ``last``: the local day of its latest one."""
    return f"no clone in {season} yet; {f'the last was on {spoken_day(last)}' if last else 'none is known at all'}"


def again(run: CloneRun, day: date, tries: int) -> str:
    """Say that a room is planned again."""
    detail = f" ({run.detail})" if run.detail else ""
    return f"the clone of {spoken_day(day)} {_ENDED[run.outcome]}{detail}: planned again, try {tries + 1}"


def given_up(failed: Sequence[CloneRun], attempts: int, day: date) -> str:
    """Say that a person must look."""
    detail = f" ({failed[-1].detail})" if failed[-1].detail else ""
    return f"failed {len(failed)} times, last on {spoken_day(day)}{detail}; attempts is {attempts}: a person must look"


def cloned(run: CloneRun, day: date) -> str:
    """Say that a room is done."""
    return f"cloned on {spoken_day(day)}{f' with {run.image}' if run.image else ''}"


def under_way(run: CloneRun, zone: ZoneInfo) -> str:
    """Say that a clone runs."""
    return f"a clone is under way since {run.started.astimezone(zone):%Y-%m-%d %H:%M}"


def missed(seasons: Sequence[SeasonYear], tries: Sequence[CloneRun]) -> str:
    """Say in which seasons a room was not cloned."""
    names = ", ".join(str(season) for season in seasons)
    failed = f"; {len(tries)} {'try' if len(tries) == 1 else 'tries'} without success" if tries else ""
    return f"not cloned in {names} (over since {spoken_day(seasons[0].last)}){failed}"


def image_faults(image: Image, day: date, max_age: timedelta | None) -> list[str]:
    """Say what is wrong with an image on a local day."""
    found = []
    age = day - image.made
    if max_age is not None and age > max_age:
        found.append(f"image {image.name} of {image.made} is {age.days} days old on {day}, more than {spoken(max_age)}")
    if image.lacks:
        found.append(f"image {image.name} lacks approved updates: {', '.join(sorted(image.lacks))}")
    return found


def this_night(room: str, packing: Packing, number: int) -> str:
    """Say why a room is planned in a night and not in an earlier one."""
    if number == 0:
        return "the first night that opens"
    earlier = _counted(room, packing, number)
    return f"the first night for it; earlier ones: {earlier}"


def no_night(room: str, packing: Packing, count: int) -> tuple[str, ...]:
    """Say why a room has no night among the first ``count``, that is: all of them."""
    if count == 0:
        return ("no night opens any more in this season",)
    return (f"none of {count} nights can be had: {_counted(room, packing, count)}",)


def _counted(room: str, packing: Packing, count: int) -> str:
    """Return ``2 booked (first: 'Exam' on Mon 2026-06-15), 1 taken by other rooms``."""
    kinds = [packing.obstacle(room, number) for number in range(count)]
    said = []
    for kind, times in Counter(kinds).items():
        text = f"{times} {_OBSTACLES[kind]}"
        if kind == "booked":
            number = kinds.index(kind)
            booking = packing.taken(room, number)[0]
            text += f" (first: {booking.title!r} on {spoken_day(packing.nights[number].day)})"
        said.append(text)
    return ", ".join(said)
