# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""YAML text to raw rows: a list of mappings, bare or under ``devices``.

Every scalar is taken as it is written: in YAML 1.1 the MAC address 10:11:22:33:44:55 is
otherwise a number, and so is the room 012.
"""

from __future__ import annotations

import yaml

from .problem import Problem, RegisterError
from .source import RawRegister, RawRow

_Loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})


def yaml_rows(file: str, text: str) -> RawRegister:
    """Read the devices. Raises RegisterError when the text is not YAML or has no list of devices."""
    rows: list[RawRow] = []
    problems: list[Problem] = []
    columns: dict[str, int] = {}
    for node in _devices(file, text):
        line = node.start_mark.line + 1
        if not isinstance(node, yaml.MappingNode):
            problems.append(Problem(file, line, "", "", "is not a device; write a mapping, as - name: PC-017"))
            continue
        cells: dict[str, str] = {}
        for key, value in node.value:
            column = str(key.value)
            place = key.start_mark.line + 1
            columns.setdefault(column, place)
            if not isinstance(value, yaml.ScalarNode):
                problems.append(Problem(file, place, column, "", "holds a list or mapping; write one plain value"))
            elif column in cells:
                problems.append(Problem(file, place, column, value.value, "stands twice in one device; keep one"))
            else:
                plain_null = not value.style and value.value in _NULLS
                cells[column] = "" if plain_null else value.value.strip()
        rows.append(RawRow(line, cells))
    return RawRegister(0, tuple(columns.items()), tuple(rows), tuple(problems))


def _devices(file: str, text: str) -> list[yaml.Node]:
    try:
        loader = _Loader(text)
        try:
            root = loader.get_single_node()
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise RegisterError([Problem(file, line, "", "", f"is not YAML: {error.problem}")]) from error
    except yaml.YAMLError as error:
        raise RegisterError([Problem(file, 0, "", "", f"is not YAML: {' '.join(str(error).split())}")]) from error
    if isinstance(root, yaml.MappingNode):
        others = [key for key, _value in root.value if key.value != "devices"]
        if others:
            line = others[0].start_mark.line + 1
            expected = "is not known here; a register is a list of devices, bare or under devices"
            raise RegisterError([Problem(file, line, "", str(others[0].value), expected)])
        root = root.value[0][1] if root.value else None
    if not isinstance(root, yaml.SequenceNode):
        raise RegisterError([Problem(file, 1, "", "", "is not a list of devices; begin each one with - name:")])
    return list(root.value)
