# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The door to a register: one call from a path, or from a query, to checked rows."""

from __future__ import annotations

from pathlib import Path

from .checks import checked_rows
from .csv_rows import csv_rows
from .row import Row
from .source import Format, Layout, format_of, text_of
from .yaml_rows import yaml_rows


def read_register(path: Path, layout: Layout | None = None) -> tuple[Row, ...]:
    """Return the devices of the file in its order. Raises RegisterError with all that is wrong, one line each."""
    layout = layout or Layout()
    format_ = format_of(path, layout)
    text = text_of(path, layout.encoding)
    raw = csv_rows(path.name, text, layout.delimiter) if format_ is Format.CSV else yaml_rows(path.name, text)
    return checked_rows(path.name, raw, layout)


def query_register(url: str, query: str, layout: Layout | None = None, password: str | None = None) -> tuple[Row, ...]:
    """Return the devices that a query gives, in its order; ``line`` of a row is its number.

    Raises RegisterError with all that is wrong, one line each.
    """
    from .sql_rows import source_name, sql_rows  # SQLAlchemy takes 0.15 s to load, which a file must not wait for

    return checked_rows(source_name(url), sql_rows(url, query, password), layout or Layout())
