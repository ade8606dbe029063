# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Queries on what people decided. Each decision enters the audit trail once: who, what, when, why."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ..planner.fleet import Emergency
from . import audit, stops
from .decisions_tables import decisions, emergencies
from .portable import insert_if_absent

APPROVAL, EXCEPTION = "approval", "exception"  # kinds of decisions
HERE = "ledger"  # the source of exceptions that are recorded in no file

Said = Mapping[str, object]


class DecisionsReader:
    """Questions about decisions."""

    __slots__ = ("_conn",)

    def __init__(self, conn: sa.Connection) -> None:
        self._conn = conn

    def emergencies(self, now: datetime) -> tuple[Emergency, ...]:
        """The emergencies in force at ``now``, in the order of their declaration."""
        query = sa.select(emergencies).where(emergencies.c.expires > now).order_by(emergencies.c.declared_at)
        return tuple(_emergency(row) for row in self._conn.execute(query))

    def emergency(self, identity: str) -> Emergency | None:
        """One emergency as it was first declared; None when it never was."""
        row = self._conn.execute(sa.select(emergencies).where(emergencies.c.id == identity)).first()
        return _emergency(row) if row else None

    def stop(self, now: datetime) -> stops.Stop | None:
        """The stop of all patrols that stands at ``now``; None when they may go on."""
        return stops.standing(self._conn, now)

    def exceptions(self) -> dict[str, Said]:
        """The exceptions that are recorded here alone and were not withdrawn, expired ones too, by their id."""
        query = sa.select(decisions.c.id, decisions.c.said).where(
            decisions.c.kind == EXCEPTION, decisions.c.source == HERE, decisions.c.gone_at.is_(None)
        )
        return {row.id: row.said for row in self._conn.execute(query.order_by(decisions.c.recorded_at, decisions.c.id))}


class Decisions(DecisionsReader):
    """Questions about decisions, and decisions to remember."""

    __slots__ = ()

    def note(self, kind: str, source: str, entries: Sequence[Said], now: datetime) -> int:
        """Remember what a file says now; what is new, or gone, since the last time goes to the audit trail, once.

        ``kind``: ``approval`` or ``exception``. ``entries`` must be JSON, with ``by`` or ``authorised_by``.
        Returns the number of lines in the trail.
        """
        query = sa.select(decisions.c.id, decisions.c.gone_at, decisions.c.said)
        held = self._conn.execute(query.where(decisions.c.kind == kind, decisions.c.source == source)).all()
        known = {row.id: row for row in held}
        wanted = {identity(kind, source, said): said for said in entries}
        told = 0
        for name, said in wanted.items():
            if name not in known or known[name].gone_at is not None:
                told += self._add(kind, source, name, said, now)
        for name, row in known.items():
            if name not in wanted and row.gone_at is None:
                told += self._remove(source, name, row.said, now)
        return told

    def stop_patrols(self, stop: stops.Stop) -> None:
        """Stop every patrol that uses this ledger."""
        stops.record(self._conn, stop)

    def resume_patrols(self, by: str, reason: str, now: datetime) -> int:
        """End every stop; return how many there were."""
        return stops.withdraw(self._conn, by, reason, now)

    def record_exception(self, said: Said, now: datetime) -> bool:
        """Record an exception here alone; False when the same one is already there."""
        return bool(self._add(EXCEPTION, HERE, identity(EXCEPTION, HERE, said), said, now))

    def withdraw_exception(self, said: Said, now: datetime) -> bool:
        """End the exception that is recorded here and says this; False when there is none."""
        return bool(self._remove(HERE, identity(EXCEPTION, HERE, said), said, now))

    def declare(self, name: str, declared: Emergency) -> Emergency:
        """Record an emergency, the first time; return it as it was first declared."""
        row = {
            "id": name,
            "updates": sorted(declared.updates),
            "reason": declared.reason,
            "authorised_by": declared.authorised_by,
            "declared_at": declared.declared_at,
            "expires": declared.expires,
        }
        known = self.emergency(name)
        if known is not None:
            return known
        insert_if_absent(self._conn, emergencies, [row])
        detail = {key: row[key] for key in ("updates", "reason", "authorised_by")}
        detail["expires"] = declared.expires.isoformat()
        audit.append(self._conn, declared.authorised_by, "emergency_declared", None, detail, declared.declared_at)
        return declared

    def _add(self, kind: str, source: str, name: str, said: Said, now: datetime) -> int:
        """Remember one entry, new or returned; 0 when somebody else was first."""
        here = sa.update(decisions).where(decisions.c.id == name, decisions.c.gone_at.is_not(None))
        if not self._conn.execute(here.values(gone_at=None)).rowcount:
            if self._conn.execute(sa.select(decisions.c.id).where(decisions.c.id == name)).first():
                return 0
            row = {"id": name, "kind": kind, "source": source, "said": dict(said), "recorded_at": now}
            insert_if_absent(self._conn, decisions, [row])
        self._tell(_EVENTS.get(str(said.get("decision")), "excepted"), source, said, now)
        return 1

    def _remove(self, source: str, name: str, said: Said, now: datetime) -> int:
        here = sa.update(decisions).where(decisions.c.id == name, decisions.c.gone_at.is_(None))
        if not self._conn.execute(here.values(gone_at=now)).rowcount:
            return 0
        self._tell("decision_withdrawn", source, said, now)
        return 1

    def _tell(self, event: str, source: str, said: Said, now: datetime) -> None:
        actor = str(said.get("by") or said.get("authorised_by"))
        audit.append(self._conn, actor, event, None, {**said, "source": source}, now)


_EVENTS = {"approve": "approved", "hold": "held", "decline": "declined"}


def identity(kind: str, source: str, said: Said) -> str:
    """The name of an entry: of where it stands and all that it says."""
    text = json.dumps([kind, source, said], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _emergency(row: Any) -> Emergency:
    return Emergency(frozenset(row.updates), row.reason, row.authorised_by, row.declared_at, row.expires)
