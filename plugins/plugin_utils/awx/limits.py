# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Names of devices as an Ansible pattern: by groups where these say the same, so that a new PC needs no schedule."""

from __future__ import annotations

from collections.abc import Collection, Mapping

EVERYBODY = "all"
CLASSES = ("desktops", "laptops", "servers", "rooms")  # preferred where another group says the same
_NO_CHOICE = (EVERYBODY, "ungrouped")


def pattern_of(
    hosts: Collection[str], groups: Mapping[str, Collection[str]], outside: Collection[str] = ()
) -> tuple[str, ...]:
    """Return the parts of a pattern that selects ``hosts``; ``("all",)`` when these are all there are.

    ``groups`` has the members of every group of the inventory. ``outside``: devices that no patrol contacts, which a
    group may hold as well. Largest groups first, then single devices by name.
    """
    allowed = set(hosts) | set(outside)
    everybody = set(groups.get(EVERYBODY, ())) | allowed
    if everybody <= allowed:
        return (EVERYBODY,)
    fitting = {
        name: set(members) & set(hosts)
        for name, members in groups.items()
        if name not in _NO_CHOICE and set(members) <= allowed
    }
    left, parts = set(hosts), []
    while left:
        best = min(
            fitting,
            key=lambda name: (-len(fitting[name] & left), _rank(name), name),
            default=None,
        )
        if best is None or not fitting[best] & left:
            break
        parts.append(best)
        left -= fitting[best]
    return (*parts, *sorted(left))


def _rank(name: str) -> int:
    return CLASSES.index(name) if name in CLASSES else len(CLASSES)
