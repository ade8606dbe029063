# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Dates and times as people write them: a date means a day of the device, a time without an offset its wall clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ..policy.problems import refuse

_REMEDY = 'use a date like 2026-12-31, or an instant like "2026-12-31T18:00:00+01:00"'


@dataclass(frozen=True, slots=True)
class Moment:
    """A date, or a date and time, with an offset or without."""

    value: date

    def begins(self, zone: ZoneInfo) -> datetime:
        """Return the instant meant as a beginning: of a date, its first one in ``zone``."""
        if isinstance(self.value, datetime):
            return self.value if self.value.tzinfo else self.value.replace(tzinfo=zone)
        return datetime.combine(self.value, time(0), tzinfo=zone)

    def ends(self, zone: ZoneInfo) -> datetime:
        """Return the instant meant as an end: of a date, the end of that day in ``zone``."""
        if isinstance(self.value, datetime):
            return self.begins(zone)
        return datetime.combine(self.value + timedelta(days=1), time(0), tzinfo=zone)

    def __str__(self) -> str:
        """ISO 8601, as it is written in a file."""
        return self.value.isoformat()


def moment(raw: object) -> Moment:
    """Read a date, or a date and time. Raises Refused."""
    if isinstance(raw, date):  # a datetime is one too
        return _within(raw, raw)
    if isinstance(raw, str):
        for kind in (date, datetime):
            try:
                return _within(kind.fromisoformat(raw.strip()), raw)
            except ValueError:
                continue
    raise refuse(raw, "is not a date", _REMEDY)


def _within(value: date, raw: object) -> Moment:
    if not 2000 <= value.year <= 2200:
        raise refuse(raw, "is not a date of this time", _REMEDY)
    return Moment(value)
