# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which Windows a product's name or a device's facts mean: its build, and whether it is a server.

The update guide names the builds that a KB mends (``FixedBuild``), and devices tell theirs: no list of releases is
needed. Architectures and installations without a desktop are not told apart, because devices do not tell theirs.
"""

from __future__ import annotations

from collections.abc import Iterable

ANY = ""  # whatever the system


def system_of_device(edition: str, build: int | None) -> str:
    """Return ``26100/client`` for the edition ``Professional`` of build 26100; ``ANY`` when the build is not known."""
    return ANY if build is None else f"{build}/{_kind(edition)}"


def systems_of_product(name: str, builds: Iterable[int]) -> frozenset[str]:
    """Return the systems that a product of the update guide stands for; none for what is not Windows."""
    return frozenset(f"{build}/{_kind(name)}" for build in builds)


def _kind(name: str) -> str:
    return "server" if "server" in name.lower() else "client"
