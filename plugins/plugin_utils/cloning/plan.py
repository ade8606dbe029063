# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""propose(rooms, policy, bookings, history, now): which room gets its new image in which night, and why.

A pure function: the same facts give the same proposal. A night belongs to the season, and a clone to the night, of
the local day on which it opens. A room is due once in each season; what failed is planned again, not in the same night.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from . import words
from .assigning import assign
from .days import SeasonYear
from .model import Booking, CloneRun, Outcome, Planned, Proposal, Room, Told
from .nights import Diary, local_day, nights, seasons_from, seasons_over
from .packing import Packing
from .policy import CloningPolicy, Stale

LOST = timedelta(days=1)  # windows are no longer: what has not ended by then has lost its controller
SEASONS = 2


def propose(
    rooms: Iterable[Room],
    policy: CloningPolicy,
    bookings: Iterable[Booking],
    history: Iterable[CloneRun],
    now: datetime,
    seasons: int = SEASONS,
) -> Proposal:
    """Return the proposal for the next ``seasons`` seasons that are not over at ``now`` (aware).

    ``bookings`` must reach until the last of them is over (nights.bounds). Raises ValueError for a naive ``now``.
    """
    if now.tzinfo is None:
        raise ValueError(f"{now!r} has no time zone; a campaign takes aware instants only")
    return _Campaign(rooms, policy, bookings, history, now).proposal(seasons)


class _Campaign:
    def __init__(
        self,
        rooms: Iterable[Room],
        policy: CloningPolicy,
        bookings: Iterable[Booking],
        history: Iterable[CloneRun],
        now: datetime,
    ) -> None:
        self._policy, self._now = policy, now
        self._rooms = sorted({room.name for room in rooms})
        self._runs = sorted((run for run in history if run.started <= now), key=lambda run: (run.started, run.room))
        self._diary = Diary(policy, self._rooms, bookings)
        self._overdue = {told.room: told for told in self._debts()}
        self._found: dict[str, list[Told]] = {"done": [], "under_way": [], "unplaced": []}

    def proposal(self, count: int) -> Proposal:
        seasons = seasons_from(self._policy, self._now, count)
        planned = [one for season in seasons for one in self._season(season)]
        return Proposal(
            now=self._now,
            seasons=seasons,
            planned=tuple(sorted(planned, key=lambda one: (one.start, one.server, one.room))),
            unplaced=tuple(self._found["unplaced"]),
            under_way=tuple(self._found["under_way"]),
            done=tuple(self._found["done"]),
            overdue=tuple(self._overdue.values()),
        )

    def _season(self, season: SeasonYear) -> list[Planned]:
        """Sort the rooms of a season into what is done, under way, impossible, and planned."""
        packing = Packing(
            self._policy, tuple(nights(self._policy, season, self._now)), self._diary, self._runs, self._now
        )
        due = sorted((room for room in self._rooms if self._is_due(room, season)), key=self._urgency)
        placed = assign(due, packing, self._policy.server_of)
        found = []
        for room in due:
            why = self._need(room, season)
            if room not in placed:
                obstacles = words.no_night(room, packing, len(packing.nights))
                self._tell("unplaced", room, season, (*why, *obstacles))
                continue
            number, start = placed[room]
            night = packing.nights[number]
            found.append(
                Planned(
                    room=room,
                    season=season,
                    day=night.day,
                    start=start,
                    until=start + self._policy.needs(room),
                    server=self._policy.server_of(room),
                    image=self._policy.image_of(room) or "",
                    why=(*why, words.this_night(room, packing, number)),
                    conditions=tuple(self._image_faults(room, night.day)),
                )
            )
        return found

    def _is_due(self, room: str, season: SeasonYear) -> bool:
        """Return whether a night is wanted for the room; what speaks against it is told."""
        runs = self._in(season, room)
        done = next((run for run in runs if run.outcome is Outcome.DONE), None)
        if done is not None:
            self._tell("done", room, season, (words.cloned(done, self._day(done)),))
            return False
        running = next((run for run in runs if self._is_running(run)), None)
        if running is not None:
            self._tell("under_way", room, season, (words.under_way(running, self._policy.zone),))
            return False
        failed = [run for run in runs if run.outcome is not Outcome.CANCELLED]
        if len(failed) >= self._policy.attempts:
            self._tell(
                "unplaced", room, season, (words.given_up(failed, self._policy.attempts, self._day(failed[-1])),)
            )
            return False
        if self._policy.image_of(room) is None:
            self._tell("unplaced", room, season, (words.NO_IMAGE,))
            return False
        today = local_day(self._now, self._policy)
        if self._policy.image_stale is Stale.REFUSE and season.covers(today):
            faults = self._image_faults(room, today)
            if faults:
                self._tell("unplaced", room, season, (*faults, words.NEWER_IMAGE))
                return False
        return True

    def _image_faults(self, room: str, day: date) -> list[str]:
        name = self._policy.image_of(room)
        return words.image_faults(self._policy.images[name], day, self._policy.image_max_age) if name else []

    def _need(self, room: str, season: SeasonYear) -> tuple[str, ...]:
        """Say why the room is due in the season."""
        tried = self._in(season, room)
        last = self._last_done(room)
        said = [words.due(season, self._day(last) if last else None)]
        if tried:
            said.append(words.again(tried[-1], self._day(tried[-1]), len(tried)))
        if room in self._overdue:
            said.append(f"overdue: {self._overdue[room].why[0]}")
        return tuple(said)

    def _urgency(self, room: str) -> tuple[int, bool, bool, float, str]:
        """Return what rooms are sorted by: the operator's order, debts, failures, and the longest without a clone."""
        order = self._policy.order
        last = self._last_done(room)
        latest = next((run for run in reversed(self._runs) if run.room == room), None)
        failed = latest is not None and latest.outcome is not Outcome.DONE
        since = last.started.timestamp() if last else float("-inf")
        return (
            order.index(room) if room in order else len(order),
            room not in self._overdue,
            not failed,
            since,
            room,
        )

    def _debts(self) -> list[Told]:
        """Return the rooms that were not cloned in a season that is over, nor since."""
        begun = self._policy.since or (self._day(self._runs[0]) if self._runs else None)
        if begun is None:
            return []
        over = seasons_over(self._policy, begun, self._now)
        found = []
        for room in self._rooms:
            last = self._last_done(room)
            missed = [season for season in over if last is None or self._day(last) < season.first]
            if missed:
                tries = [run for season in missed for run in self._in(season, room)]
                found.append(Told(room, missed[0], (words.missed(missed, tries),)))
        return found

    def _in(self, season: SeasonYear, room: str) -> Sequence[CloneRun]:
        return [run for run in self._runs if run.room == room and season.covers(self._day(run))]

    def _last_done(self, room: str) -> CloneRun | None:
        return next((run for run in reversed(self._runs) if run.room == room and run.outcome is Outcome.DONE), None)

    def _is_running(self, run: CloneRun) -> bool:
        return run.outcome is Outcome.RUNNING and run.ended is None and self._now - run.started < LOST

    def _day(self, run: CloneRun) -> date:
        return local_day(run.started, self._policy)

    def _tell(self, what: str, room: str, season: SeasonYear, why: tuple[str, ...]) -> None:
        self._found[what].append(Told(room, season, why))
