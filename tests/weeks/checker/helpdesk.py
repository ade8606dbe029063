# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An RMM provider's "Patch Management for Desktops & Laptops", sentence by sentence."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta

from lab.catalogue import Release

from . import every_preset as every
from .evidence import Evidence, Violation
from .hours import FRI, MON, SAT, SUN, THU, TUE, WED, Hours, inside, spans
from .openings import caught_up, installed_in_hours, served
from .timeline import Interval, Timeline

HOUR = timedelta(hours=1)
INSTALLS = {
    "desktop": (Hours((MON, WED, FRI), time(16), time(20)),),
    "laptop": (Hours((TUE, THU, SAT), time(16), time(20)),),
}
URGED = (Hours((MON, TUE, WED, THU, FRI, SAT), time(16, 30), time(18, 30)),)
RESTARTS = (Hours((MON, TUE, WED, THU, FRI, SAT, SUN), time(2), time(5)),)
WEEK = timedelta(days=7)


def wanted(release: Release) -> bool:
    """Rule 3: Moderate, Important and Critical; Low and anything without a rating are ignored."""
    return every.rating(release) in ("critical", "important", "moderate") and not release.can_request_user_input


def check(lines: dict[str, Timeline], evidence: Evidence) -> Iterator[Violation]:
    """Yield every broken sentence."""
    for line in lines.values():
        if not line.facts.managed:
            yield from every.out_of_scope(line, "helpdesk 1a")
            continue
        yield from every.scanned_daily(line, "helpdesk 1a")
        if line.facts.device_class not in INSTALLS:
            yield from every.untouched(line, "helpdesk 2a")
            continue
        openings = list(spans(INSTALLS[line.facts.device_class], evidence))
        sentence = "helpdesk 2a" if line.facts.device_class == "desktop" else "helpdesk 2b"
        yield from every.only_wanted(line, wanted, "helpdesk 3b")
        yield from installed_in_hours(line, openings, owed, sentence)
        yield from served(line, openings, owed, sentence)
        yield from caught_up(line, openings, owed, ("helpdesk 4a", "helpdesk 4b"))
        yield from every.retried_and_given_up(line, "helpdesk 6c")
        yield from every.tickets_exact(line, "helpdesk 6b")
        yield from every.nothing_cut_off(line, "helpdesk 5a")
        yield from every.excepted(line, "helpdesk 8a")
        yield from restarts(line, evidence)
        yield from reminders(line, evidence)


def owed(line: Timeline, at: datetime) -> list[Release]:
    """Return what a device still had to get: wanted, missing, and not given up."""
    return [
        one
        for one in every.known_missing(line, at)
        if wanted(one) and not line.given_up(one.id, at) and not line.excepted(one, at)
    ]


def restarts(line: Timeline, evidence: Evidence) -> Iterator[Violation]:
    """Rule 5: no automatic restart, but for a computer that has been kept on for a week."""
    nights = list(spans(RESTARTS, evidence))
    for event in line.of("restarted"):
        if event.detail != "ours":
            continue
        boot = next((one.start for one in line.sessions if one.end == event.at), None)
        if boot is None or event.at - boot < WEEK - timedelta(days=1):
            yield Violation("helpdesk 5a", line.facts.name, event.at, f"restarted, and it was on only since {boot}")
        if not inside(event.at, nights):
            yield Violation("helpdesk 5d", line.facts.name, event.at, "restarted outside the night")
    for one in line.sessions:
        if one.length > WEEK + 3 * HOUR and line.may_restart(one):
            yield Violation("helpdesk 5d", line.facts.name, one.start, f"kept on until {one.end} without a restart")


def reminders(line: Timeline, evidence: Evidence) -> Iterator[Violation]:
    """Rule 5: users are urged at the end of the day, once, when a restart is pending.

    Nobody knows of a message whose answer was lost: users are urged once more.
    """
    lost = [at.astimezone(evidence.zone).date() for device, at in evidence.cuts if device == line.facts.name]
    told = line.of("reminded")
    afternoons = list(spans(URGED, evidence))
    days = [event.at.astimezone(evidence.zone).date() for event in told]
    for event, day in zip(told, days, strict=True):
        if days.count(day) > 1 + lost.count(day):
            yield Violation("helpdesk 5b", line.facts.name, event.at, "told twice on one day")
        if not inside(event.at, afternoons):
            yield Violation("helpdesk 5b", line.facts.name, event.at, "told outside the end of the day")
        if not line.pending(event.at):
            yield Violation("helpdesk 5b", line.facts.name, event.at, "told, and no restart is pending")
    for afternoon in afternoons:
        for there in line.people:
            span = there.overlap(afternoon)
            if span is None:
                continue
            last = max(
                (one.end for one in line.work if one.start < span.end and one.end > span.start), default=span.start
            )
            free = Interval(max(span.start, last), span.end)
            if free.length > every.PATIENCE and line.pending(free.start) and not line.works(free):
                day = free.start.astimezone(evidence.zone).date()
                if day not in days:
                    yield Violation(
                        "helpdesk 5b", line.facts.name, free.start, "a restart is pending, and nobody was told"
                    )
