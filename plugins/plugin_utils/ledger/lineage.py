# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the missing updates of a device replace, as far as any device of the fleet ever showed it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ..planner.fleet import Ancestor
from ..planner.model import JobKind, Outcome, Update
from ..planner.vendors import AGENT
from .portable import chunks
from .scans import MISSING
from .tables import attempts, device_updates, updates

#: The classifications of WUA; every other category is a product (docs/device-protocol.md).
CLASSIFICATIONS = frozenset(
    {
        "Critical Updates",
        "Definition Updates",
        "Drivers",
        "Feature Packs",
        "Security Updates",
        "Service Packs",
        "Tools",
        "Update Rollups",
        "Updates",
        "Upgrades",
    }
)


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of one update, all its descriptions together."""

    id: str
    kbs: frozenset[str]
    supersedes: frozenset[str]
    provider: str
    categories: frozenset[str]
    released: datetime | None

    @property
    def names(self) -> frozenset[str]:
        return self.kbs | {self.id}

    def same_product(self, other: _Known) -> bool:
        shared = (self.categories - CLASSIFICATIONS) & other.categories
        if self.provider != AGENT:
            shared = self.kbs & other.kbs
        return self.provider == other.provider and bool(shared)

    def same_kind(self, other: _Known) -> bool:
        return not (self.categories & CLASSIFICATIONS).isdisjoint(other.categories)


def ancestors(
    conn: sa.Connection, device: str, missing: Sequence[Update], named: Collection[str], owed: bool
) -> dict[str, tuple[Ancestor, ...]]:
    """Return what each missing update replaces, by its id: what ``named`` (ids and KBs) names, and what is owed.

    ``owed``: whether to find out which of them the device lacked until they were replaced on offer, and never got.
    A version of a package replaces all others of it, for package managers offer the newest alone.
    Costs a query for each generation that is known, usually two, and two more with ``owed``; none when nothing
    that is missing replaces anything.
    """
    packages = [one for one in missing if one.provider != AGENT and one.kbs]
    if not packages and not any(one.supersedes for one in missing):
        return {}
    known = _generations(conn, _with_versions(conn, missing, packages))
    reach = {name: _reachable(name, known) for name in known}
    listed = {one.id for one in missing}
    spells = _spells(conn, device, {old for one in listed for old in reach[one]} - listed) if owed else {}
    begun = _begun(conn, device, listed) if spells else {}
    found = {}
    for update in missing:
        heirs = {old for other in reach[update.id] & listed for old in reach[other]}
        since = _owed_since(begun.get(update.id), {k: v for k, v in spells.items() if k in reach[update.id] - heirs})
        line = _one_product(update.id, known)
        kept = [
            Ancestor(
                names=known[old].names if old in known else frozenset({old}),
                replaces=_names(reach.get(old, ()), known),
                released=known[old].released if old in known else None,
                same_product=old in line,
                same_kind=old in known and known[update.id].same_kind(known[old]),
                owed_since=since.get(old),
            )
            for old in sorted(reach[update.id] - {update.id})
            if old in since or not (known[old].names if old in known else {old}).isdisjoint(named)
        ]
        if kept:
            found[update.id] = tuple(kept)
    return found


def _generations(conn: sa.Connection, missing: Sequence[Update]) -> dict[str, _Known]:
    """Return the missing updates and all that they replace, as far as it is known."""
    known = {one.id: _described(one.id, [_columns(one)]) for one in missing}
    asked = set(known)
    waiting = {old for one in known.values() for old in one.supersedes} - asked
    while waiting:
        rows: dict[str, list[Any]] = {}
        for part in chunks(sorted(waiting)):
            for row in conn.execute(_DESCRIBED, {"names": part}).mappings():
                rows.setdefault(row["id"], []).append(row)
        asked |= waiting
        fresh = {name: _described(name, found) for name, found in rows.items()}
        known |= fresh
        waiting = {old for one in fresh.values() for old in one.supersedes} - asked
    return known


def _with_versions(conn: sa.Connection, missing: Sequence[Update], packages: Sequence[Update]) -> Sequence[Update]:
    """Return ``missing`` with each version of a package replacing the others that any device ever lacked."""
    if not packages:
        return missing
    others = sa.or_(*(updates.c.id.startswith(f"{one.kbs[0]}@", autoescape=True) for one in packages))
    seen = conn.execute(sa.select(updates.c.id).where(others).distinct()).scalars().all()
    return [
        replace(one, supersedes=tuple(name for name in seen if name.startswith(f"{one.kbs[0]}@") and name != one.id))
        if one in packages
        else one
        for one in missing
    ]


def _columns(update: Update) -> Mapping[str, Any]:
    return {
        "kbs": update.kbs,
        "supersedes": update.supersedes,
        "provider": update.provider,
        "categories": update.categories,
        "released": update.released,
    }


def _described(name: str, rows: Sequence[Mapping[str, Any]]) -> _Known:
    return _Known(
        id=name,
        kbs=frozenset(kb for row in rows for kb in row["kbs"]),
        supersedes=frozenset(old for row in rows for old in row["supersedes"]) - {name},
        provider=rows[-1]["provider"],
        categories=frozenset(one for row in rows for one in row["categories"]),
        released=min((row["released"] for row in rows if row["released"]), default=None),
    )


def _reachable(start: str, known: Mapping[str, _Known]) -> frozenset[str]:
    """Return the ids that ``start`` replaces, directly or through others; never its own."""
    seen: set[str] = set()
    waiting = list(known[start].supersedes)
    while waiting:
        one = waiting.pop()
        if one not in seen:
            seen.add(one)
            waiting.extend(known[one].supersedes if one in known else ())
    return frozenset(seen - {start})


def _one_product(start: str, known: Mapping[str, _Known]) -> set[str]:
    """Return the ids that ``start`` reaches by steps within one product."""
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        here = known[waiting.pop()]
        for old in here.supersedes - seen:
            if old in known and here.same_product(known[old]):
                seen.add(old)
                waiting.append(old)
    return seen


def _names(ids: Iterable[str], known: Mapping[str, _Known]) -> frozenset[str]:
    return frozenset(name for one in ids for name in (known[one].names if one in known else (one,)))


def _spells(conn: sa.Connection, device: str, ids: Collection[str]) -> dict[str, list[tuple[datetime, datetime]]]:
    """Return when the device lacked each of ``ids`` and then did no longer, without ever installing it."""
    found: dict[str, list[tuple[datetime, datetime]]] = {}
    for part in chunks(sorted(ids)):
        for row in conn.execute(_GONE, {"device": device, "names": part}):
            found.setdefault(row.update_id, []).append((row.since, row.gone_at))
    return found


def _begun(conn: sa.Connection, device: str, ids: Collection[str]) -> dict[str, datetime]:
    """Return since when the device lacks each of ``ids``."""
    rows = [row for part in chunks(sorted(ids)) for row in conn.execute(_OPEN, {"device": device, "names": part})]
    return {row.update_id: row.since for row in rows}


def _owed_since(
    begun: datetime | None, spells: Mapping[str, Sequence[tuple[datetime, datetime]]]
) -> dict[str, datetime]:
    """Follow the debt back: what was still missing when the next one of the chain appeared in its place."""
    found: dict[str, datetime] = {}
    if begun is None:
        return found
    ends = sorted(((gone, since, name) for name, all_of in spells.items() for since, gone in all_of), reverse=True)
    for gone, since, name in ends:
        if gone >= begun:
            found[name] = min(since, found.get(name, since))
            begun = min(begun, since)
    return found


_NAMES: sa.BindParameter[str] = sa.bindparam("names", expanding=True)
_DEVICE: sa.BindParameter[str] = sa.bindparam("device")
_held, _tried = device_updates.c, attempts.c
_DESCRIBED = sa.select(
    updates.c.id, updates.c.kbs, updates.c.supersedes, updates.c.provider, updates.c.categories, updates.c.released
).where(updates.c.id.in_(_NAMES))
_INSTALLED = (
    sa.select(_tried.id)
    .where(
        _tried.device == _DEVICE,
        _tried.update_id == _held.update_id,
        _tried.kind == JobKind.INSTALL.value,
        _tried.outcome == Outcome.SUCCEEDED.value,
    )
    .exists()
)
_OF_DEVICE = sa.and_(_held.device == _DEVICE, _held.relation == MISSING, _held.update_id.in_(_NAMES))
_GONE = sa.select(_held.update_id, _held.since, _held.gone_at).where(
    _OF_DEVICE, _held.gone_at.is_not(None), sa.not_(_INSTALLED)
)
_OPEN = sa.select(_held.update_id, _held.since).where(_OF_DEVICE, _held.gone_at.is_(None))
