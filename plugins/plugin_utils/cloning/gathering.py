# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Gets the booking calendars of a campaign, from files and addresses. One that cannot be had stops the campaign."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from ..advisories.getting import Way, get, is_address
from ..advisories.limits import Limits
from ..advisories.problem import AdvisoryError
from ..advisories.read import unpacked
from .bookings import CalendarError, ReadCalendar, read_calendar
from .model import Booking
from .policy import CloningPolicy
from .problem import VARIABLE, CloningError, CloningProblem

_WAY = Way(limits=Limits(megabytes=32), accept="text/calendar")


def gather_bookings(
    policy: CloningPolicy, origin: str, folder: Path, rooms: Sequence[str], start: datetime, end: datetime
) -> ReadCalendar:
    """Return what all calendars of the policy hold between two instants (aware). Paths are relative to ``folder``.

    Raises CloningError naming every calendar that cannot be had or read: without it nobody knows what is booked.
    """
    bookings: list[Booking] = []
    notes: list[str] = []
    problems: list[CloningProblem] = []
    for number, calendar in enumerate(policy.calendars):
        named = replace(calendar, source=shown_calendar(calendar.source))
        try:
            found = read_calendar(_content(calendar.source, folder), named, rooms, start, end, policy.zone)
        except (AdvisoryError, CalendarError) as wrong:
            key = f"{VARIABLE}.calendars[{number}].source"
            told = str(wrong).removeprefix(f"{named.source}: ")
            remedy = "nothing is planned without it: correct it, or take it from the list"
            problems.append(CloningProblem(origin, key, repr(named.source), told, remedy))
            continue
        bookings += found.bookings
        notes += found.notes
    if problems:
        raise CloningError(problems)
    return ReadCalendar(tuple(bookings), tuple(notes))


def _content(source: str, folder: Path) -> bytes:
    """Return the calendar at an address, or in a file. Raises AdvisoryError, which never holds the address."""
    if is_address(source) and not (source.isascii() and source.isprintable() and " " not in source):
        raise AdvisoryError("it has characters that no address has; write a blank as %20, and others likewise")
    got = get(source if is_address(source) else str(folder / source), _WAY)
    content = unpacked(got.content, _WAY.limits) if got else b""
    if len(content) > _WAY.limits.size:
        raise AdvisoryError(f"it is larger than the {_WAY.limits.megabytes} MB allowed")
    return content


def shown_calendar(source: str) -> str:
    """Return a source as it may be shown: of an address its host and file, since private ones hold a secret."""
    if not is_address(source):
        return source
    try:
        parts = urlsplit(source)
        host, last = parts.netloc.rpartition("@")[2], parts.path.rpartition("/")[2]
    except ValueError:
        return "an address that cannot be read"
    return f"{parts.scheme}://{host}/.../{last if last.endswith('.ics') else ''}"
