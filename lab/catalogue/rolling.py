# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Updates that come again and again under one KB (definitions, the removal tool): each release by its number."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta

from dateutil.rrule import MONTHLY, TU, rrule

from .release import Release, update_id


@dataclass(frozen=True, slots=True)
class Rolling:
    """A series. ``pattern`` holds all that its releases have in common; ``{n}`` in its title becomes the version.

    ``monthly``: on the second Tuesday, else daily; both at ``hour`` UTC. ``first`` is the day of release number 0,
    whose version is ``number``.
    """

    name: str
    pattern: Release
    first: date
    monthly: bool
    hour: int
    number: int
    _known: dict[int, Release] = field(default_factory=dict, compare=False)

    def newest(self, at: datetime) -> Release | None:
        """Return the last release at or before ``at``, or None before the first."""
        index = self._index(at)
        return None if index is None else self.release(index)

    def release(self, index: int) -> Release:
        """Return one release; the same object each time."""
        if index not in self._known:
            day = self._day(index)
            earlier = (update_id(f"{self.name}-{index - 1}"),) if index else ()
            self._known[index] = replace(
                self.pattern,
                id=update_id(f"{self.name}-{index}"),
                title=self.pattern.title.replace("{n}", str(self.number + index)),
                released=datetime.combine(day, time(self.hour), UTC),
                supersedes=earlier,
            )
        return self._known[index]

    def known(self) -> Iterator[Release]:
        """Yield the releases that somebody has asked for so far."""
        yield from self._known.values()

    def _day(self, index: int) -> date:
        if not self.monthly:
            return self.first + timedelta(days=index)
        return _second_tuesdays(self.first, count=index + 1)[index]

    def _index(self, at: datetime) -> int | None:
        day = (at.astimezone(UTC) - timedelta(hours=self.hour)).date()
        if day < self.first:
            return None
        return (day - self.first).days if not self.monthly else len(_second_tuesdays(self.first, until=day)) - 1


def _second_tuesdays(first: date, count: int | None = None, until: date | None = None) -> list[date]:
    start = datetime.combine(first, time(0))
    end = datetime.combine(until, time(0)) if until is not None else None
    return [when.date() for when in rrule(MONTHLY, byweekday=TU(2), dtstart=start, count=count, until=end)]
