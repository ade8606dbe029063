# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The end of a patrol as a table by device class, and what an operator must look at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .session import Word

COLUMNS = (
    "devices",
    "up to date",
    "waiting",
    "due",
    "busy",
    "restart",
    "parked",
    "offline",
    "attention",
    "out of scope",
)
BUSY = frozenset({"scanning", "working", "restarting", "held"})


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts by device class and column, and one line for each device that needs a person."""

    rows: Mapping[str, Mapping[str, int]]
    attention: Sequence[str]

    def lines(self) -> list[str]:
        """Return the table as lines of text: a header, a line for each class, a total."""
        width = max([len("class"), *(len(name) for name in self.rows), len("total")])
        header = "  ".join(["class".ljust(width), *(column.rjust(len(column)) for column in COLUMNS)])
        body = [_line(name, row, width) for name, row in sorted(self.rows.items())]
        return [header, *body, _line("total", self.total(), width)]

    def total(self) -> Mapping[str, int]:
        """Return the sum of all classes by column."""
        total: Counter[str] = Counter()
        for row in self.rows.values():
            total.update(row)
        return total


def _line(name: str, row: Mapping[str, int], width: int) -> str:
    cells = (str(row.get(column, 0) or ".").rjust(len(column)) for column in COLUMNS)
    return "  ".join([name.ljust(width), *cells])


def summarise(words: Mapping[str, Word], classes: Mapping[str, str]) -> Summary:
    """Sum up the last word of every device. ``classes`` gives its class by name.

    "restart" and "parked" count devices, beside the column that says where a device stands.
    """
    rows: dict[str, Counter[str]] = {}
    attention = []
    for name, device_class in classes.items():
        row = rows.setdefault(device_class, Counter())
        word = words.get(name) or Word(name, "attention", "the round broke off before it was asked")
        row["devices"] += 1
        row[column_of(word)] += 1
        row["restart"] += int(bool(word.counts.get("restart")))
        row["parked"] += int(bool(word.counts.get("parked")))
        if column_of(word) == "attention":
            attention.append(f"{name}: {word.text}")
    return Summary(rows, sorted(attention))


def column_of(word: Word) -> str:
    """Return the column in which a device's last word is counted."""
    if word.status in BUSY:
        return "busy"
    return {"settled": "up to date", "waiting": "waiting", "out_of_scope": "out of scope"}.get(word.status, word.status)
