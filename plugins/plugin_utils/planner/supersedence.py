# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which missing updates need not be installed because a newer one contains them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from .model import Update


def superseded_by(missing: Sequence[Update], selected: Collection[str]) -> Mapping[str, Update]:
    """Return, for each superseded update's id, the missing update that takes its place.

    Only a ``selected`` one (by id) can: an update that will never be installed replaces nothing.
    Chains count (C replaces B, B replaces A: C replaces A), through updates that are not selected
    too. Updates that replace each other in a circle are bad data: all of them stay.
    """
    replaces = {update.id: [old for old in update.supersedes if old != update.id] for update in missing}
    if not any(replaces.values()):
        return {}
    reach = {start: _reachable(start, replaces) for start in replaces}
    found: dict[str, Update] = {}
    for update in missing:
        if update.id not in selected:
            continue
        for old in reach[update.id]:
            if old in reach and update.id not in reach[old] and _is_stronger(update, found.get(old), reach):
                found[old] = update
    return found


def _reachable(start: str, replaces: Mapping[str, Sequence[str]]) -> set[str]:
    """Return the ids that ``start`` replaces, directly or through others."""
    seen: set[str] = set()
    waiting = list(replaces[start])
    while waiting:
        one = waiting.pop()
        if one not in seen:
            seen.add(one)
            waiting.extend(replaces.get(one, ()))
    return seen


def _is_stronger(update: Update, known: Update | None, reach: Mapping[str, set[str]]) -> bool:
    """Return whether ``update`` is the better name for what replaces something: the end of the chain."""
    if known is None or known.id in reach[update.id]:
        return True
    return update.id not in reach[known.id] and update.id < known.id
