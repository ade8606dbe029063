# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An institute's "Remote Patch Management and Cloning Policy", sentence by sentence (without the cloning)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta

from lab.catalogue import Release

from . import every_preset as every
from .evidence import Evidence, Violation
from .hours import FRI, MON, SAT, SUN, THU, TUE, WED, Hours, inside, spans
from .timeline import Interval, Timeline, minutes

NIGHTS = (Hours((MON, TUE, WED, THU, FRI, SAT), time(23), time(7)), Hours((SUN,), time(19), time(7)))
RETRY = timedelta(hours=1)


def wanted(release: Release) -> bool:
    """Rule 1: patches and security updates, of any rating; the category "Updates" counts, drivers are no patches."""
    rated = every.rating(release) != "other" or "Updates" in release.categories
    return rated and not release.can_request_user_input


def check(lines: dict[str, Timeline], evidence: Evidence) -> Iterator[Violation]:
    """Yield every broken sentence."""
    nights = list(spans(NIGHTS, evidence))
    for line in lines.values():
        if line.facts.device_class == "laptop":
            yield from every.out_of_scope(line, "campus 1b")
            continue
        yield from every.scanned_daily(line, "campus 1a")
        if line.facts.device_class == "server":
            yield from every.untouched(line, "campus 1a")
            continue
        yield from every.only_wanted(line, wanted, "campus 2a")
        yield from installed_whenever_on(line)
        yield from silent(line)
        yield from restarts(line, nights)
        yield from restarted_for_critical(line, nights)
        yield from every.retried_and_given_up(line, "campus 1a")
        yield from every.tickets_exact(line, "campus 1a")
        yield from every.nothing_cut_off(line, "campus 3b")
        yield from every.excepted(line, "campus 6a")


def owed(line: Timeline, at: datetime) -> list[Release]:
    """Return what a device still had to get: wanted, missing, not given up, and not refusing for now."""
    pending = bool(line.pending(at))
    return [
        one
        for one in line.missing(at)
        if wanted(one) and not line.given_up(one.id, at) and not (pending and one.refuses_while_pending)
        if not line.excepted(one, at)
    ]


def installed_whenever_on(line: Timeline) -> Iterator[Violation]:
    """Rules 1 and 2: what a search finds is tried soon after it, at any hour, if the computer stays on."""
    for found in line.searches:
        on = next((one for one in line.sessions if one.holds(found)), None)
        todo = owed(line, found)
        by = found + every.PATIENCE + minutes(todo) * 1.2
        if on is None or by > on.end:
            continue
        still = {one.id for one in line.missing(by)}
        for release in todo:
            if release.id in still and not tried_lately(line, release, Interval(on.start, by), found):
                text = f"{release.kb} could be installed, and was not tried until {by}"
                yield Violation("campus 2a", line.facts.name, found, text)


def tried_lately(line: Timeline, release: Release, span: Interval, found: datetime) -> bool:
    """Whether it was tried after the search; one that failed just before may wait for its second try."""
    return line.tried(release.id, Interval(max(span.start, found - RETRY), span.end))


def silent(line: Timeline) -> Iterator[Violation]:
    """Rule 2: no pop-up: no reminder, and no countdown before anybody's eyes."""
    for event in line.of("reminded"):
        yield Violation("campus 2a", line.facts.name, event.at, "somebody was shown a message")
    for event in line.of("restart_scheduled"):
        if inside(event.at, line.people):
            yield Violation("campus 2a", line.facts.name, event.at, "a countdown was shown to somebody")


def critical(line: Timeline, at: datetime) -> list[Release]:
    """Return the critical updates that wait for a restart."""
    return [one for one in line.pending(at) if every.rating(one) == "critical"]


def emergencies(line: Timeline, at: datetime) -> list[Interval]:
    """Return the emergencies that were declared for what waits for a restart."""
    waiting = {name for one in line.pending(at) for name in (one.id, *one.kbs)}
    return [Interval(one.since, one.until) for one in line.evidence.emergencies if one.update in waiting]


def restarts(line: Timeline, nights: list[Interval]) -> Iterator[Violation]:
    """Rules 3 and 4: only a critical update restarts a computer, and only in the windows."""
    for event in line.of("restarted"):
        if event.detail != "ours":
            continue
        before = event.at - timedelta(seconds=1)
        if not critical(line, before):
            yield Violation("campus 3b", line.facts.name, event.at, "restarted for nothing critical")
        if not inside(event.at, [*nights, *emergencies(line, before)]):
            yield Violation("campus 4c", line.facts.name, event.at, "restarted outside the windows")
        if inside(before, line.people):
            yield Violation("campus 4c", line.facts.name, event.at, "restarted while somebody was logged on")


def restarted_for_critical(line: Timeline, nights: list[Interval]) -> Iterator[Violation]:
    """Rule 4: in a window, with nobody there and nothing else to do, a critical update gets its restart."""
    for event in line.of("install_finished"):
        release = line.evidence.release(event.update)
        if not (release.needs_restart and every.rating(release) == "critical"):
            continue
        session = next((one for one in line.sessions if one.holds(event.at)), None)
        for night in [*nights, *emergencies(line, event.at)]:
            late = Interval(max(night.start, event.at), max(night.end, event.at))
            span = session.overlap(late) if session else None
            if span is None:
                continue
            for free in gaps(span, [*line.people, *line.work]):
                if free.length > every.PATIENCE + timedelta(minutes=30) and line.may_restart(free):
                    text = f"{release.kb} waits for a restart until {free.end}, and nobody is there"
                    sentence = "campus 4c" if night in nights else "campus 4d"
                    yield Violation(sentence, line.facts.name, free.start, text)


def gaps(span: Interval, taken: list[Interval]) -> Iterator[Interval]:
    """Yield the parts of a span in which nothing else is."""
    start = span.start
    for one in sorted((shared for t in taken if (shared := t.overlap(span))), key=lambda i: i.start):
        if one.start > start:
            yield Interval(start, one.start)
        start = max(start, one.end)
    if start < span.end:
        yield Interval(start, span.end)
