# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is wrong with a register, one line each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: where it is, what stands there, what was expected.

    ``line`` 0: the file as a whole. ``column`` and ``value`` are empty where no single
    cell is meant. ``counted``: what ``line`` counts: the lines of a file, the rows of a
    query, the ids of a server's hosts.
    """

    file: str
    line: int
    column: str
    value: str
    expected: str
    counted: str = "line"

    def __str__(self) -> str:
        """``register.csv: line 7, column mac: '00:11' is not a MAC address; write ...``."""
        place = self.file
        if self.line:
            place += f": {self.counted} {self.line}"
        if self.column:
            place += f"{', ' if self.line else ': '}column {self.column}"
        value = f"{self.value!r} " if self.value else ""
        return f"{place}: {value}{self.expected}"


class RegisterError(ValueError):
    """A register that cannot be used. ``problems`` are in the order of the file; str() is one line each."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))
