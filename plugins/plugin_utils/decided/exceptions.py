# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""``exceptions.yml``: what is taken out of a rule, for which devices, why, and who authorised it (campus 6)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from ..planner.fleet import Exemption, Scope
from ..policy.values import meant, one_of, set_of, text, update_name
from .moments import Moment, moment
from .problem import DecisionError, Problem
from .rows import Row, rows_of

WHAT = "exceptions"
KEYS = ("scope", "update", "devices", "groups", "reason", "authorised_by", "on", "expires")
_UTC = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class ExceptionEntry:
    """One exception as it is written; ``scopes`` has at least one, and so have ``devices`` and ``groups`` together."""

    scopes: frozenset[Scope]
    reason: str
    authorised_by: str
    devices: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    update: str | None = None
    on: Moment | None = None
    expires: Moment | None = None

    def concerns(self, device: str, groups: Iterable[str]) -> bool:
        """Return whether it names the device or one of its groups."""
        return device in self.devices or not self.groups.isdisjoint(groups)

    def ends(self, zone: ZoneInfo) -> datetime | None:
        """Return when it stops to hold, for a device in ``zone``; None: it has no end."""
        return self.expires.ends(zone) if self.expires else None

    def exemptions(self, zone: ZoneInfo) -> tuple[Exemption, ...]:
        """Return it for one device, a value for each scope."""
        return tuple(
            Exemption(
                scope, self.reason, self.authorised_by, self.ends(zone), self.update if scope is Scope.UPDATE else None
            )
            for scope in sorted(self.scopes, key=list(Scope).index)
        )

    def as_data(self) -> dict[str, object]:
        """Return what the entry says in the words of the file: only keys with a value, lists in order."""
        said: dict[str, object] = {"scope": [one.value for one in Scope if one in self.scopes]}
        said |= {"update": self.update} if self.update else {}
        said |= {"devices": sorted(self.devices)} if self.devices else {}
        said |= {"groups": sorted(self.groups)} if self.groups else {}
        said |= {"reason": self.reason, "authorised_by": self.authorised_by}
        said |= {"on": str(self.on)} if self.on else {}
        return said | ({"expires": str(self.expires)} if self.expires else {})


def read_exceptions(path: Path, shown: str) -> tuple[ExceptionEntry, ...]:
    """Read and check the whole file. Raises DecisionError with all its problems."""
    rows = rows_of(path, WHAT, shown)
    found = [exception_in(row) for row in rows]
    problems = [problem for row in rows for problem in row.problems]
    if problems:
        raise DecisionError(problems)
    return tuple(entry for entry in found if entry is not None)


def exception_in(row: Row) -> ExceptionEntry | None:
    """Read one entry; what is wrong with it is noted in the row."""
    if not row.values:
        if not row.problems:
            row.refuse("", "", "is empty", "give it scope, devices or groups, reason and authorised_by")
        return None
    row.only(*KEYS)
    scopes = row.need("scope", _scopes, "use patching, update, restarts or cloning, or a list of them")
    update = row.read("update", update_name)
    devices = row.read("devices", _names) or frozenset()
    groups = row.read("groups", _names) or frozenset()
    reason = row.need("reason", text, "an exception needs its reason")
    by = row.need("authorised_by", text, "an exception needs the head of unit, department or project who authorised it")
    on, expires = row.read("on", moment), row.read("expires", moment)
    if not devices and not groups and "devices" not in row.lines and "groups" not in row.lines:
        row.refuse("", "", "names neither devices nor groups", "add devices: [...] or groups: [...]")
    if scopes is not None and Scope.UPDATE in scopes and "update" not in row.values:
        row.refuse("update", "", "is missing", "the scope update needs the KB or id of the update")
    if scopes is not None and Scope.UPDATE not in scopes and update is not None:
        row.refuse(
            "update", f"'{update}'", "has no meaning without the scope update", "use scope: update, or leave it out"
        )
    if expires is not None and on is not None and expires.ends(_UTC) <= on.begins(_UTC):
        row.refuse("expires", f"'{expires}'", f"is not after on ('{on}'), so it would never hold", "give a later date")
    if scopes is None or reason is None or by is None or row.problems:
        return None
    return ExceptionEntry(scopes, reason, by, devices, groups, update, on, expires)


def unknown_names(
    entries: Sequence[ExceptionEntry], shown: str, groups: Mapping[str, Iterable[str]], now: datetime
) -> list[Problem]:
    """Return the names in exceptions that hold which the inventory does not have: they would hold for nobody.

    ``groups``: every group of the inventory with its hosts.
    """
    hosts = {host for members in groups.values() for host in members}
    problems = []
    for number, entry in enumerate(entries):
        if is_over(entry, now):
            continue
        for kind, names, known in (("devices", entry.devices, hosts), ("groups", entry.groups, set(groups))):
            for name in sorted(names - known):
                one = "a device" if kind == "devices" else "a group"
                remedy = f"{meant(name, known)}correct it, or let the exception expire"
                key = f"{WHAT}[{number}].{kind}"
                problems.append(Problem(shown, 0, key, repr(name), f"is not {one} of this inventory", remedy))
    return problems


def is_over(entry: ExceptionEntry, now: datetime, zone: ZoneInfo = _UTC) -> bool:
    """Return whether an exception has expired at ``now``."""
    ends = entry.ends(zone)
    return ends is not None and ends <= now


def expired(entries: Iterable[ExceptionEntry], now: datetime, zone: ZoneInfo = _UTC) -> tuple[ExceptionEntry, ...]:
    """Return the exceptions that no longer hold, for reports: the one that ended last comes first."""
    over = [entry for entry in entries if is_over(entry, now, zone)]
    return tuple(sorted(over, key=lambda entry: entry.ends(zone) or now, reverse=True))


def _scopes(raw: object) -> frozenset[Scope]:
    read: Callable[[object], Scope] = one_of(Scope)
    return set_of(read)(raw) if isinstance(raw, (list, tuple)) and raw else frozenset({read(raw)})


def _names(raw: object) -> frozenset[str]:
    return frozenset({text(raw)}) if isinstance(raw, str) else set_of(text)(raw)
