# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read what is remembered of devices, as the planner wants it, with few queries for thousands of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from ..advisories.system import system_of_device
from ..planner.model import (
    Attempt,
    DeviceState,
    Job,
    JobKind,
    JobState,
    LoggedOnUser,
    Observation,
    Outcome,
    Scan,
    ScanTrust,
    Update,
    UpdateState,
)
from .attempts import attempt_of
from .jobs import ACTIVE, job_of
from .portable import Row, chunks
from .room_tables import room_attempts, room_jobs
from .scans import MISSING
from .tables import attempts, device_updates, devices, jobs, observations, scans, tickets, updates
from .update_rows import update_of
from .values import Signal

Rows = Sequence[Row]
ByDevice = Mapping[str, Rows]
Named = Callable[[sa.ColumnElement[str]], sa.ColumnElement[bool]]  # that a column has one of the names asked about


def device_states(conn: sa.Connection, names: Iterable[str]) -> dict[str, DeviceState]:
    """The state of each device by name; names that were never enrolled are left out."""
    found: dict[str, DeviceState] = {}
    for part in chunks(names):
        asked = _OF_ONE if len(part) == 1 else _OF_MANY
        heads = conn.execute(asked.heads, asked.binds(part)).mappings().all()
        has = {name for name in _HAS if any(head[name] for head in heads)}  # what is not there is not asked for
        missing = _by_device(conn, asked, asked.missing, part) if "has_missing" in has else {}
        waiting = _by_device(conn, asked, asked.awaiting_restart, part) if "has_awaiting" in has else {}
        shown = [*missing.values(), *waiting.values()]
        described = _descriptions(conn, {row["digest"] for rows in shown for row in rows})
        searched = _by_device(conn, asked, asked.last_scans, part)
        worked = _by_device(conn, asked, asked.jobs, part)
        tried = _by_device(conn, asked, asked.attempts, part) if "has_attempts" in has else {}
        ticketed = _by_device(conn, asked, asked.tickets, part) if "has_tickets" in has else {}
        for head in heads:
            name = head["name"]
            lacks = missing.get(name, ())
            notes = ticketed.get(name, ())
            found[name] = DeviceState(
                known_since=head["known_since"],
                served_until=head["served_until"],
                scan=_scan(searched.get(name, ())),
                missing=tuple(_update(described, row) for row in lacks),
                updates=_update_states(lacks, tried.get(name, ()), notes),
                jobs=_shown(worked.get(name, ())),
                observation=_observation(head),
                last_reminded=head["last_reminded"],
                last_restart_asked=head["last_restart_asked"],
                failed_scans=head["failed_scans"],
                scan_ticket_open=any(
                    row["signal"] == Signal.SCAN_FAILED.value and row["closed_at"] is None for row in notes
                ),
                restart_ticket_open=any(
                    row["signal"] == Signal.RESTART_IN_VAIN.value and row["closed_at"] is None for row in notes
                ),
                failed_scan_at=head["failed_scan_at"],
                awaiting_restart=tuple(_update(described, row) for row in waiting.get(name, ())),
            )
    return found


def _by_device(conn: sa.Connection, asked: _Questions, query: sa.Select[Any], names: Sequence[str]) -> ByDevice:
    grouped: dict[str, list[Row]] = defaultdict(list)
    for row in conn.execute(query, asked.binds(names)).mappings():
        grouped[row["device"]].append(row)
    return grouped


def _missing(named: Named) -> sa.Select[Any]:
    held = device_updates.c
    query = sa.select(held.device, held.update_id, held.digest, held.downloaded, held.since)
    return query.where(named(held.device), held.relation == MISSING, held.gone_at.is_(None)).order_by(held.id)


def _last_scans(named: Named) -> sa.Select[Any]:
    latest = sa.select(scans.c.device, sa.func.max(scans.c.finished_at).label("finished_at"))
    last = latest.where(named(scans.c.device)).group_by(scans.c.device).subquery()
    match = sa.and_(scans.c.device == last.c.device, scans.c.finished_at == last.c.finished_at)
    return sa.select(scans).join(last, match).order_by(scans.c.recorded_at.desc())


