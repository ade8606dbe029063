# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the ledger knows beside a ticket, for the person who gets it: few queries for many tickets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from ..planner.model import JobKind
from .attempts import attempt_of
from .delivery_values import Trouble
from .portable import Row, chunks
from .tables import attempts, observations, scans, updates
from .values import PastAttempt, Ticket


def troubles(conn: sa.Connection, of: Sequence[Ticket]) -> dict[str, Trouble]:
    """The attempts, the free space, the last search and the update's name for each ticket, by the ticket's id."""
    names = sorted({ticket.device for ticket in of if ticket.device})
    tried = _attempts(conn, names, {ticket.update_id for ticket in of if ticket.update_id})
    free = _each(conn, names, lambda part: _FREE.where(observations.c.device.in_(part)))
    searched = _each(conn, names, lambda part: _LAST_SCANS.where(scans.c.device.in_(part)))
    titled = _titles(conn, {ticket.update_id for ticket in of if ticket.update_id})
    found: dict[str, Trouble] = {}
    for ticket in of:
        device, update = ticket.device or "", ticket.update_id or ""
        search = searched.get(device)
        label, title = titled.get(update, (update, ""))
        found[ticket.id] = Trouble(
            ticket=ticket,
            label=label,
            title=title,
            attempts=tuple(tried[device, update]) if update else (),
            free_bytes=free[device]["free_bytes"] if device in free else None,
            scanned_at=search["finished_at"] if search else None,
            scan_trust=search["trust"] if search else "",
            scan_source=search["source"] if search else None,
            scan_warnings=tuple(search["warnings"]) if search else (),
        )
    return found


def _attempts(
    conn: sa.Connection, names: Sequence[str], update_ids: set[str]
) -> defaultdict[tuple[str, str], list[PastAttempt]]:
    found: defaultdict[tuple[str, str], list[PastAttempt]] = defaultdict(list)
    for part in chunks(names):
        query = sa.select(attempts).where(attempts.c.device.in_(part)).order_by(attempts.c.at, attempts.c.id)
        for row in conn.execute(query).mappings():
            if row["update_id"] in update_ids:
                found[row["device"], row["update_id"]].append(
                    PastAttempt(
                        attempt=attempt_of(row),
                        kind=JobKind(row["kind"]),
                        title=row["title"],
                        error_name=row["error_name"],
                        error_text=row["error_text"],
                        restart_required=row["restart_required"],
                    )
                )
    return found


def _each(conn: sa.Connection, names: Sequence[str], query: Any) -> dict[str, Row]:
    """One row for each device, the last that the query gives."""
    found: dict[str, Row] = {}
    for part in chunks(names):
        for row in conn.execute(query(part)).mappings():
            found[row["device"]] = row
    return found


def _titles(conn: sa.Connection, update_ids: Iterable[str]) -> dict[str, tuple[str, str]]:
    """What people call an update (its KB number, else its title), and its title."""
    found: dict[str, tuple[str, str]] = {}
    for part in chunks(sorted(update_ids)):
        query = sa.select(updates.c.id, updates.c.title, updates.c.kbs).where(updates.c.id.in_(part))
        for row in conn.execute(query.order_by(updates.c.revision)):
            found[row.id] = (row.kbs[0] if row.kbs else row.title or row.id, row.title)
    return found


_FREE = sa.select(observations.c.device, observations.c.free_bytes)
_LAST_SCANS = sa.select(scans).order_by(scans.c.finished_at, scans.c.recorded_at)
