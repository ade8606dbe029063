# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What holds in every policy: what is wanted, what is out of scope, retries, tickets, exceptions, interruptions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from lab.catalogue import Release

from .evidence import Violation
from .timeline import BOOT, Interval, Timeline

PATIENCE = timedelta(minutes=75)  # a patrol comes every 30 minutes and looks at busy devices every 15
READ = timedelta(hours=4, minutes=30)  # so long after it was written down, every patrol has read a decision
DAY = timedelta(days=1)

# Ratings of Microsoft's, and categories that count as important where there is none (the presets' own choice)
IMPORTANT = {"Critical Updates", "Definition Updates", "Security Updates", "Service Packs", "Update Rollups"}


def rating(release: Release) -> str:
    """Return critical, important, moderate, low, or other."""
    if release.severity:
        return release.severity.lower()
    return "important" if IMPORTANT & set(release.categories) else "other"


Wanted = Callable[[Release], bool]


def out_of_scope(line: Timeline, sentence: str) -> Iterator[Violation]:
    """Nothing ever happens to a device that is out of scope: it is not even asked."""
    asked = line.evidence.calls.get(line.facts.name, 0)
    if asked:
        yield Violation(sentence, line.facts.name, line.evidence.ends, f"it was contacted {asked} times")
    for event in line.of("search_started", "job_started", "install_started", "restart_scheduled", "reminded"):
        yield Violation(sentence, line.facts.name, event.at, event.what)


def untouched(line: Timeline, sentence: str) -> Iterator[Violation]:
    """A device that the policy does not name is scanned and nothing else."""
    for event in line.of("install_started", "uninstall_started", "restart_scheduled", "reminded"):
        yield Violation(sentence, line.facts.name, event.at, f"{event.what}: the policy does not name such devices")
    yield from untouched_by_restarts(line, sentence)


def untouched_by_restarts(line: Timeline, sentence: str) -> Iterator[Violation]:
    """A device whose policy leaves restarts to people is not restarted."""
    for event in line.of("restarted"):
        if event.detail == "ours":
            yield Violation(sentence, line.facts.name, event.at, "it was restarted")


def only_wanted(line: Timeline, wanted: Wanted, sentence: str) -> Iterator[Violation]:
    """Nothing is installed that the policy does not want, nor what asks for input, nor anything twice."""
    present: set[str] = set(line.facts.shipped)
    for event in line.of("install_started", "install_finished", "uninstall_finished"):
        release = line.evidence.release(event.update)
        if event.what == "install_started" and (not wanted(release) or release.can_request_user_input):
            yield Violation(sentence, line.facts.name, event.at, f"{release.kb} ({rating(release)}) was installed")
        if event.what == "install_finished":
            if event.update in present:
                yield Violation(sentence, line.facts.name, event.at, f"{release.kb} was installed twice")
            present.add(event.update)
        if event.what == "uninstall_finished":
            present.discard(event.update)


def scanned_daily(line: Timeline, sentence: str, slack: timedelta = 2 * PATIENCE) -> Iterator[Violation]:
    """Whoever is on is searched within a day of the last search; ``slack`` is what a patrol and its waits may take."""
    last = None
    for on in line.on:
        marks = [one for one in line.searches if on.holds(one)]
        for mark in [*marks, on.end]:
            due = on.start + BOOT if last is None else max(last + DAY, on.start + BOOT)
            late = due + slack + line.works(Interval(due, due + slack))
            if mark > late:
                yield Violation(sentence, line.facts.name, late, f"the last search ended {last}")
            if mark is not on.end:
                last = mark


def retried_and_given_up(line: Timeline, sentence: str) -> Iterator[Violation]:
    """After two failures nothing is tried again before the ticket is closed."""
    for event in line.starts:
        if line.given_up(event.update, event.at - timedelta(microseconds=1)):
            kb = line.evidence.release(event.update).kb
            yield Violation(sentence, line.facts.name, event.at, f"{kb} was tried again after two failures")


def tickets_exact(line: Timeline, sentence: str) -> Iterator[Violation]:
    """A ticket for each second failure, as soon as the device can be asked; once; and no other."""
    evidence, name = line.evidence, line.facts.name
    raised = {t: t.raised_at for t in evidence.tickets if t.device == name and t.update}
    tried = {event.update for event in line.of("install_failed", "install_interrupted")}
    for update in tried | {t.update for t in raised}:
        kb = evidence.release(update).kb
        seconds = [at for at, count in line.failures(update) if count == 2]
        mine = sorted(at for ticket, at in raised.items() if ticket.update == update)
        for at in seconds:
            seen = _answers_for(line, at)
            found = [one for one in mine if at <= one]
            gone = seen is not None and all(one.id != update for one in line.missing(seen))
            if not found:
                if seen is not None and seen < evidence.ends and not gone:
                    yield Violation(sentence, name, at, f"{kb} failed twice, and there is no ticket")
                continue
            if seen is not None and found[0] > seen:
                yield Violation(sentence, name, at, f"{kb} failed twice, and its ticket came only {found[0]}")
            mine.remove(found[0])
        for at in mine:
            yield Violation(sentence, name, at, f"a ticket about {kb} that nobody needs")


def only_approved(line: Timeline, sentence: str) -> Iterator[Violation]:
    """Nothing is installed of which people had not written down that they approve."""
    for event in line.starts:
        release = line.evidence.release(event.update)
        if not line.approved(release, event.at):
            yield Violation(
                sentence, line.facts.name, event.at, f"{release.kb} was installed, and nobody had approved it"
            )


def nothing_cut_off(line: Timeline, sentence: str) -> Iterator[Violation]:
    """Our restart never cuts off an installation."""
    restarts = {event.at for event in line.of("restarted") if event.detail == "ours"}
    for event in line.of("install_interrupted"):
        if event.at in restarts:
            yield Violation(sentence, line.facts.name, event.at, "a restart of ours cut off an installation")


def excepted(line: Timeline, sentence: str) -> Iterator[Violation]:
    """What an exception takes out is left out while it holds."""
    mine = [one for one in line.evidence.exceptions if one.device == line.facts.name]
    for event in line.of("install_started", "restart_scheduled"):
        release = line.evidence.release(event.update) if event.update else None
        for one in mine:
            if event.at >= one.until:
                continue
            if release is None:
                broken = one.scope == "restarts"
            else:
                broken = one.scope == "patching" or (one.scope == "update" and one.update in (release.id, *release.kbs))
            if broken:
                text = f"{event.what} in spite of an exception ({one.scope})"
                yield Violation(sentence, line.facts.name, event.at, text)


def known_missing(line: Timeline, at: datetime) -> list[Release]:
    """Return what the device lacked as far as anybody had to know: by its last search, if that is not a day old."""
    last = max((one for one in line.searches if one <= at), default=None)
    lacks = line.missing(at)
    if last is None or at - last > DAY:
        return lacks
    seen = {one.id for one in line.missing(last)}
    return [one for one in lacks if one.id in seen]


def _answers_for(line: Timeline, after: datetime) -> datetime | None:
    """Return the first instant after ``after`` by which the device had answered for long enough to be asked."""
    for on in line.on:
        start = max(on.start, after)
        if on.end - start >= PATIENCE:
            return start + PATIENCE
    return None
