# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The timetable of a campaign as one HTML page: a table for each season, its rooms by its nights. Nothing is loaded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from html import escape
from zoneinfo import ZoneInfo

from .days import SeasonYear, spoken_day
from .model import Planned, Proposal, Told

_STYLE = """
body { font: 14px sans-serif; margin: 1.5em } table { border-collapse: collapse }
th, td { border: 1px solid #bbb; padding: 2px 4px; white-space: nowrap } thead th { writing-mode: vertical-rl }
.planned { background: #cfe8cf } .look { background: #ffe2a8 } .overdue { color: #a00000 }
tbody th { position: sticky; left: 0; background: #fff; text-align: left } .wide { overflow-x: auto }
"""


def as_html(proposal: Proposal, zone: ZoneInfo, notes: Iterable[str]) -> str:
    """Return the page. Every text from outside is escaped; the page runs no script and asks nobody for anything."""
    parts = [
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">',
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
        f"<title>Campaign</title><style>{_STYLE}</style></head><body>",
        f"<h1>Campaign, as proposed on {proposal.now.astimezone(zone):%Y-%m-%d %H:%M} ({escape(zone.key)})</h1>",
        *_list("Overdue", proposal.overdue, "overdue"),
        *(part for season in proposal.seasons for part in _season(proposal, season, zone)),
    ]
    if found := list(notes):
        parts += ["<h2>Notes</h2><ul>", *(f"<li>{escape(note)}</li>" for note in found), "</ul>"]
    return "\n".join([*parts, "</body></html>", ""])


def _season(proposal: Proposal, season: SeasonYear, zone: ZoneInfo) -> Iterator[str]:
    planned = {one.room: one for one in proposal.planned if one.season == season}
    days = sorted({one.day for one in planned.values()})
    yield f"<h2>{escape(str(season))}: {season.first} to {season.last}</h2>"
    if planned:
        head = "".join(f'<th scope="col">{escape(spoken_day(day))}</th>' for day in days)
        yield f'<div class="wide"><table><thead><tr><th scope="col">Room</th>{head}</tr></thead><tbody>'
        for room, one in sorted(planned.items()):
            yield f'<tr><th scope="row">{escape(room)}</th>{"".join(_cells(one, days, zone))}</tr>'
        yield "</tbody></table></div>"
    for title, told in (
        ("Without a night", proposal.unplaced),
        ("Under way", proposal.under_way),
        ("Done", proposal.done),
    ):
        yield from _list(title, [one for one in told if one.season == season])


def _cells(one: Planned, days: Iterable[date], zone: ZoneInfo) -> Iterator[str]:
    for day in days:
        if day != one.day:
            yield "<td></td>"
            continue
        kind = "look" if one.conditions else "planned"
        why = escape("; ".join((*one.why, *one.conditions)))
        mark = " *" if one.conditions else ""
        start, until = one.start.astimezone(zone), one.until.astimezone(zone)
        later = "+1" if until.date() > one.day else ""
        text = f"{start:%H:%M}-{until:%H:%M}{later} {one.server} {one.image}{mark}"
        yield f'<td class="{kind}" title="{why}">{escape(text)}</td>'


def _list(title: str, told: Iterable[Told], kind: str = "") -> Iterator[str]:
    items = [f"<li><b>{escape(one.room)}</b>: {escape('; '.join(one.why))}</li>" for one in told]
    if items:
        yield f'<h3 class="{kind}">{escape(title)}</h3><ul>' + "".join(items) + "</ul>"
