# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An IT provider's "Patch Deployment System", sentence by sentence."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta

from lab.catalogue import Release

from . import every_preset as every
from .evidence import Evidence, Violation
from .hours import FRI, MON, SAT, SUN, THU, TUE, WED, Hours, inside, spans
from .openings import refused_until_restart
from .timeline import BOOT, Interval, Timeline, minutes

NIGHTS = {
    "desktop": (Hours((MON, TUE, WED, THU, FRI, SAT, SUN), time(1), time(5)),),
    "server": (Hours((SUN,), time(1), time(5)),),
}
HOUR = timedelta(hours=1)
EXPECTED = timedelta(
    minutes=60
)  # an update nobody knows is expected to take 30, its restart 10, both with their leeway


def wanted(release: Release) -> bool:
    """Rule 2 alone decides; what asks for input is never installed by night."""
    return not release.can_request_user_input


def check(lines: dict[str, Timeline], evidence: Evidence) -> Iterator[Violation]:
    """Yield every broken sentence."""
    for line in lines.values():
        yield from every.scanned_daily(line, "msp 1a")
        if line.facts.device_class not in NIGHTS:
            yield from every.untouched(line, "msp 1a")
            continue
        nights = list(spans(NIGHTS[line.facts.device_class], evidence))
        yield from every.only_wanted(line, wanted, "msp 2a")
        yield from every.only_approved(line, "msp 2a")
        yield from installed_by_night(line, nights, "msp 1a" if line.facts.device_class == "desktop" else "msp 1b")
        yield from served(line, nights)
        yield from restarts(line, nights)
        yield from left_clean(line, nights)
        yield from missed(line, nights)
        yield from every.retried_and_given_up(line, "msp 3a")
        yield from every.tickets_exact(line, "msp 3a")
        yield from every.nothing_cut_off(line, "msp 3a")
        yield from every.excepted(line, "msp 3a")


def installed_by_night(line: Timeline, nights: list[Interval], sentence: str) -> Iterator[Violation]:
    """Rules 1 and 3: begun inside a window, and ended inside it."""
    for event in line.starts:
        night = inside(event.at, nights)
        kb = line.evidence.release(event.update).kb
        if night is None:
            yield Violation(sentence, line.facts.name, event.at, f"{kb} was begun outside the window")
            continue
        ends = ("install_finished", "install_failed", "install_interrupted")
        ended = next((e for e in line.of(*ends) if e.update == event.update and e.at > event.at), None)
        if ended is not None and ended.at > night.end:
            yield Violation("msp 3b", line.facts.name, event.at, f"{kb} was begun, and ended only {ended.at}")


def owed(line: Timeline, at: datetime) -> list[Release]:
    """Return what a device still had to get: approved, missing, not given up, not excepted."""
    return [
        one
        for one in every.known_missing(line, at)
        if wanted(one)
        and line.approved(one, at - every.READ)
        and not line.given_up(one.id, at)
        and not line.excepted(one, at)
    ]


def served(line: Timeline, nights: list[Interval]) -> Iterator[Violation]:
    """Rule 1: who was left on through the window gets all that is approved, or a try of it."""
    for night in nights:
        on = next((one for one in line.on if one.start + BOOT <= night.start and night.end <= one.end), None)
        if on is None:
            continue
        todo = owed(line, night.start)
        if night.length < every.PATIENCE + minutes(todo) * 1.2 + EXPECTED:
            continue
        left = {one.id for one in line.missing(night.end)}
        for release in todo:
            if refused_until_restart(line, release, night.start) and not line.may_restart(night):
                continue  # an exception keeps it from the restart that it waits for
            fell = not line.approved(release, night.end)
            if release.id in left and not line.tried(release.id, night) and not fell:
                text = f"{release.kb} is approved and missing, and was not tried until {night.end}"
                yield Violation("msp 1a", line.facts.name, night.start, text)


def restarts(line: Timeline, nights: list[Interval]) -> Iterator[Violation]:
    """Rule 3: after installing, inside the window, and never after it has closed."""
    for event in line.of("restarted"):
        if event.detail != "ours":
            continue
        if not inside(event.at, nights):
            yield Violation("msp 3c", line.facts.name, event.at, "restarted outside the window")
        if not line.pending(event.at - timedelta(seconds=1)):
            yield Violation("msp 3a", line.facts.name, event.at, "restarted, and nothing was pending")


def left_clean(line: Timeline, nights: list[Interval]) -> Iterator[Violation]:
    """Rule 3: until nothing more is pending."""
    for night in nights:
        span = Interval(night.end - every.PATIENCE, night.end)
        if not any(on.start <= span.start and on.end >= night.end for on in line.on) or not line.may_restart(span):
            continue
        since = [event.at for event in line.of("install_finished") if event.at <= night.end]
        waiting = line.pending(night.end - timedelta(seconds=1))
        if waiting and since[-1] < span.start and not line.works(span):
            kbs = ", ".join(one.kb for one in waiting)
            yield Violation("msp 3a", line.facts.name, night.end, f"the window closed, and {kbs} waits for a restart")


def missed(line: Timeline, nights: list[Interval]) -> Iterator[Violation]:
    """Rule 4: a night in which the computer was off is reported, and no other."""
    reported = {opens for device, opens in line.evidence.nights if device == line.facts.name}
    for night in nights:
        if night.start < line.evidence.begins or night.end > line.evidence.ends:
            continue
        on = [shared for one in line.on if (shared := one.overlap(night))]
        if not on and night.start not in reported:
            yield Violation("msp 4a", line.facts.name, night.start, "it was off this night, and nobody was told")
        if on and on[0] == night and night.start in reported:
            yield Violation("msp 4a", line.facts.name, night.start, "it was on all this night, and reported as off")
