# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is wrong with a policy: one problem, one line that names place, value and remedy."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TypeVar

from ..tasks.fault import OperatorError

VARIABLE = "nightshift_policy"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake. ``origin``: file or group; ``key``: ``install.windows[1].days``; ``value`` as shown, or empty."""

    origin: str
    key: str
    value: str
    fault: str
    remedy: str

    def __str__(self) -> str:
        """``group_vars/x.yml: nightshift_policy.install.windows[1].days: 'Tues' is not a weekday; use mon, ...``."""
        key = f"{VARIABLE}.{self.key}" if self.key else VARIABLE
        what = f"{self.value} {self.fault}" if self.value else self.fault
        return " ".join(f"{self.origin}: {key}: {what}; {self.remedy}".split())


class PolicyError(OperatorError, ValueError):
    """A policy, or several, that cannot be used. ``problems`` holds each once; ``str`` is one line for each."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        """Keep each problem once, in the order of their discovery."""
        self.problems = tuple(dict.fromkeys(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))


@dataclass(frozen=True, slots=True)
class Fault:
    """What a reader does not take. ``at`` is its place below the key, like ``[1].days``."""

    value: str
    fault: str
    remedy: str
    at: str = ""


class Refused(Exception):
    """All the faults that a reader found in one value."""

    def __init__(self, *faults: Fault) -> None:
        """Keep the faults in the order of their discovery."""
        self.faults = faults
        super().__init__(*faults)


class Gather:
    """Runs readers over the parts of a value, so that one fault does not hide the next."""

    def __init__(self) -> None:
        """Start without faults."""
        self._faults: list[Fault] = []

    def read(self, at: str, reader: Callable[[object], T], raw: object) -> T | None:
        """Return what ``reader`` makes of ``raw``, or None when it refuses."""
        try:
            return reader(raw)
        except Refused as refused:
            self._faults += [replace(fault, at=at + fault.at) for fault in refused.faults]
            return None

    def refuse(self, at: str, value: object, fault: str, remedy: str) -> None:
        """Keep a fault."""
        self._faults.append(Fault(shown(value), fault, remedy, at))

    def missing(self, at: str, fault: str, remedy: str) -> None:
        """Keep a fault that has no value to show."""
        self._faults.append(Fault("", fault, remedy, at))

    def done(self) -> None:
        """Raise Refused with all the faults, if there are any."""
        if self._faults:
            raise Refused(*self._faults)


def refuse(value: object, fault: str, remedy: str) -> Refused:
    """Return the refusal of one value."""
    return Refused(Fault(shown(value), fault, remedy))


def shown(value: object) -> str:
    """Return ``value`` as a person would recognise it, on one line and not too long."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    text = repr(str(value)) if isinstance(value, str) else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
