# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a room may be cloned now: its windows, closed days, blackouts and bookings, and its image's age."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ..cloning.model import Booking
from ..cloning.nights import Diary, local_day
from ..cloning.policy import CloningPolicy, Image, Stale
from ..cloning.words import image_faults
from ..planner.calendar import open_window
from ..policy.values import spoken
from .problem import RoomError


@dataclass(frozen=True, slots=True)
class Allowed:
    """A room may be cloned. ``not_after``: nothing new begins from then on; ``notes``: what is to be told."""

    not_after: datetime
    notes: tuple[str, ...] = ()


def allowed_now(
    policy: CloningPolicy, room: str, bookings: Sequence[Booking], now: datetime, anyway: str | None = None
) -> Allowed:
    """Return until when new jobs may begin. Raises RoomError with every reason why the room may not be cloned now.

    The room must be in a window, on a day that is not closed, and free for the estimate and the margin. ``anyway``: a
    person's reason to do it all the same; the reasons against it become notes.
    """
    needs = policy.needs(room)
    window = open_window(policy.windows, now, policy.zone)
    reasons = []
    if window is None:
        reasons.append(f"no night is open at {_local(now, policy)}")
    elif window.closes < now + needs:
        reasons.append(f"the night closes at {_local(window.closes, policy)}, and a clone needs {spoken(needs)}")
    day = local_day(now, policy)
    reasons += [
        f"{day} is closed ({span.why or 'nightshift_cloning.closed'})"
        for span in policy.closed
        if span.covers(day) and span.concerns(room)
    ]
    taken = Diary(policy, [room], bookings).taken(room, now, now + needs)
    reasons += [f"{one.title} from {_local(one.start, policy)} to {_local(one.end, policy)}" for one in taken]
    if reasons and not anyway:
        raise RoomError([f"room {room}: {why}; choose another time" for why in reasons])
    notes = [f"{why}; done anyway: {anyway}" for why in reasons]
    until = window.closes if window is not None and not reasons else now + needs
    return Allowed(until, tuple(notes))


def usable(policy: CloningPolicy, name: str | None, room: str, now: datetime) -> tuple[Image, tuple[str, ...]]:
    """Return the image of a room, and what is to be told of it. Raises RoomError when there is none, or a stale one.

    An image that could not be recognised on a seat is refused too.
    """
    wanted = name or policy.image_of(room)
    image = policy.images.get(wanted) if wanted else None
    if image is None:
        raise RoomError(f"room {room}: {wanted or 'no image'} is not in nightshift_cloning.images; add it there")
    needed = ("version", "checksum", "build", "files")
    missing = [key for key in needed if not getattr(image, key)]
    if missing:
        raise RoomError(
            f"nightshift_cloning.images.{image.name}: {', '.join(missing)} must be given; nobody could prove "
            "otherwise that a seat has this image"
        )
    faults = image_faults(image, local_day(now, policy), policy.image_max_age)
    if faults and policy.image_stale is Stale.REFUSE:
        raise RoomError([f"{why}; make a newer image, or set freshness.stale to warn" for why in faults])
    return image, tuple(faults)


def _local(moment: datetime, policy: CloningPolicy) -> str:
    return f"{moment.astimezone(policy.zone):%a %Y-%m-%d %H:%M}"
