# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A comparison as a table for people, JSON and CSV."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from typing import Any

from .model import Comparison, Finding

COLUMNS = ("kind", "host", "text", "said")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def lines(told: Comparison) -> list[str]:
    """Return what a person reads: the sources, a table of the findings, the notes."""
    sources = ", ".join(f"{source} {count}" for source, count in told.sources.items()) or "none"
    kinds = ", ".join(f"{kind} {count}" for kind, count in _kinds(told).items())
    found = [f"{told.hosts} hosts; known to: {sources}", f"{len(told.findings)} findings{': ' if kinds else ''}{kinds}"]
    rows = [(finding.kind.value, finding.host, _whole(finding)) for finding in told.findings]
    widths = [max((len(row[at]) for row in rows), default=0) for at in (0, 1)]
    found += [f"  {kind:<{widths[0]}}  {host:<{widths[1]}}  {text}" for kind, host, text in rows]
    return found + [f"note: {note}" for note in told.notes]


def as_data(told: Comparison) -> dict[str, Any]:
    """Return the comparison as what JSON can hold."""
    return {
        "hosts": told.hosts,
        "sources": dict(told.sources),
        "kinds": _kinds(told),
        "findings": [
            {"kind": one.kind.value, "host": one.host, "text": one.text, "said": dict(one.said)}
            for one in told.findings
        ],
        "notes": list(told.notes),
    }


def files(told: Comparison) -> dict[str, str]:
    """Return the files of a comparison, by name."""
    return {
        "reconcile.json": json.dumps(as_data(told), indent=2, ensure_ascii=False, sort_keys=True) + "\n",
        "reconcile.csv": _as_csv(told),
    }


def _as_csv(told: Comparison) -> str:
    """Return the findings as CSV. A cell that a spreadsheet would take for a formula begins with an apostrophe."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in told.findings:
        writer.writerow([_cell(cell) for cell in (one.kind.value, one.host, one.text, _said(one))])
    return text.getvalue()


def _cell(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _kinds(told: Comparison) -> dict[str, int]:
    return dict(Counter(finding.kind.value for finding in told.findings))


def _said(finding: Finding) -> str:
    return "; ".join(f"{source}: {value}" for source, value in finding.said.items())


def _whole(finding: Finding) -> str:
    return f"{finding.text} ({_said(finding)})" if finding.said else finding.text
