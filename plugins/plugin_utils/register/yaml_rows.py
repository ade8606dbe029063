# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""YAML text to raw rows: a list of mappings, bare or under ``devices``.

Every scalar is taken as it is written: in YAML 1.1 the MAC address 10:11:22:33:44:55 is
otherwise a number, and so is the room 012. Read event by event, because ten thousand
devices as one tree of nodes cost seconds.
"""

from __future__ import annotations

from collections.abc import Iterator

import yaml

from .problem import Problem, RegisterError
from .source import RawRegister, RawRow

_Loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_OPENING = (yaml.MappingStartEvent, yaml.SequenceStartEvent)
_CLOSING = (yaml.MappingEndEvent, yaml.SequenceEndEvent)
_PREAMBLE = (yaml.StreamStartEvent, yaml.DocumentStartEvent)


def yaml_rows(file: str, text: str) -> RawRegister:
    """Read the devices. Raises RegisterError when the text is not YAML or has no list of devices."""
    events = yaml.parse(text, Loader=_Loader)
    try:
        return _Reader(file, events).register()
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise RegisterError([Problem(file, line, "", "", f"is not YAML: {error.problem}")]) from error
    except yaml.YAMLError as error:
        raise RegisterError([Problem(file, 0, "", "", f"is not YAML: {' '.join(str(error).split())}")]) from error


class _Reader:
    """Walks the events of one document and collects rows, columns and problems."""

    def __init__(self, file: str, events: Iterator[yaml.Event]) -> None:
        self._file = file
        self._events = events
        self._rows: list[RawRow] = []
        self._problems: list[Problem] = []
        self._columns: dict[str, int] = {}

    def register(self) -> RawRegister:
        self._enter_list()
        for event in self._events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            if isinstance(event, yaml.MappingStartEvent):
                self._device(_line(event))
            else:
                self._problem(event, "", "", "is not a device; write a mapping, as - name: PC-017")
                self._skip(event)
        for event in self._events:
            if isinstance(event, yaml.ScalarEvent | yaml.DocumentStartEvent):
                what = event.value if isinstance(event, yaml.ScalarEvent) else "---"
                expected = "after the devices; a register is one list of devices, bare or under devices"
                raise RegisterError([Problem(self._file, _line(event), "", what, expected)])
        return RawRegister(0, tuple(self._columns.items()), tuple(self._rows), tuple(self._problems))

    def _enter_list(self) -> None:
        event = next(event for event in self._events if not isinstance(event, _PREAMBLE))
        if isinstance(event, yaml.MappingStartEvent):
            key = next(self._events)
            if isinstance(key, yaml.ScalarEvent) and key.value != "devices":
                expected = "is not known here; a register is a list of devices, bare or under devices"
                raise RegisterError([Problem(self._file, _line(key), "", key.value, expected)])
            event = next(self._events)
        if not isinstance(event, yaml.SequenceStartEvent):
            expected = "is not a list of devices; begin each one with - name:"
            raise RegisterError([Problem(self._file, _line(event), "", "", expected)])

    def _device(self, line: int) -> None:
        cells: dict[str, str] = {}
        for key in self._events:
            if isinstance(key, yaml.MappingEndEvent):
                break
            if not isinstance(key, yaml.ScalarEvent):
                self._problem(key, "", "", "is not a column's name; write name: value")
                self._skip(key)
                self._skip(next(self._events))
                continue
            column = key.value
            value = next(self._events)
            if column not in self._columns:
                self._columns[column] = _line(key)
            if not isinstance(value, yaml.ScalarEvent):
                self._problem(key, column, "", "holds a list, a mapping or an alias; write one plain value")
                self._skip(value)
            elif column in cells:
                self._problem(key, column, value.value, "stands twice in one device; keep one")
            else:
                null = value.implicit[0] and value.value in _NULLS
                cells[column] = "" if null else value.value.strip()
        self._rows.append(RawRow(line, cells))

    def _problem(self, event: yaml.Event, column: str, value: str, expected: str) -> None:
        self._problems.append(Problem(self._file, _line(event), column, value, expected))

    def _skip(self, event: yaml.Event) -> None:
        """Pass over the rest of the value that begins with ``event``."""
        depth = int(isinstance(event, _OPENING))
        while depth:
            event = next(self._events)
            depth += isinstance(event, _OPENING) - isinstance(event, _CLOSING)


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 0
