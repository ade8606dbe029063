# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The life of one device, put together again from what really happened to it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from lab.catalogue import Release

from .evidence import DeviceFacts, Event, Evidence

BOOT = timedelta(minutes=5)  # at the latest so long after it was switched on, a device answers
INTERRUPTIONS = 3  # retry.interruptions of all presets
_DOWN = ("power_off", "restarted")
_UP = ("power_on", "restarted")
_ENDS = ("install_finished", "install_failed", "install_interrupted")


@dataclass(frozen=True)
class Interval:
    """``start`` <= t < ``end``."""

    start: datetime
    end: datetime

    @property
    def length(self) -> timedelta:
        """How long it is."""
        return self.end - self.start

    def holds(self, at: datetime) -> bool:
        """Whether an instant lies inside."""
        return self.start <= at < self.end

    def overlap(self, other: Interval) -> Interval | None:
        """Return what both share, or None."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        return Interval(start, end) if start < end else None


@dataclass
class Timeline:
    """One device's month."""

    facts: DeviceFacts
    evidence: Evidence
    events: list[Event] = field(default_factory=list)

    def of(self, *what: str) -> list[Event]:
        """Return the events of these kinds, in order."""
        return [event for event in self.events if event.what in what]

    @cached_property
    def sessions(self) -> list[Interval]:
        """When it was on without a break, restarts being breaks."""
        found, since = [], None
        for event in self.of(*_DOWN, *_UP):
            if event.what in _DOWN and since is not None:
                found.append(Interval(since, event.at))
                since = None
            if event.what in _UP:
                since = event.at
        if since is not None:
            found.append(Interval(since, self.evidence.ends))
        return found

    @cached_property
    def on(self) -> list[Interval]:
        """When it was on, restarts being no break."""
        found: list[Interval] = []
        for one in self.sessions:
            if found and found[-1].end == one.start:
                found[-1] = Interval(found[-1].start, one.end)
            else:
                found.append(one)
        return found

    @cached_property
    def people(self) -> list[Interval]:
        """When somebody was logged on and not away."""
        found, since = [], None
        for event in self.of("logons"):
            if since is not None:
                found.append(Interval(since, event.at))
                since = None
            if event.detail:
                since = event.at
        if since is not None:
            found.append(Interval(since, self.evidence.ends))
        return found

    @cached_property
    def searches(self) -> list[datetime]:
        """When searches that can be believed ended."""
        return [event.at for event in self.of("search_finished") if event.detail == "trusted"]

    @cached_property
    def starts(self) -> list[Event]:
        """The installations, by their start."""
        return self.of("install_started")

    @cached_property
    def work(self) -> list[Interval]:
        """When a job of any kind was running."""
        found, since = [], None
        for event in self.of("job_started", "job_finished", "job_interrupted"):
            if event.what == "job_started":
                since = event.at
            elif since is not None:
                found.append(Interval(since, event.at))
                since = None
        return found

    def works(self, span: Interval) -> timedelta:
        """Return how long jobs ran during a span."""
        return sum((shared.length for one in self.work if (shared := one.overlap(span))), timedelta())

    def tried(self, update: str, span: Interval) -> bool:
        """Whether an installation of it was begun (or its download failed) during a span."""
        kinds = ("install_started", "install_failed")
        return any(e.update == update and e.what in kinds and span.holds(e.at) for e in self.events)

    def present(self, at: datetime) -> frozenset[str]:
        """Return the ids of what was installed."""
        index = bisect_right([instant for instant, _present in self._present], at)
        return self._present[index - 1][1] if index else self.facts.shipped

    def missing(self, at: datetime) -> list[Release]:
        """Return what the update service would have offered."""
        return self.evidence.catalogue.offered(self.facts.kit, self.present(at), at)

    def boot(self, at: datetime) -> datetime | None:
        """Return when it was last switched on or restarted, None when it was off."""
        return next((one.start for one in self.sessions if one.holds(at)), None)

    def pending(self, at: datetime) -> list[Release]:
        """Return the updates that waited for a restart."""
        boot = self.boot(at)
        return [
            release
            for event in self.of("install_finished")
            if boot is not None and boot < event.at <= at
            if (release := self.evidence.release(event.update)).needs_restart
        ]

    def failures(self, update: str) -> Iterator[tuple[datetime, int]]:
        """Yield each failure of an update with how many there were since its ticket was last closed.

        Every third interrupted attempt is one: each alone says nothing of the update (docs/policy.md, retry).
        """
        closings = sorted(
            t.closed_at
            for t in self.evidence.tickets
            if t.device == self.facts.name and t.update == update and t.closed_at is not None
        )
        count, interrupted, since = 0, 0, None
        for event in self.of("install_failed", "install_interrupted"):
            if event.update != update:
                continue
            closed = max((c for c in closings if c <= event.at), default=None)
            if closed != since:
                count, interrupted, since = 0, 0, closed
            if event.what == "install_interrupted":
                interrupted += 1
                if interrupted % INTERRUPTIONS:
                    continue
            count += 1
            yield event.at, count

    def given_up(self, update: str, at: datetime) -> bool:
        """Whether two attempts had failed by then, and nobody had closed the ticket since."""
        failed = [(instant, count) for instant, count in self.failures(update) if instant <= at]
        if not failed or failed[-1][1] < 2:
            return False
        mine = [t.closed_at for t in self.evidence.tickets if t.device == self.facts.name and t.update == update]
        return not any(closed is not None and failed[-1][0] < closed <= at for closed in mine)

    def excepted(self, release: Release, at: datetime) -> bool:
        """Whether an exception takes the device, or this update on it, out of patching."""
        names = (release.id, *release.kbs)
        return any(
            one.device == self.facts.name
            and at < one.until
            and (one.scope == "patching" or (one.scope == "update" and one.update in names))
            for one in self.evidence.exceptions
        )

    def may_restart(self, span: Interval) -> bool:
        """Whether no exception keeps the device from being restarted at any instant of a span."""
        mine = [one for one in self.evidence.exceptions if one.device == self.facts.name and one.scope == "restarts"]
        return all(one.until <= span.start for one in mine)

    def approved(self, release: Release, at: datetime) -> bool:
        """Whether what people had last written down about an update by then is that they approve of it."""
        names = (release.id, *release.kbs)
        said = [one for one in self.evidence.approvals if one.update in names and one.on <= at]
        return bool(said) and max(said, key=lambda one: one.on).verb == "approve"

    @cached_property
    def _present(self) -> list[tuple[datetime, frozenset[str]]]:
        known, found = set(self.facts.shipped), []
        for event in self.of("install_finished", "uninstall_finished"):
            if event.what == "install_finished":
                known.add(event.update)
            else:
                known.discard(event.update)
            found.append((event.at, frozenset(known)))
        return found


def timelines(evidence: Evidence) -> dict[str, Timeline]:
    """Return the life of every device."""
    found = {name: Timeline(facts, evidence) for name, facts in evidence.devices.items()}
    for event in sorted(evidence.events, key=lambda e: e.at):
        found[event.device].events.append(event)
    return found


def minutes(updates: Sequence[Release]) -> timedelta:
    """Return how long these updates take, with their downloads and the search before them."""
    return timedelta(minutes=5 + sum(one.minutes + one.size / 12_500_000 / 60 + 1 for one in updates))
