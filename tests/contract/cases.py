# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The contract cases, and what it means that a result matches one (``README.md`` beside this file)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent
CASES = sorted(ROOT.glob("win_*/*.json"))

_MATCHERS = frozenset({"$any", "$absent", "$contains", "$unordered"})
_MISSING = object()


def load(path: Path) -> dict[str, Any]:
    """Return the case in a file."""
    case: dict[str, Any] = json.loads(path.read_text())
    return case


def steps(case: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the steps of a case; one that has none is its own only step."""
    found: list[dict[str, Any]] = case.get("steps") or [case]
    return found


def differences(expected: Any, actual: Any, place: str = "result") -> list[str]:
    """Return one line for everything in which ``actual`` does not match ``expected``; empty when it matches."""
    if isinstance(expected, dict):
        if len(expected) == 1 and set(expected) <= _MATCHERS:
            return _special(*next(iter(expected.items())), actual, place)
        if not isinstance(actual, dict):
            return [f"{place}: expected an object, got {_shown(actual)}"]
        return [
            line
            for key, value in expected.items()
            for line in differences(value, actual.get(key, _MISSING), f"{place}.{key}")
        ]
    if isinstance(expected, list):
        if not isinstance(actual, list):
            return [f"{place}: expected a list, got {_shown(actual)}"]
        if len(expected) != len(actual):
            return [f"{place}: expected {len(expected)} elements, got {len(actual)}: {_shown(actual)}"]
        return [
            line
            for index, (want, have) in enumerate(zip(expected, actual, strict=True))
            for line in differences(want, have, f"{place}[{index}]")
        ]
    if type(expected) is not type(actual) or expected != actual:
        return [f"{place}: expected {_shown(expected)}, got {_shown(actual)}"]
    return []


def _special(matcher: str, argument: Any, actual: Any, place: str) -> list[str]:
    """Match in place of a value."""
    if matcher == "$absent":
        return [] if actual is _MISSING else [f"{place}: expected to be absent, got {_shown(actual)}"]
    if actual is _MISSING:
        return [f"{place}: is missing"]
    if matcher == "$any":
        return []
    if matcher == "$contains":
        texts = actual if isinstance(actual, list) else [actual]
        if any(isinstance(text, str) and argument.casefold() in text.casefold() for text in texts):
            return []
        return [f"{place}: expected {argument!r} in it, got {_shown(actual)}"]
    if not isinstance(actual, list):
        return [f"{place}: expected a list, got {_shown(actual)}"]
    rest = list(actual)
    for want in argument:
        fitting = next((have for have in rest if not differences(want, have)), _MISSING)
        if fitting is _MISSING:
            return [f"{place}: nothing matches {_shown(want)} in {_shown(actual)}"]
        rest.remove(fitting)
    return [f"{place}: not expected: {_shown(rest)}"] if rest else []


def _shown(value: Any) -> str:
    return "nothing" if value is _MISSING else json.dumps(value, ensure_ascii=False)
