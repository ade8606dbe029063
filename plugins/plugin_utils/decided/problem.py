# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is wrong with people's decisions: one problem, one line that names file, entry, value and remedy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..tasks.fault import OperatorError


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake. ``line`` 0: not known. ``key``: ``approvals[2].expires``; ``value`` as shown, or empty."""

    file: str
    line: int
    key: str
    value: str
    fault: str
    remedy: str

    def __str__(self) -> str:
        """``approvals.yml: line 14, approvals[2].expires: 'soon' is not a date; use ...``."""
        place = ", ".join(part for part in (f"line {self.line}" if self.line else "", self.key) if part)
        what = f"{self.value} {self.fault}" if self.value else self.fault
        return " ".join(f"{self.file}: {place}{': ' if place else ''}{what}; {self.remedy}".split())


class DecisionError(OperatorError, ValueError):
    """Decisions that cannot be used. ``problems`` in the order of the files; ``str`` is one line for each."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        """Keep each problem once."""
        self.problems = tuple(dict.fromkeys(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))
