# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Raw rows to checked rows, and rows against each other. Collects every problem before it gives up."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from . import cells
from .groups import CLASS_GROUPS, NAMING_COLUMNS, described, device_groups, group_part, keyed_groups
from .problem import Problem, RegisterError
from .row import COLUMNS, REQUIRED_COLUMNS, Row
from .source import Layout, RawRegister, RawRow

_READERS: Mapping[str, Callable[[str], str | bool]] = {
    "name": cells.host_name,
    "address": cells.address,
    "class": cells.device_class,
    "mac": cells.mac,
    "always_on": cells.boolean,
    "managed": cells.boolean,
    "exposure": cells.exposure,
}
_UNIQUE = ("name", "address", "mac")
_NO_DEVICE = "holds no device; a register has at least one"


def checked_rows(file: str, raw: RawRegister, layout: Layout) -> tuple[Row, ...]:
    """Return the rows. Raises RegisterError with every problem of the file, in its order."""
    try:
        return _checked(file, raw, layout)
    except RegisterError as error:
        raise RegisterError([replace(problem, counted=raw.counted) for problem in error.problems]) from None


def _checked(file: str, raw: RawRegister, layout: Layout) -> tuple[Row, ...]:
    if not raw.columns and not raw.problems:
        raise RegisterError([Problem(file, 0, "", "", _NO_DEVICE)])
    names, header_problems = _column_names(file, raw, layout)
    if header_problems:
        raise RegisterError(header_problems)
    problems = list(raw.problems)
    rows: list[Row] = []
    for raw_row in raw.rows:
        row = _row(file, raw_row, names, layout.group_by, problems)
        if row is not None:
            rows.append(row)
    problems += _repeated(file, raw, names)
    problems += _clashing_groups(file, rows, layout.group_by, raw.counted)
    if not raw.rows and not problems:
        problems.append(Problem(file, 0, "", "", _NO_DEVICE))
    if problems:
        raise RegisterError(sorted(problems, key=lambda problem: problem.line))
    return tuple(rows)


def _plain(column: str) -> str:
    """``Always-on`` and ``always on`` are ``always_on``."""
    return "_".join(column.lower().replace("-", " ").replace("_", " ").split())


def _column_names(file: str, raw: RawRegister, layout: Layout) -> tuple[Mapping[str, str], list[Problem]]:
    """Return the file's column -> our column (or ``extra:<column>``), and what is wrong with the header."""
    theirs = {_plain(name): ours for ours, name in layout.columns.items() if ours in COLUMNS}
    kept = {_plain(name) for name in layout.extra_columns}
    names: dict[str, str] = {}
    problems: list[Problem] = []
    taken: set[str] = set()
    for column, line in raw.columns:
        plain = _plain(column)
        ours = theirs.get(plain) or (plain if plain in COLUMNS and plain not in layout.columns else "")
        if not column:
            problems.append(Problem(file, line, "", "", "a column without a name; give it one or remove it"))
        elif not ours and plain not in kept:
            problems.append(Problem(file, line, column, "", _unknown(plain)))
        elif (ours or plain) in taken:
            problems.append(Problem(file, line, column, "", "stands twice; keep one"))
        names[column] = ours or f"extra:{plain}"
        taken.add(ours or plain)
    for ours, name in layout.columns.items():
        if ours not in COLUMNS:
            problems.append(Problem(file, 0, ours, "", f"(option columns) {_unknown(_plain(ours))}"))
        elif ours not in taken:
            expected = f"is not in the file; correct the option columns, key {ours}"
            problems.append(Problem(file, raw.header_line, name, "", expected))
    for missing in (column for column in REQUIRED_COLUMNS if column not in taken and column not in layout.columns):
        expected = f"is missing; every register has {', '.join(REQUIRED_COLUMNS)}"
        problems.append(Problem(file, raw.header_line, missing, "", expected))
    return names, problems


def _unknown(column: str) -> str:
    close = difflib.get_close_matches(column, COLUMNS, n=1)
    hint = f"did you mean {close[0]}?" if close else "list it in extra_columns to keep it"
    return f"is not a column of a register; {hint}"


def _row(file: str, raw: RawRow, names: Mapping[str, str], by: Collection[str], problems: list[Problem]) -> Row | None:
    """Return the row, or None when any of its cells is wrong; adds to ``problems``."""
    values: dict[str, str | bool] = {}
    extra: dict[str, str] = {}
    found = len(problems)
    for column, text in raw.cells.items():
        if not text:
            continue
        name = names[column]
        try:
            if name.startswith("extra:"):
                extra[name.removeprefix("extra:")] = cells.free_text(text)
            else:
                values[name] = _READERS.get(name, cells.free_text)(text)
                if name in by:
                    _check_group_part(name, text)
        except ValueError as error:
            problems.append(Problem(file, raw.line, column, text, str(error)))
    wrong = {problem.column for problem in problems[found:]}
    for required in REQUIRED_COLUMNS:
        if required not in values and not any(names.get(column) == required for column in wrong):
            problems.append(Problem(file, raw.line, required, "", "is empty; every device has one"))
    if len(problems) > found:
        return None
    values["device_class"] = values.pop("class")
    return Row(line=raw.line, extra=extra, **values)  # type: ignore[arg-type]


def _check_group_part(name: str, text: str) -> None:
    if name in NAMING_COLUMNS and not group_part(text):
        raise ValueError("makes no group name; use at least one letter or digit")


def _repeated(file: str, raw: RawRegister, names: Mapping[str, str]) -> list[Problem]:
    """Names, addresses and MAC addresses that stand on more than one line, also of rows with other faults."""
    first: dict[tuple[str, str], RawRow] = {}
    problems: list[Problem] = []
    for row in raw.rows:
        for column, text in row.cells.items():
            name = names[column]
            if name not in _UNIQUE or not text:
                continue
            try:
                key = (name, str(_READERS[name](text)).lower())
            except ValueError:
                continue
            earlier = first.setdefault(key, row)
            if earlier is not row:
                expected = f"is on {raw.counted} {earlier.line} already; each device has its own"
                problems.append(Problem(file, row.line, column, text, expected))
    return problems


def _clashing_groups(file: str, rows: Sequence[Row], by: Collection[str], counted: str) -> list[Problem]:
    """Two values that would become one group, and devices named like a group."""
    problems: list[Problem] = []
    spelled: dict[str, tuple[str, int]] = {}
    groups: set[str] = set(CLASS_GROUPS.values())
    for row in rows:
        device = described(row)
        groups.update(device_groups(device, by))
        for column, value, group in keyed_groups(device, by):
            earlier, line = spelled.setdefault(group, (value, row.line))
            if earlier != value and column in NAMING_COLUMNS:
                expected = f"and {earlier!r} ({counted} {line}) both make the group {group}; write them alike"
                problems.append(Problem(file, row.line, column, value, expected))
    for row in rows:
        if row.name in groups:
            problems.append(Problem(file, row.line, "name", row.name, "is the name of a group too; rename one of them"))
    return problems
