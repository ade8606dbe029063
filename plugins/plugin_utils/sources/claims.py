# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What each source says of a host, kept apart, and the one description that is made of all.

A source says what it knows in a variable of its own, ``nightshift_from_<source>``: that the variable is there means
that the source knows the host. ``nightshift_device`` is what playbooks read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

PREFIX = "nightshift_from_"
DEVICE = "nightshift_device"
_SOURCE = re.compile(r"[a-z][a-z0-9_]*")


def variable(source: str) -> str:
    """Return the variable of a source. Raises ValueError for a name that makes none."""
    if not _SOURCE.fullmatch(source):
        raise ValueError(f"{source!r} is no name of a source; use small letters, digits and underscores, as register")
    return f"{PREFIX}{source}"


def sources_of(variables: Iterable[str]) -> tuple[str, ...]:
    """Return the sources that know a host, by the names of its variables, in the order of the alphabet."""
    return tuple(sorted(name.removeprefix(PREFIX) for name in variables if name.startswith(PREFIX)))


def completed(said: Mapping[str, object], further: Mapping[str, object] | None) -> dict[str, object]:
    """Return what is said of a device, with ``further`` where it says nothing (no key, or null)."""
    gaps = {key: value for key, value in (further or {}).items() if said.get(key) is None}
    return {**said, **gaps}