def _jobs(named: Named) -> sa.Select[Any]:
    """Active jobs, and of each kind the one that ended last."""
    ended = sa.func.coalesce(jobs.c.finished_at, jobs.c.recorded_at)
    nth = sa.func.row_number().over(
        partition_by=(jobs.c.device, jobs.c.kind, jobs.c.state.in_(ACTIVE)), order_by=(ended.desc(), jobs.c.id)
    )
    ranked = sa.select(jobs, nth.label("nth")).where(named(jobs.c.device)).subquery()
    unknown = sa.and_(ranked.c.state == JobState.INTENDED.value, ranked.c.denied_at.is_not(None))
    shown = sa.or_(ranked.c.state.in_(ACTIVE), ranked.c.nth == 1)
    return sa.select(ranked).where(shown, sa.not_(unknown)).order_by(ranked.c.intended_at, ranked.c.id)


def _attempts(named: Named) -> sa.Select[Any]:
    """Tries to install what is still missing, and those since the last boot (they may wait for a restart).

    Those on a disk that an imaging server has written over since say nothing of the one that is there now.
    """
    tried = attempts.c
    written_over = sa.and_(
        room_jobs.c.id == room_attempts.c.job,
        room_attempts.c.device == tried.device,
        room_attempts.c.claim == "done",
        room_jobs.c.closed_at > tried.at,
    )
    held = sa.and_(
        device_updates.c.device == tried.device,
        device_updates.c.update_id == tried.update_id,
        device_updates.c.relation == MISSING,
        device_updates.c.gone_at.is_(None),
    )
    wanted = sa.or_(
        device_updates.c.id.is_not(None),
        observations.c.boot_time.is_(None),
        tried.at >= observations.c.boot_time,
    )
    query = sa.select(attempts).outerjoin(device_updates, held)
    query = query.outerjoin(observations, observations.c.device == tried.device)
    return query.where(
        named(tried.device),
        tried.kind == JobKind.INSTALL.value,
        tried.outcome != Outcome.NOT_STARTED.value,
        sa.not_(sa.exists().where(written_over)),
        wanted,
    ).order_by(tried.at, tried.id)


def _awaiting_restart(named: Named) -> sa.Select[Any]:
    """What was installed since the device started and asked for a restart then, as it was last described there."""
    held, tried = device_updates.c, attempts.c
    done = (
        sa.select(tried.device, tried.update_id)
        .join(observations, observations.c.device == tried.device)
        .where(named(tried.device), _AWAITS)
        .distinct()
        .subquery()
    )
    match = sa.and_(held.device == done.c.device, held.update_id == done.c.update_id)
    last = sa.select(sa.func.max(held.id)).select_from(device_updates).join(done, match)
    newest = last.group_by(held.device, held.update_id)
    return sa.select(held.device, held.digest, held.downloaded).where(held.id.in_(newest)).order_by(held.id)


def _tickets(named: Named) -> sa.Select[Any]:
    noted = tickets.c
    query = sa.select(noted.device, noted.signal, noted.update_id, noted.raised_at, noted.closed_at)
    return query.where(named(noted.device)).order_by(noted.raised_at, noted.id)


def _descriptions(conn: sa.Connection, digests: set[str]) -> dict[str, Update]:
    found: dict[str, Update] = {}
    for part in chunks(sorted(digests)):
        for row in conn.execute(_DESCRIBED, {"names": part}).mappings():
            found[row["digest"]] = update_of(row)
    return found


def _update(described: Mapping[str, Update], row: Row) -> Update:
    update = described[row["digest"]]
    return replace(update, downloaded=True) if row["downloaded"] else update


def _update_states(lacks: Rows, tried: Rows, notes: Rows) -> dict[str, UpdateState]:
    since = {row["update_id"]: row["since"] for row in lacks}
    tries: dict[str, list[Attempt]] = defaultdict(list)
    for row in tried:
        tries[row["update_id"]].append(attempt_of(row))
    ticket = {row["update_id"]: row for row in notes if row["signal"] == Signal.UPDATE_FAILED.value}  # the last one
    return {
        identity: UpdateState(
            attempts=tuple(tries.get(identity, ())),
            ticket_open=identity in ticket and ticket[identity]["closed_at"] is None,
            ticketed_at=ticket[identity]["raised_at"] if identity in ticket else None,
            ticket_closed_at=ticket[identity]["closed_at"] if identity in ticket else None,
            first_missing=since.get(identity),
        )
        for identity in {**since, **tries, **ticket}
    }


