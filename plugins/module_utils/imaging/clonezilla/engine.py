# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Giving a room an image with Clonezilla SE on a DRBL server."""

from __future__ import annotations

from ..engine import JobProgress, JobSpec, Mode, Problem, SeatProgress, SeatState
from .image import problems_of_image
from .layout import Settings
from .orders import Orders, to_restore
from .pace import write_marks
from .room import problems_of
from .seats import Look, seat_of
from .sender import problems_of_sender
from .verbs import Verbs


class ClonezillaEngine(Verbs):
    """The engine ``clonezilla``. ``now`` returns an aware time."""

    def preflight(self, spec: JobSpec) -> tuple[Problem, ...]:
        """Return everything that forbids the job; only questions are asked."""

        def about_image(settings: Settings) -> list[Problem]:
            problems = problems_of_image(settings, spec, self._server.wishes.disk_bytes)
            return problems + (problems_of_sender(settings, spec) if spec.mode is Mode.MULTICAST else [])

        return problems_of(self._server, spec, about_image)

    def progress(self, spec: JobSpec) -> JobProgress:
        """Say how far the job is, as the server's files and the PCs' own words tell."""
        look = Look.at(self._server, spec, self._now())
        if look.now.done:
            write_marks(self._server.jobs.marks(spec), look.now)
        seats = tuple(seat_of(look, seat.name) for seat in spec.seats)
        waiting = [seat for seat in seats if seat.state in (SeatState.ARMED, SeatState.STARTED)]
        joined = [seat for seat in seats if seat.state not in (SeatState.ARMED, SeatState.CANCELLED, SeatState.UNKNOWN)]
        return JobProgress(
            seats=seats,
            closed=not look.sending and not waiting and not look.armed,
            joined=len(joined) if look.job is not None else None,
            expected=len(spec.seats) if look.job is not None else None,
            detail=look.detail,
        )

    def verify(self, spec: JobSpec) -> tuple[SeatProgress, ...]:
        """Return what the PCs' own words say of each seat: done only where all partitions of the image are told of.

        It is still a claim: any machine of the network can send these words.
        """
        return self._seats(spec)

    def _orders(self, spec: JobSpec) -> Orders:
        return to_restore(self._server, spec)

    def _seats(self, spec: JobSpec) -> tuple[SeatProgress, ...]:
        look = Look.at(self._server, spec, self._now())
        return tuple(seat_of(look, seat.name) for seat in spec.seats)
