# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The update service of a fleet's PC: the catalogue's offers, less what is installed, with the PC's troubles."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from ..catalogue import Catalogue, Kit, Release
from ..catalogue.read import products
from . import hresults
from .faults import FaultBook, Trouble
from .service import Act, ActRun, SearchRun
from .state import Computer, Found, Offer

_REFUSAL_SECONDS = 5.0
_UNINSTALL_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Pace:
    """How long things take. ``install_seconds`` None: each update its own time. ``bytes_per_second``: downloads."""

    search_seconds: float = 120.0
    install_seconds: float | None = None
    bytes_per_second: float = 12_500_000.0


@dataclass(slots=True)
class OfferedService:
    """WUA and its store on one PC. ``shipped`` is shared by PCs of a kind; the sets hold only what differs."""

    catalogue: Catalogue
    kit: Kit
    computer: Computer
    faults: FaultBook
    pace: Pace
    shipped: frozenset[str]
    added: set[str] = field(default_factory=set)
    removed: set[str] = field(default_factory=set)
    downloads: set[str] = field(default_factory=set)
    waiting: set[str] = field(default_factory=set)  # installed, completed by the next restart
    accepted: bool = False
    blind: bool = False

    def plan_search(self, at: datetime) -> SearchRun:
        """Succeed, unless a fault strikes."""
        fault = self.faults.strike(at, Trouble.SEARCH_FAILS)
        if fault is not None:
            return SearchRun(self.pace.search_seconds, result_code=4, raises=fault.hresult)
        self.blind = self.faults.strike(at, Trouble.BROKEN_WUA) is not None
        return SearchRun(self.pace.search_seconds)

    def find(self, at: datetime) -> Found:
        """Return the catalogue's offers at ``at`` and what is installed; nothing at all from a broken agent."""
        if self.blind:
            return Found()
        present = self.present()
        offered = self.catalogue.offered(self.kit, present, at)
        return Found(
            tuple(Offer(release, release.id in self.downloads) for release in offered),
            tuple(self.catalogue.standing(present)),
        )

    def present(self) -> frozenset[str]:
        """Return the ids of what is installed."""
        return (self.shipped - self.removed) | self.added

    def plan(self, act: Act, release: Release, at: datetime, pending: bool) -> ActRun:
        """Let the act succeed in the time that it takes, unless the PC's state or a fault forbids."""
        seconds = self._seconds(act, release)
        fault = self.faults.strike(at, Trouble.FAIL_UPDATE, release=release, phase=act.value)
        if fault is not None:
            return ActRun(seconds, 4, fault.hresult)
        if act is Act.DOWNLOAD:
            full = self.computer.free_bytes < 2 * release.size or self.faults.strike(at, Trouble.DISK_FULL) is not None
            return ActRun(_REFUSAL_SECONDS, 4, hresults.DISK_FULL) if full else ActRun(seconds)
        if act is Act.INSTALL and pending and release.refuses_while_pending:
            return ActRun(_REFUSAL_SECONDS, 4, hresults.INSTALL_NOT_ALLOWED)
        loss = self.faults.strike(at, Trouble.POWER_LOSS, release=release)
        if loss is not None:
            return ActRun(seconds, power_fails_after=min(loss.seconds, seconds), dark=loss.dark)
        return ActRun(seconds, restart_required=release.needs_restart)

    def licensed(self, release: Release) -> bool:
        """Whether there are no licence terms to accept."""
        return not release.licence

    def complete(self, act: Act, release: Release, run: ActRun) -> None:
        """Change what is on the disk."""
        if act is Act.DOWNLOAD:
            self.downloads.add(release.id)
            self.computer.free_bytes -= release.size
        elif act is Act.INSTALL:
            self.downloads.discard(release.id)
            self.removed.discard(release.id)
            self.added.add(release.id)
        else:
            self.added.discard(release.id)
            self.removed.add(release.id)
        if run.restart_required and act is not Act.DOWNLOAD:
            self.waiting.add(release.id)
        else:
            self._renumber()

    def restarted(self) -> tuple[Release, ...]:
        """Complete what waited and return it, by KB."""
        done = [release for one in self.waiting if (release := self.catalogue.by_id(one)) is not None]
        self.waiting.clear()
        self._renumber()
        return tuple(sorted(done, key=lambda r: (r.kb, r.id)))

    def disabled(self) -> bool:
        """Never: the service of a fleet's PC runs."""
        return False

    def ubr(self) -> int:
        """Return the build revision of the newest completed cumulative update."""
        complete = (self.catalogue.by_id(one) for one in self.present() - self.waiting)
        revisions = [release.ubr for release in complete if release is not None and release.ubr is not None]
        return max(revisions, default=products()[self.kit.product].first_ubr)

    def _renumber(self) -> None:
        self.computer.ubr = self.ubr()

    def _seconds(self, act: Act, release: Release) -> float:
        if act is Act.DOWNLOAD:
            return float(round(release.size / self.pace.bytes_per_second))
        if act is Act.UNINSTALL:
            return _UNINSTALL_SECONDS
        return self.pace.install_seconds if self.pace.install_seconds is not None else release.minutes * 60
