# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An update service that does what a contract case says."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from ..catalogue.release import Release
from . import hresults
from .service import Act, ActRun, SearchRun
from .state import Found, Offer

_SECONDS = {Act.DOWNLOAD: 60.0, Act.INSTALL: 600.0, Act.UNINSTALL: 300.0}


@dataclass(slots=True)
class ScriptedUpdate:
    """One update of a case: what it is, how it stands, and how each act on it goes."""

    release: Release
    downloaded: bool = False
    installed: bool = False
    hidden: bool = False
    licensed: bool = True
    acts: dict[Act, ActRun] = field(default_factory=dict)


@dataclass(slots=True)
class ScriptedService:
    """Updates by id, in the order of the case."""

    updates: dict[str, ScriptedUpdate]
    search: SearchRun = field(default_factory=SearchRun)
    service_disabled: bool = False

    def plan_search(self, at: datetime) -> SearchRun:
        """Every search goes the same way; with the service disabled it throws."""
        return replace(self.search, raises=hresults.SERVICE_DISABLED) if self.service_disabled else self.search

    def find(self, at: datetime) -> Found:
        """Return what stands in the case."""
        seen = [u for u in self.updates.values() if not u.hidden]
        return Found(
            tuple(Offer(u.release, u.downloaded) for u in seen if not u.installed),
            tuple(u.release for u in self.updates.values() if u.installed),
        )

    def plan(self, act: Act, release: Release, at: datetime, pending: bool) -> ActRun:
        """Return the act as the case has it."""
        return self.updates[release.id].acts.get(act, ActRun(_SECONDS[act]))

    def licensed(self, release: Release) -> bool:
        """Whether the case says that its terms are accepted."""
        return self.updates[release.id].licensed

    def complete(self, act: Act, release: Release, run: ActRun) -> None:
        """Change how the update stands."""
        update = self.updates[release.id]
        if act is Act.DOWNLOAD:
            update.downloaded = True
        else:
            update.installed = act is Act.INSTALL
            update.downloaded = update.downloaded and act is Act.INSTALL

    def restarted(self) -> tuple[Release, ...]:
        """Nothing waits in a case."""
        return ()

    def disabled(self) -> bool:
        """Whether the case disables the service."""
        return self.service_disabled
