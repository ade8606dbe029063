# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is wrong with what a campaign is told: one line names place, value and remedy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..tasks.fault import OperatorError

VARIABLE = "nightshift_cloning"


@dataclass(frozen=True, slots=True)
class CloningProblem:
    """One mistake. ``origin``: file or group; ``key``: place with the variable's name; ``value`` as shown, or empty."""

    origin: str
    key: str
    value: str
    fault: str
    remedy: str

    def __str__(self) -> str:
        """``group_vars/all.yml: nightshift_cloning.seasons[0].from: '6-31' is not a day of the year; use ...``."""
        what = f"{self.value} {self.fault}" if self.value else self.fault
        return " ".join(f"{self.origin}: {self.key}: {what}; {self.remedy}".split())


class CloningError(OperatorError, ValueError):
    """A campaign cannot be planned. ``problems`` holds each once; ``str`` is one line for each."""

    def __init__(self, problems: Iterable[CloningProblem]) -> None:
        """Keep each problem once, in the order of their discovery."""
        self.problems = tuple(dict.fromkeys(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))
