# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A YAML file to rows: one list of mappings, each with its line, so that a mistake can be found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import yaml

from ..policy.problems import Refused
from ..policy.values import choices, meant
from .problem import DecisionError, Problem

T = TypeVar("T")
_ABSENT = object()


@dataclass(slots=True)
class Row:
    """One entry of a file while it is read: what it says, and what is wrong with it."""

    file: str
    name: str  # approvals[2]
    line: int
    values: Mapping[str, object]
    lines: Mapping[str, int]
    problems: list[Problem] = field(default_factory=list)

    def need(self, key: str, reader: Callable[[object], T], expected: str) -> T | None:
        """Return the value of a key that must be there, or None after noting what is wrong."""
        if self.values.get(key) in (None, ""):
            self.refuse(key, "", "is missing", expected)
            return None
        return self.read(key, reader)

    def read(self, key: str, reader: Callable[[object], T]) -> T | None:
        """Return the value of a key, or None when it is absent, null, or after noting what is wrong."""
        raw = self.values.get(key)
        if raw is None:
            return None
        try:
            return reader(raw)
        except Refused as refused:
            for fault in refused.faults:
                self.refuse(key, fault.value, fault.fault, fault.remedy, at=fault.at)
            return None

    def refuse(self, key: str, value: str, fault: str, remedy: str, at: str = "") -> None:
        """Note a mistake of the entry, or of one of its keys."""
        name = ".".join(part for part in (self.name, f"{key}{at}") if part)
        self.problems.append(Problem(self.file, self.lines.get(key, self.line), name, value, fault, remedy))

    def only(self, *known: str) -> None:
        """Note the keys that are none of ``known``."""
        for key in self.values:
            if key not in known:
                self.refuse(key, "", "is not known here", f"{meant(key, known)}use {choices(known)}")


def rows_of(path: Path, what: str, shown: str) -> list[Row]:
    """Return the entries of a file, which is a list of mappings; an empty file has none.

    ``shown``: the file's name for people. Raises DecisionError for a file that cannot be read or is none.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DecisionError(
            [Problem(shown, 0, "", "", f"cannot be read ({error})", "check the path and the file")]
        ) from None
    return rows_in(text, what, shown)


def rows_in(text: str, what: str, shown: str) -> list[Row]:
    """As :func:`rows_of`, of a text."""
    loader = yaml.SafeLoader(text)
    try:
        root = loader.get_single_node()
        if root is None or (isinstance(root, yaml.ScalarNode) and root.tag == "tag:yaml.org,2002:null"):
            return []
        if not isinstance(root, yaml.SequenceNode):
            line = root.start_mark.line + 1
            fault, remedy = "is not a list", f"write one entry after the other, each beginning with {_HINTS[what]}"
            raise DecisionError([Problem(shown, line, "", "", fault, remedy)])
        return [_row(loader, node, f"{what}[{number}]", shown, what) for number, node in enumerate(root.value)]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        fault = f"is not YAML: {error.problem}"
        raise DecisionError([Problem(shown, mark.line + 1 if mark else 0, "", "", fault, "correct it")]) from None
    except yaml.YAMLError as error:
        raise DecisionError([Problem(shown, 0, "", "", f"is not YAML: {error}", "correct it")]) from None
    finally:
        loader.dispose()


_HINTS = {"approvals": "- update: KB5068861", "exceptions": "- scope: patching"}


def _row(loader: yaml.SafeLoader, node: yaml.Node, name: str, shown: str, what: str) -> Row:
    line = node.start_mark.line + 1
    values: dict[str, object] = {}
    lines: dict[str, int] = {}
    row = Row(shown, name, line, values, lines)
    if not isinstance(node, yaml.MappingNode):
        row.refuse("", "", "is not an entry", f"write a mapping, beginning with {_HINTS[what]}")
        return row
    for key_node, value_node in node.value:
        key = str(key_node.value) if isinstance(key_node, yaml.ScalarNode) else "?"
        lines[key] = key_node.start_mark.line + 1
        if key in values:
            row.refuse(key, "", "stands twice in one entry", "keep one of them")
        try:
            values[key] = _construct(loader, value_node)
        except (ValueError, yaml.constructor.ConstructorError):
            written = str(getattr(value_node, "value", ""))[:60]
            row.refuse(
                key, repr(written), "is not a value that can be read", "put a text in quotes; a date is 2026-12-31"
            )
    return row


def _construct(loader: yaml.SafeLoader, node: yaml.Node) -> Any:
    return loader.construct_object(node, deep=True)
