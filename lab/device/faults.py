# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What goes wrong on demand, on one device, for a time or a number of times."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any

from ..catalogue.release import Release
from ..endpoint import FaultKind, TransportFault
from . import hresults


class Trouble(str, Enum):
    """The kinds of trouble; the first four are the network's, the rest the PC's."""

    REFUSE = "refuse"
    HANG = "hang"
    CUT = "cut"
    SLOW = "slow"
    AUTH = "auth"  # the password is not accepted
    FAIL_UPDATE = "fail_update"  # installing (or downloading) an update ends with ``hresult``
    POWER_LOSS = "power_loss"  # the mains go while an update installs
    BROKEN_WUA = "broken_wua"  # a search "succeeds" without a word and sees nothing at all
    SEARCH_FAILS = "search_fails"  # a search throws ``hresult``
    DISK_FULL = "disk_full"  # downloads end with ERROR_DISK_FULL


_TRANSPORT = {t: FaultKind(t.value) for t in (Trouble.REFUSE, Trouble.HANG, Trouble.CUT, Trouble.SLOW)}
_SEARCH_FAILED = 0x8024402C
_OPERATIONS = frozenset({"Create", "Command", "Send", "Receive", "Signal", "Delete"})


class FaultError(ValueError):
    """A fault that cannot be meant so: names key, value and what is allowed."""


@dataclass(slots=True)
class Fault:
    """One trouble. ``since`` <= t < ``until`` (None: open); ``count``: times left (None: always).

    ``update``: id, KB or part of a title (``""``: any). ``seconds``: real delay (SLOW), virtual delay until the
    mains go (POWER_LOSS). ``dark``: virtual seconds without power.
    """

    kind: Trouble
    since: datetime | None = None
    until: datetime | None = None
    count: int | None = None
    update: str = ""
    hresult: int = 0
    seconds: float = 0.0
    dark: float = 120.0
    cut_after_bytes: int = 100
    operations: frozenset[str] = frozenset()
    phase: str = "install"

    def active(self, at: datetime) -> bool:
        """Whether it can strike at ``at``."""
        began = self.since is None or self.since <= at
        return began and (self.until is None or at < self.until) and self.count != 0

    def concerns(self, release: Release) -> bool:
        """Whether it is about this update."""
        wanted = self.update
        return (
            not wanted or wanted == release.id or wanted in release.kbs or wanted.casefold() in release.title.casefold()
        )

    def transport(self) -> TransportFault:
        """Return it as the WinRM half understands it."""
        return TransportFault(_TRANSPORT[self.kind], self.seconds, self.cut_after_bytes, self.operations)


@dataclass(slots=True)
class FaultBook:
    """The troubles of one device, oldest first."""

    faults: list[Fault] = field(default_factory=list)

    def strike(self, at: datetime, *kinds: Trouble, release: Release | None = None, phase: str = "") -> Fault | None:
        """Return the first active fault of these kinds and use it up once, or None."""
        for fault in self.faults:
            if fault.kind not in kinds or not fault.active(at):
                continue
            if (release is not None and not fault.concerns(release)) or (phase and fault.phase != phase):
                continue
            if fault.count is not None:
                fault.count -= 1
            return fault
        return None

    def active(self, at: datetime, kind: Trouble) -> bool:
        """Whether such a fault is active; uses nothing up."""
        return any(fault.kind is kind and fault.active(at) for fault in self.faults)


_KEYS = (
    "kind",
    "from",
    "until",
    "count",
    "update",
    "hresult",
    "seconds",
    "dark",
    "cut_after_bytes",
    "operations",
    "phase",
)


def read_fault(raw: Mapping[str, Any], place: str, instant: Callable[[Any, str], datetime]) -> Fault:
    """Build a fault as declared; ``instant(value, place)`` reads its times. Raises FaultError."""
    for key in raw:
        if key not in _KEYS:
            raise FaultError(f"{place}.{key}: unknown key; use one of {', '.join(_KEYS)}")
    try:
        kind = Trouble(raw.get("kind", ""))
    except ValueError:
        allowed = ", ".join(t.value for t in Trouble)
        raise FaultError(f"{place}.kind: {raw.get('kind')!r} is not a fault; use one of {allowed}") from None
    count = raw.get("count")
    if count is not None and (isinstance(count, bool) or not isinstance(count, int) or count < 1):
        raise FaultError(
            f"{place}.count: {count!r} is not a number of times; use 1 or more, or leave it out for always"
        )
    operations = frozenset(raw.get("operations", ()))
    if not operations <= _OPERATIONS:
        raise FaultError(
            f"{place}.operations: {sorted(operations - _OPERATIONS)[0]!r}; use {', '.join(sorted(_OPERATIONS))}"
        )
    if raw.get("phase", "install") not in ("install", "download", "uninstall"):
        raise FaultError(f"{place}.phase: {raw['phase']!r}; use install, download or uninstall")
    default = {Trouble.FAIL_UPDATE: hresults.INSTALL_FAILURE, Trouble.SEARCH_FAILS: _SEARCH_FAILED}.get(kind, 0)
    return Fault(
        kind,
        since=instant(raw["from"], f"{place}.from") if raw.get("from") is not None else None,
        until=instant(raw["until"], f"{place}.until") if raw.get("until") is not None else None,
        count=count,
        update=str(raw.get("update", "")),
        hresult=_hresult(raw["hresult"], f"{place}.hresult") if "hresult" in raw else default,
        seconds=_seconds(raw, "seconds", 60.0 if kind is Trouble.POWER_LOSS else 1.0, place),
        dark=_seconds(raw, "dark", 120.0, place),
        cut_after_bytes=int(_seconds(raw, "cut_after_bytes", 100, place)),
        operations=operations,
        phase=raw.get("phase", "install"),
    )


def _hresult(value: object, place: str) -> int:
    try:
        code = int(str(value), 0)
    except (TypeError, ValueError):
        code = 0
    if not 0 < code < 2**32:
        raise FaultError(f"{place}: {value!r} is not an HRESULT; write it like 0x80070643")
    return int(code)


def _seconds(raw: Mapping[str, Any], key: str, default: float, place: str) -> float:
    value = raw.get(key, default)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0:
        raise FaultError(f"{place}.{key}: {value!r} is not a number of 0 or more")
    return float(value)
