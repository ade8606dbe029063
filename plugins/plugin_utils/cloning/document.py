# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A proposal as data, CSV and lines for people. Instants are ISO 8601 with the offset of the campaign's zone."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from datetime import datetime
from io import StringIO
from typing import Any
from zoneinfo import ZoneInfo

from .days import SeasonYear, spoken_day
from .model import Proposal, Told

COLUMNS = ("season", "room", "state", "night", "start", "until", "server", "image", "why", "conditions")


def rows(proposal: Proposal, zone: ZoneInfo) -> list[dict[str, str]]:
    """Return one entry for each room and season, as texts; overdue rooms have one more, for the season they missed."""
    found = [
        {
            **_row(one.season, one.room, "planned", one.why),
            "night": one.day.isoformat(),
            "start": _local(one.start, zone),
            "until": _local(one.until, zone),
            "server": one.server,
            "image": one.image,
            "conditions": "; ".join(one.conditions),
        }
        for one in proposal.planned
    ]
    for state, told in _others(proposal):
        found += [_row(one.season, one.room, state, one.why) for one in told]
    return found


def _others(proposal: Proposal) -> tuple[tuple[str, tuple[Told, ...]], ...]:
    return (
        ("unplaced", proposal.unplaced),
        ("under way", proposal.under_way),
        ("done", proposal.done),
        ("overdue", proposal.overdue),
    )


def _row(season: SeasonYear, room: str, state: str, why: tuple[str, ...]) -> dict[str, str]:
    return {
        **dict.fromkeys(COLUMNS, ""),
        "season": str(season),
        "room": room,
        "state": state,
        "why": "; ".join(why),
    }


def as_data(proposal: Proposal, zone: ZoneInfo, notes: Iterable[str]) -> dict[str, Any]:
    """Return the proposal as what JSON can hold."""
    return {
        "now": _local(proposal.now, zone),
        "seasons": [
            {"name": str(one), "from": one.first.isoformat(), "to": one.last.isoformat()} for one in proposal.seasons
        ],
        "rooms": rows(proposal, zone),
        "notes": list(notes),
    }


def as_json(proposal: Proposal, zone: ZoneInfo, notes: Iterable[str]) -> str:
    """Return the proposal as JSON."""
    return json.dumps(as_data(proposal, zone, notes), indent=2, ensure_ascii=False) + "\n"


def as_csv(proposal: Proposal, zone: ZoneInfo) -> str:
    """Return the proposal as CSV. A cell that a spreadsheet would take for a formula begins with an apostrophe."""
    text = StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in rows(proposal, zone):
        writer.writerow({name: _harmless(value) for name, value in row.items()})
    return text.getvalue()


def _harmless(value: str) -> str:
    return f"'{value}" if value.startswith(("=", "+", "-", "@", "\t", "\r")) else value


def lines(proposal: Proposal, zone: ZoneInfo, notes: Iterable[str]) -> list[str]:
    """Return the proposal for a terminal: what is overdue first, then the nights, then what has none."""
    counts = ", ".join(
        f"{len(told)} {state}" for state, told in (("planned", proposal.planned), *_others(proposal)) if told
    )
    found = [f"{', '.join(map(str, proposal.seasons))}: {counts or 'nothing to do'}"]
    found += [f"OVERDUE {one.room}: {'; '.join(one.why)}" for one in proposal.overdue]
    for one in proposal.planned:
        span = f"{one.start.astimezone(zone):%H:%M} to {one.until.astimezone(zone):%H:%M}"
        found.append(f"{spoken_day(one.day)} {one.room} {span} ({one.server}, {one.image}): {'; '.join(one.why)}")
        found += [f"  needs a look: {condition}" for condition in one.conditions]
    for state, told in _others(proposal)[:2]:
        found += [f"{state.upper()} {one.room} in {one.season}: {'; '.join(one.why)}" for one in told]
    return found + [f"note: {note}" for note in notes]


def _local(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).isoformat(timespec="minutes")
