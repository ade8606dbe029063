# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A room as a page: its seats where they stand, coloured by their verdicts. Nothing is loaded and no script runs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from zoneinfo import ZoneInfo

from .model import Run, Seat

_PLACE = re.compile(r"([A-Za-z]+|\d+)[\s.,:/-]*(\d+)")
_STYLE = """
body { font: 14px sans-serif; margin: 1.5em } table { border-spacing: 6px }
td { padding: 6px 8px; border: 1px solid #999 }
td.gap { border: 0 } .done { background: #cfe8cf } .failed, .interrupted, .timeout { background: #f3b8b0 }
.unverified { background: #ffe2a8 } .absent { background: #ddd } small { display: block; color: #333 }
"""
_ORDER = ("done", "failed", "interrupted", "timeout", "unverified", "absent")


def as_html(run: Run, zone: ZoneInfo, missing: Mapping[str, Sequence[str]]) -> str:
    """Return the page. ``missing``: approved patches that seats lack. Every text from outside is escaped."""
    ended = f", ended {run.ended.astimezone(zone):%H:%M}" if run.ended else ""
    parts = [
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">',
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
        f"<title>Room {escape(run.room)}</title><style>{_STYLE}</style></head><body>",
        f"<h1>Room {escape(run.room)}: {escape(run.outcome.value)}</h1>",
        f"<p>Image {escape(run.image)} {escape(run.version)} by {escape(run.engine)} on {escape(run.server)}; began "
        f"{run.started.astimezone(zone):%Y-%m-%d %H:%M}{ended} ({escape(zone.key)}). {escape(run.detail)}</p>",
        f"<p>{escape(_counts(run))}</p>",
        "<table><tbody>",
        *("".join(row) for row in _rows(run.seats, missing)),
        "</tbody></table>",
        *_reasons(run.seats),
        *_lacking(missing),
    ]
    return "\n".join([*parts, "</body></html>", ""])


def places(seats: tuple[Seat, ...]) -> dict[str, tuple[int, int]]:
    """Return row and column of each seat, from 0: by letters (or a number) and number where each seat has its own.

    ``A3``, ``2-07`` and ``Row 1`` are such places. Otherwise seats stand in the order of their names, eight in a row.
    """
    read = {seat.name: _PLACE.fullmatch(seat.place.strip()) for seat in seats}
    if all(read.values()) and len({seat.place.strip().casefold() for seat in seats}) == len(seats):
        lines = sorted({_key(found[1]) for found in read.values() if found})
        columns = sorted({int(found[2]) for found in read.values() if found})
        return {
            name: (lines.index(_key(found[1])), columns.index(int(found[2]))) for name, found in read.items() if found
        }
    return {seat.name: divmod(number, 8) for number, seat in enumerate(sorted(seats, key=lambda one: one.name))}


def _key(word: str) -> tuple[int, str]:
    return (int(word), "") if word.isdigit() else (0, word.casefold())


def _rows(seats: tuple[Seat, ...], missing: Mapping[str, Sequence[str]]) -> Iterator[list[str]]:
    at = {place: name for name, place in places(seats).items()}
    by_name = {seat.name: seat for seat in seats}
    depth, width = (max((place[axis] for place in at), default=-1) + 1 for axis in (0, 1))
    for row in range(depth):
        line = [by_name.get(at.get((row, column), "")) for column in range(width)]
        yield ["<tr>", *(_cell(seat, missing.get(seat.name, ()) if seat else ()) for seat in line), "</tr>"]


def _cell(seat: Seat | None, missing: Sequence[str]) -> str:
    if seat is None:
        return '<td class="gap"></td>'
    word = seat.verdict.value if seat.verdict else seat.state.value
    place = f"<small>{escape(seat.place)}</small>" if seat.place else ""
    lacks = f"<small>lacks {len(missing)}</small>" if missing else ""
    content = f"{escape(seat.name)}{place}<small>{escape(word)}</small>{lacks}"
    return f'<td class="{escape(word)}" title="{escape(seat.why)}">{content}</td>'


def _counts(run: Run) -> str:
    words = [seat.verdict.value for seat in run.seats if seat.verdict]
    return ", ".join(f"{words.count(word)} {word}" for word in _ORDER if word in words) or "no seat was begun"


def _reasons(seats: tuple[Seat, ...]) -> Iterator[str]:
    told = [f"<li><b>{escape(seat.name)}</b>: {escape(seat.why)}</li>" for seat in seats if seat.why]
    if told:
        yield "<h2>Reasons</h2><ul>" + "".join(told) + "</ul>"


def _lacking(missing: Mapping[str, Sequence[str]]) -> Iterator[str]:
    listed = {name: ", ".join(labels) for name, labels in missing.items() if labels}
    told = [f"<li><b>{escape(name)}</b> lacks {escape(labels)}</li>" for name, labels in listed.items()]
    if told:
        yield "<h2>Approved patches that are missing</h2><ul>" + "".join(told) + "</ul>"
