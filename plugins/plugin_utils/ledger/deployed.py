# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What became of an update on each device that ever lacked it (enterprise 7; field notes 4.7).

Deployed means verified: an installation that the device claims counts only when a later search, one that can be
believed, no longer finds the update missing. An update that went away without an installation of ours (superseded,
declined at its source, installed by somebody else) is neither a success nor a failure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any

import sqlalchemy as sa

from ..planner.attempts import standing
from ..planner.model import Attempt, JobKind, Observation, Outcome, Scan, ScanTrust, UpdateState
from ..planner.policy import RetryPolicy
from .attempts import attempt_of
from .portable import Row, chunks
from .scans import MISSING
from .tables import attempts, device_updates, devices, observations, scans, tickets
from .values import Signal

_EVER = datetime.min.replace(tzinfo=UTC)
Pair = tuple[str, str]  # device, update id
Spell = tuple[datetime, datetime | None]  # missing since; gone at


class Deployed(str, Enum):
    """How an update stands on a device."""

    MISSING = "missing"  # not tried, or to be tried again
    CLAIMED = "claimed"  # installed, says the device; no search has looked since
    VERIFIED = "verified"
    FAILED = "failed"  # given up, until a person has looked
    GONE = "gone"  # no longer found, and not by an installation of ours


@dataclass(frozen=True, slots=True)
class Deployment:
    """One update on one device. ``since``: first found missing. ``at``: when it came to stand so."""

    device: str
    update_id: str
    state: Deployed
    since: datetime
    at: datetime


def missing_anywhere(conn: sa.Connection) -> tuple[str, ...]:
    """Return the ids of all updates that some device lacks now."""
    return tuple(conn.execute(_MISSING_NOW).scalars())


def tried_since(conn: sa.Connection, since: datetime) -> tuple[str, ...]:
    """Return the ids of all updates that were tried on some device since then."""
    query = sa.select(attempts.c.update_id).where(attempts.c.at >= since).distinct()
    return tuple(conn.execute(query).scalars())


def deployments(conn: sa.Connection, retry: RetryPolicy, updates: Collection[str]) -> tuple[Deployment, ...]:
    """Return how ``updates`` stand on every device that lacks or lacked them. ``retry``: what counts as given up."""
    spells: dict[Pair, list[Spell]] = defaultdict(list)
    tries: dict[Pair, list[Attempt]] = defaultdict(list)
    closed: dict[Pair, Row] = {}
    for part in chunks(updates):
        for device, update_id, begun, gone in conn.execute(_SPELLS, {"ids": part}):
            spells[device, update_id].append((begun, gone))
        for row in conn.execute(_TRIES, {"ids": part}).mappings():
            tries[row["device"], row["update_id"]].append(attempt_of(row))
        for row in conn.execute(_TICKETS, {"ids": part}).mappings():
            closed[row["device"], row["update_id"]] = row  # the last one counts
    searched = _last_searches(conn, {device for device, _update in tries})
    seen = _observations(conn, {device for device, _update in tries})
    return tuple(
        _deployment(pair, rows, tries.get(pair, []), closed.get(pair), searched, seen, retry)
        for pair, rows in spells.items()
    )


def _deployment(
    pair: Pair,
    spells: list[Spell],
    tries: list[Attempt],
    ticket: Row | None,
    searched: Mapping[str, datetime],
    seen: Mapping[str, Observation],
    retry: RetryPolicy,
) -> Deployment:
    device, update_id = pair
    since, (begun, gone) = spells[0][0], spells[-1]
    scanned = searched.get(device, _EVER)
    claims = [one.at for one in tries if one.outcome is Outcome.SUCCEEDED]
    if gone is not None:
        claim = max(claims, default=None)
        if claim is None or claim < begun:
            return Deployment(device, update_id, Deployed.GONE, since, gone)
        if gone > claim:
            return Deployment(device, update_id, Deployed.VERIFIED, since, gone)
        state = Deployed.VERIFIED if scanned > claim else Deployed.CLAIMED
        return Deployment(device, update_id, state, since, scanned if scanned > claim else claim)
    if not tries and ticket is None:  # most of them: nothing to weigh
        return Deployment(device, update_id, Deployed.MISSING, since, begun)
    remembered = UpdateState(
        attempts=tuple(tries),
        ticket_open=ticket is not None and ticket["closed_at"] is None,
        ticketed_at=ticket["raised_at"] if ticket else None,
        ticket_closed_at=ticket["closed_at"] if ticket else None,
    )
    stands = standing(remembered, retry, Scan("", scanned), seen.get(device))
    failure = stands.last_failure or stands.last
    if stands.parked:
        return Deployment(device, update_id, Deployed.FAILED, since, failure.at if failure else begun)
    open_claim = stands.unconfirmed or stands.unfinished
    if open_claim is not None:
        return Deployment(device, update_id, Deployed.CLAIMED, since, open_claim.at)
    return Deployment(device, update_id, Deployed.MISSING, since, begun)


def _last_searches(conn: sa.Connection, names: Iterable[str]) -> dict[str, datetime]:
    found: dict[str, datetime] = {}
    for row in _rows(conn, _SEARCHED, names):
        found[row["device"]] = row["at"]
    return found


def _observations(conn: sa.Connection, names: Iterable[str]) -> dict[str, Observation]:
    return {
        row["device"]: Observation(row["at"], row["boot_time"], tuple(row["pending_restart"]))
        for row in _rows(conn, _OBSERVED, names)
    }


def _rows(conn: sa.Connection, query: sa.Select[Any], names: Iterable[str]) -> Iterator[Row]:
    for part in chunks(sorted(names)):
        yield from conn.execute(query, {"ids": part}).mappings()


_IDS: sa.BindParameter[str] = sa.bindparam("ids", expanding=True)
_MISSING_NOW = (
    sa.select(device_updates.c.update_id)
    .where(device_updates.c.relation == MISSING, device_updates.c.gone_at.is_(None))
    .distinct()
    .order_by(device_updates.c.update_id)
)
_SPELLS = (
    sa.select(device_updates.c.device, device_updates.c.update_id, device_updates.c.since, device_updates.c.gone_at)
    .join(devices, devices.c.name == device_updates.c.device)
    .where(device_updates.c.update_id.in_(_IDS), device_updates.c.relation == MISSING, devices.c.managed.is_(True))
    .order_by(device_updates.c.id)
)
_TRIES = (
    sa.select(attempts)
    .where(
        attempts.c.update_id.in_(_IDS),
        attempts.c.kind == JobKind.INSTALL.value,
        attempts.c.outcome != Outcome.NOT_STARTED.value,
    )
    .order_by(attempts.c.at, attempts.c.id)
)
_TICKETS = (
    sa.select(tickets.c.device, tickets.c.update_id, tickets.c.raised_at, tickets.c.closed_at)
    .where(tickets.c.update_id.in_(_IDS), tickets.c.signal == Signal.UPDATE_FAILED.value)
    .order_by(tickets.c.raised_at, tickets.c.id)
)
_SEARCHED = (
    sa.select(scans.c.device, sa.func.max(scans.c.finished_at).label("at"))
    .where(scans.c.device.in_(_IDS), scans.c.trust != ScanTrust.UNKNOWN.value)
    .group_by(scans.c.device)
)
_OBSERVED = sa.select(
    observations.c.device, observations.c.at, observations.c.boot_time, observations.c.pending_restart
).where(observations.c.device.in_(_IDS))
