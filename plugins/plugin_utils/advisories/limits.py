# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How much of a foreign document is taken at all."""

from __future__ import annotations

from dataclasses import dataclass

MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """``megabytes``: of the document, unpacked; the largest that was seen had three. ``depth``: of nesting.

    ``parts``: elements of XML, values of JSON. ``entry``: elements that are held in memory at once while XML is read.
    """

    megabytes: int = 32
    parts: int = 1_000_000
    entry: int = 100_000
    depth: int = 32

    @property
    def size(self) -> int:
        """The largest document in bytes."""
        return self.megabytes * MEGABYTE
