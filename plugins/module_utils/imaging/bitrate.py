# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How fast a multicast may be, as udpcast writes it: ``150m``, ``900k``, ``1000000``."""

from __future__ import annotations

import re

_BITRATE = re.compile(r"^(\d+)([km]?)$")
_UNITS = {"": 1, "k": 1_000, "m": 1_000_000}


def bits_per_second(bitrate: str) -> int:
    """Return the bits per second that ``bitrate`` says; 0 where it says nothing, which means no limit."""
    found = _BITRATE.match(bitrate.strip().lower())
    return int(found[1]) * _UNITS[found[2]] if found else 0
