# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""CSV text to raw rows: comma, semicolon or tab, quoted as RFC 4180 says."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from .problem import Problem, RegisterError
from .source import RawRegister, RawRow

DELIMITERS = (",", ";", "\t")


def csv_rows(file: str, text: str, delimiter: str) -> RawRegister:
    """Read a header and rows; blank lines and rows of empty cells are passed over.

    Raises RegisterError when no header can be made out: nothing below it would make sense.
    """
    delimiter = delimiter or max(DELIMITERS, key=text.lstrip().splitlines()[0].count)
    records = _records(file, csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    header_line, header = next(records, (0, []))
    if not header:
        raise RegisterError([Problem(file, 0, "", "", "holds no header; begin with a line such as name,address,class")])
    if len(header) == 1 and any(other in header[0] for other in DELIMITERS):
        expected = f"is one single column; the delimiter is not {delimiter!r}: correct the option delimiter"
        raise RegisterError([Problem(file, header_line, "", header[0], expected)])
    rows: list[RawRow] = []
    problems: list[Problem] = []
    for line, cells in records:
        if len(cells) > len(header) and any(cells[len(header) :]):
            expected = f"{len(cells)} cells, but the header has {len(header)}; quote a cell that holds the delimiter"
            problems.append(Problem(file, line, "", "", expected))
        elif len(cells) < len(header):
            expected = f"{len(cells)} cells, but the header has {len(header)}; write empty cells too"
            problems.append(Problem(file, line, "", "", expected))
        else:
            rows.append(RawRow(line, dict(zip(header, cells, strict=False))))
    columns = tuple((name, header_line) for name in header)
    return RawRegister(header_line, columns, tuple(rows), tuple(problems))


def _records(file: str, reader: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    """Yield (first line, stripped cells) of each record that says anything."""
    line = 1
    while True:
        try:
            cells = [cell.strip() for cell in next(reader)]
        except StopIteration:
            return
        except csv.Error as error:
            expected = f"is not CSV: {error}; a quote that opens a cell must close it"
            raise RegisterError([Problem(file, line, "", "", expected)]) from error
        if any(cells):
            yield line, cells
        line = reader.line_num + 1  # type: ignore[attr-defined]