def _scan(rows: Rows) -> Scan | None:
    if not rows:
        return None
    row = rows[0]
    return Scan(row["id"], row["finished_at"], ScanTrust(row["trust"]), tuple(row["warnings"]))


def _shown(rows: Rows) -> tuple[Job, ...]:
    return tuple(job_of(row) for row in rows)


def _observation(head: Row) -> Observation | None:
    if head["seen_at"] is None:
        return None
    return Observation(
        at=head["seen_at"],
        boot_time=head["seen_boot_time"],
        pending_restart=tuple(head["seen_pending_restart"]),
        users=tuple(_user(user) for user in head["seen_users"]),
        on_battery=head["seen_on_battery"],
        free_bytes=head["seen_free_bytes"],
        restart_scheduled_at=head["seen_restart_scheduled_at"],
        foreign_restart=head["seen_foreign_restart"],
        system=system_of_device(head["seen_facts"].get("edition") or "", head["seen_facts"].get("build")),
        model=head["seen_facts"].get("model") or "",
        pending_since=head["seen_pending_since"],
        postponed=head["seen_postponed"],
        postponed_in=head["seen_postponed_in"],
        vain_restarts=head["seen_vain_restarts"],
    )


def _user(user: Mapping[str, Any]) -> LoggedOnUser:
    idle = user["idle"]
    return LoggedOnUser(user["name"], None if idle is None else timedelta(seconds=idle), user["active"])


def _heads(named: Named) -> sa.Select[Any]:
    there = [sa.exists().where(one.device == devices.c.name, *which).label(name) for name, (one, which) in _HAS.items()]
    joined = sa.select(devices, *_OBSERVED, *there).outerjoin(observations, observations.c.device == devices.c.name)
    return joined.where(named(devices.c.name))


@dataclass(frozen=True, slots=True)
class _Questions:
    """The statements about devices, built once, at import: building one costs more than running it.

    There are two of each. ``IN (...)`` is written anew for each number of names; a patrol asks about one device
    at a time, thousands of times.
    """

    heads: sa.Select[Any]
    missing: sa.Select[Any]
    last_scans: sa.Select[Any]
    jobs: sa.Select[Any]
    attempts: sa.Select[Any]
    awaiting_restart: sa.Select[Any]
    tickets: sa.Select[Any]
    one: bool

    @classmethod
    def about(cls, named: Named, *, one: bool) -> _Questions:
        return cls(
            _heads(named),
            _missing(named),
            _last_scans(named),
            _jobs(named),
            _attempts(named),
            _awaiting_restart(named),
            _tickets(named),
            one,
        )

    def binds(self, names: Sequence[str]) -> Mapping[str, Any]:
        """The values that a statement is executed with."""
        return {"names": names[0] if self.one else names}


_AWAITS = sa.and_(
    attempts.c.kind == JobKind.INSTALL.value,
    attempts.c.outcome == Outcome.SUCCEEDED.value,
    attempts.c.restart_required,
    attempts.c.at >= observations.c.boot_time,
)
_HAS = {
    "has_missing": (device_updates.c, (device_updates.c.relation == MISSING, device_updates.c.gone_at.is_(None))),
    "has_awaiting": (attempts.c, (_AWAITS,)),
    "has_attempts": (attempts.c, ()),
    "has_tickets": (tickets.c, ()),
}
_OBSERVED = [column.label(f"seen_{column.name}") for column in observations.c]
_DESCRIBED = sa.select(updates).where(updates.c.digest.in_(sa.bindparam("names", expanding=True)))
_OF_MANY = _Questions.about(lambda column: column.in_(sa.bindparam("names", expanding=True)), one=False)
_OF_ONE = _Questions.about(lambda column: column == sa.bindparam("names"), one=True)
