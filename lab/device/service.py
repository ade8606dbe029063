# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The update service of one device, as its jobs see it: a search and three acts, each with a duration and an end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol

from ..catalogue.release import Release
from .state import Found


class Act(str, Enum):
    """What WUA can be asked to do with one update."""

    DOWNLOAD = "download"
    INSTALL = "install"
    UNINSTALL = "uninstall"


@dataclass(frozen=True, slots=True)
class Warned:
    """A warning that WUA gives with the result of a search."""

    hresult: int
    message: str


@dataclass(frozen=True, slots=True)
class SearchRun:
    """How a search goes. ``raises``: the HRESULT it throws (0: none); ``bare``: the update objects lack properties."""

    seconds: float = 240.0
    result_code: int = 2
    warnings: tuple[Warned, ...] = ()
    raises: int = 0
    bare: bool = False

    def doubt(self, found: Found) -> str:
        """Say why what it ``found`` cannot be the whole truth, or ``""``: every Windows has something installed."""
        seen = len(found.missing) + len(found.installed)
        if not seen:
            return (
                "the search saw no update at all, neither missing nor installed; "
                "the update agent or its source needs attention"
            )
        return f"{seen} update objects lack their properties; the update agent needs repair" if self.bare else ""


@dataclass(frozen=True, slots=True)
class ActRun:
    """How an act on one update goes. ``power_fails_after``: seconds until the mains go, for ``dark`` seconds."""

    seconds: float
    result_code: int = 2
    hresult: int = 0
    restart_required: bool = False
    raises: int = 0
    power_fails_after: float | None = None
    dark: float = 120.0


class UpdateService(Protocol):
    """WUA with its store. All instants are the lab's."""

    def plan_search(self, at: datetime) -> SearchRun:
        """Say how a search that starts at ``at`` will go."""

    def find(self, at: datetime) -> Found:
        """Return what is missing and what is installed."""

    def plan(self, act: Act, release: Release, at: datetime, pending: bool) -> ActRun:
        """Say how an act that starts now will go; ``pending``: a restart is pending."""

    def licensed(self, release: Release) -> bool:
        """Whether the licence terms of the update are accepted already (or it has none)."""

    def complete(self, act: Act, release: Release, run: ActRun) -> None:
        """Let a successful act take effect."""

    def restarted(self) -> tuple[Release, ...]:
        """Complete what waited for a restart and return it."""

    def disabled(self) -> bool:
        """Whether the Windows Update service is disabled."""
