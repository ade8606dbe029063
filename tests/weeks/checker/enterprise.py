# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An ICT department's "Patch management" process, sentence by sentence, as far as devices show it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta

from lab.catalogue import Release

from . import every_preset as every
from .evidence import Evidence, Violation
from .hours import FRI, MON, SAT, SUN, THU, TUE, WED, Hours, inside, spans
from .openings import caught_up, installed_in_hours, served
from .timeline import Timeline

WEEKDAYS = (MON, TUE, WED, THU, FRI)
HOURS = {
    "desktop": (Hours(WEEKDAYS, time(12), time(14)), Hours(WEEKDAYS, time(18), time(22))),
    "laptop": (Hours(WEEKDAYS, time(10), time(16)),),
    "server": (Hours((MON, TUE, WED, THU, FRI, SAT, SUN), time(1), time(5)),),
}
RINGS = ("canary", "early", "broad")
SOAK = timedelta(days=2)
COUNT = 2  # successes that a ring needs before the next one opens
COVERAGE = 60  # percent of the ring that has it
FAILURES = 10  # percent of a ring above which the rollout stops
KNOWN = timedelta(hours=1)  # a ticket that is so old is known to every patrol
SETTLED = timedelta(days=4)  # so long after a whole ring has it, the next one is surely open


def wanted(release: Release) -> bool:
    """Rule 2: what has one of the four ratings."""
    return every.rating(release) != "other" and not release.can_request_user_input


def check(lines: dict[str, Timeline], evidence: Evidence) -> Iterator[Violation]:
    """Yield every broken sentence."""
    for line in lines.values():
        yield from every.scanned_daily(line, "enterprise 3a")
        if line.facts.ring not in RINGS:
            yield from every.untouched(line, "enterprise 6a")
            continue
        openings = list(spans(HOURS[line.facts.device_class], evidence))

        def maybe(one: Timeline, at: datetime) -> list[Release]:
            return [r for r in every.known_missing(one, at) if wanted(r) and cleared(one, r, at)]

        def surely(one: Timeline, at: datetime) -> list[Release]:
            approved = [r for r in maybe(one, at) if one.approved(r, at - every.READ)]
            return [r for r in approved if opened_for_sure(lines, r, one.facts.ring, at)]

        yield from every.only_wanted(line, wanted, "enterprise 2a")
        yield from every.only_approved(line, "enterprise 4a")
        if line.facts.device_class != "server":
            yield from installed_in_hours(line, openings, maybe, "enterprise 5a")
            yield from caught_up(line, openings, surely, ("enterprise 3a", "enterprise 5a"))
            yield from every.untouched_by_restarts(line, "enterprise 5a")
        else:
            yield from by_night(line, evidence)
        yield from served(line, openings, surely, "enterprise 5a")
        yield from in_order(line, lines)
        yield from halted(line, lines)
        yield from every.retried_and_given_up(line, "enterprise 5c")
        yield from every.tickets_exact(line, "enterprise 5c")
        yield from every.nothing_cut_off(line, "enterprise 7a")
        yield from every.excepted(line, "enterprise 4a")


def cleared(line: Timeline, release: Release, at: datetime) -> bool:
    """Whether people approved it, nobody excepted the device, and it was not given up there."""
    approved = line.approved(release, at)
    return approved and not line.excepted(release, at) and not line.given_up(release.id, at)


def by_night(line: Timeline, evidence: Evidence) -> Iterator[Violation]:
    """Servers install and restart in their nights only."""
    nights = list(spans(HOURS["server"], evidence))
    for event in line.of("install_started", "restarted"):
        if inside(event.at, nights) is None and (event.what == "install_started" or event.detail == "ours"):
            yield Violation("enterprise 5a", line.facts.name, event.at, f"{event.what} outside the night")


def have(lines: dict[str, Timeline], update: str, ring: str, at: datetime) -> int:
    """Return how many devices of a ring had got an update by then."""
    return sum(
        any(e.update == update and e.at <= at for e in line.of("install_finished"))
        for line in lines.values()
        if line.facts.ring == ring
    )


def in_order(line: Timeline, lines: dict[str, Timeline]) -> Iterator[Violation]:
    """Rule 5: a ring opens only when the one before it was healthy for long enough."""
    place = RINGS.index(line.facts.ring)
    for event in line.starts:
        for before in RINGS[:place]:
            count = have(lines, event.update, before, event.at - SOAK)
            if count < COUNT:
                kb = line.evidence.release(event.update).kb
                text = f"{kb} on ring {line.facts.ring}, and {count} of ring {before} had it two days before"
                yield Violation("enterprise 5b", line.facts.name, event.at, text)


def needs(line: Timeline, update: str, at: datetime) -> bool:
    """Whether a device needs an update, or needed it earlier in the month."""
    return any(e.update == update for e in line.of("install_started")) or any(r.id == update for r in line.missing(at))


def halted(line: Timeline, lines: dict[str, Timeline]) -> Iterator[Violation]:
    """Rule 5: failures above the limit of any ring stop the rollout everywhere."""
    for event in line.starts:
        for ring in RINGS:
            members = [one for one in lines.values() if one.facts.ring == ring]
            names = {one.facts.name for one in members}
            failed = {
                t.device
                for t in line.evidence.tickets
                if t.update == event.update
                and t.device in names
                and t.raised_at + KNOWN <= event.at
                and (t.closed_at is None or t.closed_at > event.at)
            }
            if not failed:
                continue
            concerned = sum(needs(one, event.update, event.at) for one in members)
            if len(failed) * 100 > FAILURES * concerned:
                kb = line.evidence.release(event.update).kb
                text = f"{kb} was begun, and it is given up on {len(failed)} of {concerned} in ring {ring}"
                yield Violation("enterprise 5c", line.facts.name, event.at, text)


def opened_for_sure(lines: dict[str, Timeline], release: Release, ring: str, at: datetime) -> bool:
    """Whether every ring before has had an update on all its devices for long enough, without any failure."""
    if any(t.update == release.id for t in next(iter(lines.values())).evidence.tickets):
        return False
    for before in RINGS[: RINGS.index(ring)]:
        members = [one for one in lines.values() if one.facts.ring == before]
        done = have(lines, release.id, before, at - SETTLED)
        needing = sum(needs(one, release.id, at - SETTLED) or needs(one, release.id, at) for one in members)
        if done < COUNT or done < needing:
            return False
    return True
