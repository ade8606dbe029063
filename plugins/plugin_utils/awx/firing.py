# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When AWX fires a schedule: python-dateutil over aware local times, as AWX 24.6.1 itself does it.

A local time that a spring change skips is not fired at all; one that an autumn change repeats is fired at the first of
the two. Both were seen in its previews.
"""

from __future__ import annotations

from datetime import UTC, datetime

try:
    from dateutil.rrule import rrulestr
    from dateutil.tz import datetime_exists
except ImportError:
    HAS_DATEUTIL = False
else:
    HAS_DATEUTIL = True


def fires(text: str, start: datetime, end: datetime) -> list[datetime]:
    """Return the instants (UTC) in [start, end), both aware, at which AWX fires ``text``.

    ``text`` is ``DTSTART;TZID=Europe/Rome:20260101T230000 RRULE:FREQ=...``, with one RRULE or more.
    Raises ValueError for what dateutil cannot read.
    """
    found = []
    for moment in rrulestr(text, forceset=True).xafter(start, inc=True):
        instant = moment.astimezone(UTC)
        if instant >= end:
            break
        if datetime_exists(moment):
            found.append(instant)
    return found
