# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Service in windows, and what makes up for a missed one later on the day on which the computer is seen again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from lab.catalogue import Release

from . import every_preset as every
from .evidence import Violation
from .hours import inside, local_day
from .timeline import BOOT, Interval, Timeline, minutes

HOUR = timedelta(hours=1)
Owed = Callable[[Timeline, datetime], list[Release]]


def installed_in_hours(line: Timeline, openings: list[Interval], owed: Owed, sentence: str) -> Iterator[Violation]:
    """Rule 2: in the class's window; or (rule 4) later on the day on which a missed one is made up for."""
    for event in line.starts:
        if inside(event.at, openings):
            continue
        why = not_a_catch_up(line, openings, owed, event.at)
        if why:
            kb = line.evidence.release(event.update).kb
            yield Violation(sentence, line.facts.name, event.at, f"{kb} outside the window, and no catch-up: {why}")


def not_a_catch_up(line: Timeline, openings: list[Interval], owed: Owed, at: datetime) -> str:
    """Say why an installation at ``at`` does not make up for a missed window; "" when it does."""
    missed = max((one for one in openings if one.end <= at), key=lambda one: one.end, default=None)
    if missed is None:
        return "no window had closed before it"
    today = local_day(at, line.evidence.zone)
    looked = [one for one in line.searches if one >= missed.end and today.holds(one)]
    if not any(one + HOUR <= at for one in looked):
        return "no scan of that day, an hour before it"
    since = [one for one in line.searches if missed.start <= one < at and heard(line, one)]
    served = next((one for one in since if not owed(line, one)), None)
    return f"it was served {served}" if served is not None else ""


def heard(line: Timeline, search: datetime) -> bool:
    """Whether the device stayed on for long enough after a search to tell somebody what it found."""
    return any(one.holds(search) and one.end - search >= every.PATIENCE for one in line.sessions)


def served(line: Timeline, openings: list[Interval], owed: Owed, sentence: str) -> Iterator[Violation]:
    """Rules 2 and 6: who is on in its window for long enough gets all that is wanted, or a try of it."""
    for opening in openings:
        for on in line.sessions:
            span = on.overlap(opening)
            if span is None:
                continue
            yield from all_tried(line, owed, Interval(span.start + BOOT, span.end), span, sentence)


def caught_up(line: Timeline, openings: list[Interval], owed: Owed, sentences: tuple[str, str]) -> Iterator[Violation]:
    """Rule 4: off at the time: scanned when it is next switched on, and installed later the same day.

    Before the first day there is no computer that could have been off.
    """
    for opening in openings:
        if opening.start < line.evidence.begins or any(on.overlap(opening) for on in line.on):
            continue
        back = next((on for on in line.sessions if on.start >= opening.end), None)
        if back is None or back.length < every.PATIENCE:
            continue
        scanned = next((one for one in line.searches if one >= back.start), None)
        if scanned is None or scanned > back.start + BOOT + every.PATIENCE:
            text = "it was off in its window, and was not scanned when it came back"
            yield Violation(sentences[0], line.facts.name, back.start, text)
            continue
        today = Interval(back.start, local_day(back.start, line.evidence.zone).end)
        rest = Interval(scanned + HOUR, min(back.end, today.end))
        if rest.length > timedelta():
            yield from all_tried(line, owed, rest, today, sentences[1])


def all_tried(line: Timeline, owed: Owed, span: Interval, credit: Interval, sentence: str) -> Iterator[Violation]:
    """Whatever is owed at the start of ``span``, when it is long enough for all, is tried during ``credit``."""
    todo = owed(line, span.start)
    if span.length < every.PATIENCE + minutes(todo) * 1.2:
        return
    for release in todo:
        superseded = all(one.id != release.id for one in line.missing(span.end - BOOT))
        if line.tried(release.id, credit) or superseded or refused_until_restart(line, release, span.start):
            continue
        yield Violation(
            sentence, line.facts.name, span.start, f"{release.kb} is owed, and was not tried until {span.end}"
        )


def refused_until_restart(line: Timeline, release: Release, at: datetime) -> bool:
    """Whether an update refuses to be installed while a restart is pending, and one was, by then or in between."""
    return release.refuses_while_pending and bool(line.pending(at))
