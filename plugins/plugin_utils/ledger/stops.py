# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Stops: while one stands, patrols that share this ledger start nothing. A person's decision, kept with the others."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from . import audit
from .decisions_tables import decisions

KIND, HERE = "stop", "ledger"


@dataclass(frozen=True, slots=True)
class Stop:
    """Who stopped patrols, why, since when and until when; instants are aware."""

    by: str
    reason: str
    since: datetime
    expires: datetime

    @property
    def text(self) -> str:
        """One line for people."""
        return f"stopped by {self.by} until {self.expires:%a %Y-%m-%d %H:%M} UTC: {self.reason}"


def standing(conn: sa.Connection, now: datetime) -> Stop | None:
    """Return the stop that ends last of those that stand at ``now``, or None."""
    query = sa.select(decisions.c.said).where(
        decisions.c.kind == KIND, decisions.c.source == HERE, decisions.c.gone_at.is_(None)
    )
    found = [_stop(said) for said in conn.execute(query).scalars()]
    return max((one for one in found if one.expires > now), key=lambda one: one.expires, default=None)


def record(conn: sa.Connection, stop: Stop) -> None:
    """Record a stop, with its line in the audit trail."""
    said = {
        "by": stop.by,
        "reason": stop.reason,
        "since": stop.since.isoformat(),
        "expires": stop.expires.isoformat(),
    }
    row = {"id": uuid.uuid4().hex, "kind": KIND, "source": HERE, "said": said, "recorded_at": stop.since}
    conn.execute(sa.insert(decisions), [row])
    audit.append(conn, stop.by, "patrols_stopped", None, said, stop.since)


def withdraw(conn: sa.Connection, by: str, reason: str, now: datetime) -> int:
    """End every stop that stands at ``now``; return how many there were."""
    here = sa.and_(decisions.c.kind == KIND, decisions.c.source == HERE, decisions.c.gone_at.is_(None))
    rows = conn.execute(sa.select(decisions.c.id, decisions.c.said).where(here)).all()
    ended = [row.id for row in rows if _stop(row.said).expires > now]
    if ended:
        conn.execute(sa.update(decisions).where(decisions.c.id.in_(ended)).values(gone_at=now))
        audit.append(conn, by, "patrols_resumed", None, {"reason": reason}, now)
    return len(ended)


def _stop(said: object) -> Stop:
    if not isinstance(said, dict):
        raise TypeError(f"a stop in the ledger is {said!r}")
    return Stop(
        str(said["by"]),
        str(said["reason"]),
        datetime.fromisoformat(said["since"]),
        datetime.fromisoformat(said["expires"]),
    )
