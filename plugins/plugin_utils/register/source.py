# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From a file to its text, and what kind of register it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from .groups import USUAL_COLUMNS
from .problem import Problem, RegisterError

_WIDE = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)


class Format(str, Enum):
    """What the file is; ``AUTO`` asks its name: .csv, .tsv or .txt is CSV, .yml, .yaml or .json YAML."""

    AUTO = "auto"
    CSV = "csv"
    YAML = "yaml"


@dataclass(frozen=True, slots=True)
class Layout:
    """How a register is written.

    ``delimiter`` empty: whichever of comma, semicolon and tab the header uses most.
    ``columns``: our column -> the file's name for it, where they differ.
    ``extra_columns``: columns of the file to keep as they are; any other is refused.
    ``group_by``: the columns that make groups, and must make them without confusion.
    """

    format: Format = Format.AUTO
    delimiter: str = ""
    encoding: str = "utf-8"
    columns: Mapping[str, str] = field(default_factory=dict)
    extra_columns: tuple[str, ...] = ()
    group_by: tuple[str, ...] = USUAL_COLUMNS


@dataclass(frozen=True, slots=True)
class RawRow:
    """One row as it is written: column -> text, and the line on which it begins."""

    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RawRegister:
    """Columns as written with the line of each, rows, and what was wrong on the way.

    ``header_line`` is 0 where the format has no header. ``counted``: what the lines are, where it is no file.
    """

    header_line: int
    columns: tuple[tuple[str, int], ...]
    rows: tuple[RawRow, ...]
    problems: tuple[Problem, ...] = ()
    counted: str = "line"


def format_of(path: Path, layout: Layout) -> Format:
    """Return CSV or YAML. Raises RegisterError when the name does not tell."""
    if layout.format is not Format.AUTO:
        return layout.format
    suffix = path.suffix.lower()
    if suffix in (".csv", ".tsv", ".txt"):
        return Format.CSV
    if suffix in (".yml", ".yaml", ".json"):
        return Format.YAML
    raise RegisterError([Problem(path.name, 0, "", suffix, "does not tell the format; set format to csv or yaml")])


def text_of(path: Path, encoding: str) -> str:
    """Return the text without a byte order mark. Raises RegisterError: unreadable, empty, wrong encoding."""
    try:
        data = path.read_bytes()
    except OSError as error:
        expected = f"cannot be read: {(error.strerror or 'unreadable').lower()}; check the option path"
        raise RegisterError([Problem(str(path), 0, "", "", expected)]) from error
    for mark, name in _WIDE:
        if data.startswith(mark) and encoding.lower().replace("-", "") == "utf8":
            raise RegisterError([Problem(path.name, 1, "", "", f"the file is {name}; save it as UTF-8")])
    try:
        text = data.decode(encoding)
    except LookupError as error:
        expected = "is not a known encoding; use utf-8 or cp1252"
        raise RegisterError([Problem(path.name, 0, "", encoding, expected)]) from error
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        byte = f"byte 0x{data[error.start]:02x}"
        expected = f"{byte} is not {encoding}; save the file as UTF-8, or set encoding (Excel: cp1252)"
        raise RegisterError([Problem(path.name, line, "", "", expected)]) from error
    text = text.removeprefix("\ufeff")
    if not text.strip():
        expected = "is empty; a register has a header and at least one device"
        raise RegisterError([Problem(path.name, 0, "", "", expected)])
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise RegisterError([Problem(path.name, line, "", "", "a NUL byte; this is not a text file in " + encoding)])
    return text
