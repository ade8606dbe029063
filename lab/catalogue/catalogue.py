# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is offered to which kind of PC at which instant."""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from . import read
from .release import Release
from .rolling import Rolling


@dataclass(frozen=True, slots=True)
class Kit:
    """What decides which updates a PC can be offered: PCs of one kit share all lists of the catalogue."""

    product: str
    model: str = ""
    features: frozenset[str] = frozenset()


@dataclass(slots=True)
class Catalogue:
    """A set of releases and series. ``released_until``: nothing newer is ever offered."""

    releases: tuple[Release, ...]
    series: tuple[Rolling, ...] = ()
    released_until: datetime | None = None
    _for_kit: dict[Kit, tuple[tuple[Release, ...], tuple[Rolling, ...]]] = field(default_factory=dict)
    _shipped: dict[tuple[Kit, datetime], frozenset[str]] = field(default_factory=dict)
    _by_id: dict[str, Release] = field(default_factory=dict)

    @classmethod
    def real(
        cls, extra: Iterable[Release] = (), released_until: datetime | None = None, shift: timedelta = timedelta(0)
    ) -> Catalogue:
        """Return the real releases, each ``shift`` later than it was, and ``extra`` ones (not shifted)."""
        moved = (replace(r, released=r.released + shift) if r.released else r for r in read.releases())
        series = tuple(replace(one, _known={}) for one in read.rolling())
        return cls((*moved, *extra), series, released_until)

    def by_id(self, update: str) -> Release | None:
        """Return a release that was offered to anybody, or None."""
        if not self._by_id:
            self._by_id.update((release.id, release) for release in self.releases)
        if update not in self._by_id:
            self._by_id.update((r.id, r) for one in self.series for r in one.known())
        return self._by_id.get(update)

    def offered(self, kit: Kit, present: Set[str], at: datetime) -> list[Release]:
        """Return what a PC of this kit lacks at ``at`` when the updates ``present`` are installed.

        An update whose prerequisites are not installed is not offered (and replaces nothing); neither is one that
        an offered or installed update replaces.
        """
        ready = [r for r in self._visible(kit, at) if r.id in present or all(need in present for need in r.requires)]
        replaced = {old for release in ready for old in release.supersedes}
        return [release for release in ready if release.id not in present and release.id not in replaced]

    def standing(self, present: Set[str]) -> list[Release]:
        """Return the installed releases that no other installed one replaces; of a series, its newest."""
        installed = [release for one in present if (release := self.by_id(one)) is not None]
        replaced = {old for release in installed for old in release.supersedes}
        newest = {(r.kb, r.products): r for r in sorted(installed, key=_age) if r.id not in replaced}
        return sorted(newest.values(), key=lambda r: (r.kb, r.id))

    def shipped(self, kit: Kit, until: datetime) -> frozenset[str]:
        """Return what a PC has that was kept patched until that instant; the same object for the same kit."""
        key = (kit, until)
        if key not in self._shipped:
            present: set[str] = set()
            while offer := {r.id for r in self.offered(kit, present, until) if r.released is not None}:
                present |= offer
            self._shipped[key] = frozenset(present)
        return self._shipped[key]

    def find(self, text: str) -> list[Release]:
        """Return the releases with that id, that KB, or that text in their title."""
        known = (*self.releases, *(r for one in self.series for r in (one.pattern,)))
        return [r for r in known if text == r.id or text in r.kbs or text.casefold() in r.title.casefold()]

    def _visible(self, kit: Kit, at: datetime) -> list[Release]:
        if kit not in self._for_kit:
            self._for_kit[kit] = (
                tuple(release for release in self.releases if _fits(release, kit)),
                tuple(one for one in self.series if _fits(one.pattern, kit)),
            )
        singles, series = self._for_kit[kit]
        horizon = min(at, self.released_until) if self.released_until else at
        visible = [release for release in singles if release.released is None or release.released <= horizon]
        visible += [release for one in series if (release := one.newest(horizon)) is not None]
        return visible


def _fits(release: Release, kit: Kit) -> bool:
    if release.products and kit.product not in release.products:
        return False
    if release.models and kit.model not in release.models:
        return False
    return not release.feature or release.feature in kit.features


def _age(release: Release) -> datetime:
    return release.released or datetime.min.replace(tzinfo=UTC)
