# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The phased deployment of every update: judged once a round, asked for by every plan (enterprise 5).

``planner/rings.py`` has the arithmetic. Here are the counts, what was opened when, and the halts: a halt is
remembered until a person lifts it, and failures from before that no longer count.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import uuid4

import sqlalchemy as sa

from ..planner.fleet import RingGate
from ..planner.policy import RetryPolicy
from ..planner.rings import Ring, Tally, ring_of, too_many_failures, unhealthy
from . import audit, standings
from .deployed import Deployed, Deployment, deployments, missing_anywhere, tried_since
from .errors import LedgerError
from .portable import Row, chunks, insert_if_absent, upsert
from .rollout_tables import ring_halts, rollouts
from .tables import devices, tickets, updates
from .tasks import left_to_people
from .tickets import close_ticket, raise_ticket
from .values import Signal

FORGOTTEN = timedelta(days=30)  # a device that is silent for longer is in no ring's count


@dataclass(frozen=True, slots=True)
class Stage:
    """One ring in the rollout of one update. ``why``: what the ring after it waits for."""

    ring: str
    opened_at: datetime | None = None
    opened_by: str | None = None
    healthy_since: datetime | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Halt:
    """A rollout that stopped in ``ring``."""

    update_id: str
    label: str
    ring: str
    why: str
    at: datetime


class RolloutReader:
    """Questions about rollouts. Reached as ``tx.rollouts``."""

    __slots__ = ("_conn",)

    def __init__(self, conn: sa.Connection) -> None:
        self._conn = conn

    def gates(self, rings: Sequence[Ring], ring: str | None, ids: Iterable[str]) -> dict[str, RingGate]:
        """Return the gate of a device's ring for each update that was judged. One query for 500 updates."""
        place = ring_of(tuple(rings), ring)
        found = {}
        for update_id, (stages, halted) in self._stages(ids).items():
            here = stages.get(rings[place].name)
            before = stages.get(rings[place - 1].name) if place else None
            opens = None
            if before is not None and before.healthy_since is not None and not halted:
                opens = before.healthy_since + rings[place - 1].soak
            found[update_id] = RingGate(
                opened_at=here.opened_at if here else None,
                why=halted or (before.why if before else ""),
                opens_at=opens,
                halted=bool(halted),
            )
        return found

    def stages(self, update_id: str) -> dict[str, Stage]:
        """Return how far the rollout of one update has come, by ring."""
        return self._stages([update_id]).get(update_id, ({}, ""))[0]

    def halts(self) -> tuple[Halt, ...]:
        """Return the rollouts that stand still until a person lets them go on, oldest first."""
        query = sa.select(ring_halts).where(ring_halts.c.open_key.is_not(None)).order_by(ring_halts.c.halted_at)
        rows = self._conn.execute(query).all()
        labels = labels_of(self._conn, [row.update_id for row in rows])
        return tuple(
            Halt(row.update_id, labels.get(row.update_id, row.update_id), row.ring, row.why, row.halted_at)
            for row in rows
        )

    def deployed(self, retry: RetryPolicy, since: datetime) -> tuple[tuple[Deployment, str], ...]:
        """Return how each update that is missing somewhere, or was tried since then, stands everywhere; its label."""
        ids = {*missing_anywhere(self._conn), *tried_since(self._conn, since)}
        labels = labels_of(self._conn, ids)
        return tuple((one, labels.get(one.update_id, one.update_id)) for one in deployments(self._conn, retry, ids))

    def _stages(self, ids: Iterable[str]) -> dict[str, tuple[dict[str, Stage], str]]:
        found: dict[str, tuple[dict[str, Stage], str]] = {}
        for part in chunks(ids):
            for row in self._conn.execute(_STAGES, {"ids": part}):
                stage = Stage(row.ring, row.opened_at, row.opened_by, row.healthy_since, row.why)
                found.setdefault(row.update_id, ({}, row.halted_why or ""))[0][row.ring] = stage
        return found


class Rollouts(RolloutReader):
    """Questions about rollouts, and what happens to them."""

    __slots__ = ()

    def judge(self, rings: Sequence[Ring], retry: RetryPolicy, now: datetime) -> tuple[Halt, ...]:
        """Judge the rollout of every update that some device lacks: open rings, or halt it; returns fresh halts.

        Idempotent: the same facts at the same instant change nothing.
        """
        ladder = tuple(rings)
        ids = missing_anywhere(self._conn)
        if not ladder or not ids:
            return ()
        places = self._places(ladder, now)
        resumed = self._resumed(ids)
        found: dict[str, list[Deployment]] = defaultdict(list)
        people_do = left_to_people(self._conn, ids)
        for one in deployments(self._conn, retry, ids):
            if one.state is not Deployed.MISSING or (one.device, one.update_id) not in people_do:
                found[one.update_id].append(one)
        tallies = _tallies(found, places, resumed, len(ladder))
        woken: set[str] = set()
        known = self._stages(ids)
        changed: list[dict[str, object]] = []
        halted: list[Halt] = []
        for update_id in ids:
            stages, why = known.get(update_id, ({}, ""))
            counts = tallies.get(update_id, [Tally()] * len(ladder))
            old = [stages.get(ring.name, Stage(ring.name)) for ring in ladder]
            fault = None if why else _fault(ladder, counts)
            if fault is not None:
                halted += self._halt(update_id, fault[0], fault[1], now)
            new = judged(ladder, old, counts, bool(why) or fault is not None, now)
            changed += [
                {"update_id": update_id, **_row(after)}
                for before, after in zip(old, new, strict=True)
                if before != after
            ]
            fresh = {at for at, (before, after) in enumerate(zip(old, new, strict=True)) if _opens(before, after)}
            woken |= {one.device for one in found.get(update_id, ()) if places.get(one.device, (-1, None))[0] in fresh}
        upsert(self._conn, rollouts, changed)
        standings.wake(self._conn, woken, now)
        return tuple(halted)

    def resume(self, update: str, by: str, why: str, now: datetime) -> tuple[str, ...]:
        """Let halted rollouts of a KB or update id go on; failures up to now no longer count. Returns their ids."""
        _person(by, why)
        names = self._ids(update)
        query = sa.select(ring_halts.c.id, ring_halts.c.update_id).where(ring_halts.c.open_key.in_(names))
        found = self._conn.execute(query).all()
        for row in found:
            here = sa.update(ring_halts).where(ring_halts.c.id == row.id)
            self._conn.execute(here.values(resumed_at=now, resumed_by=by, resumed_why=why, open_key=None))
            self._close_ticket(row.update_id, f"{by}: {why}", now)
            audit.append(self._conn, by, "rollout_resumed", None, {"update": row.update_id, "why": why}, now)
        return tuple(row.update_id for row in found)

    def open_ring(self, update: str, ring: str, by: str, why: str, now: datetime) -> tuple[str, ...]:
        """Open a ring for a KB or update id before its rules do. Returns the ids for which it was closed."""
        _person(by, why)
        opened = []
        for update_id in self._ids(update):
            stage = self.stages(update_id).get(ring, Stage(ring))
            if stage.opened_at is None:
                row = {"update_id": update_id, **_row(replace(stage, opened_at=now, opened_by=by))}
                upsert(self._conn, rollouts, [row])
                detail = {"update": update_id, "ring": ring, "why": why}
                audit.append(self._conn, by, "ring_opened", None, detail, now)
                opened.append(update_id)
        return tuple(opened)

    def _places(self, rings: tuple[Ring, ...], now: datetime) -> dict[str, tuple[int, str | None]]:
        """Return the place of every device that counts, and its model."""
        heard = sa.func.coalesce(devices.c.last_seen, devices.c.known_since)
        query = sa.select(devices.c.name, devices.c.ring, devices.c.model).where(
            devices.c.managed.is_(True), heard >= now - FORGOTTEN
        )
        return {name: (ring_of(rings, ring), model) for name, ring, model in self._conn.execute(query)}

    def _resumed(self, ids: Collection[str]) -> dict[str, datetime]:
        query = (
            sa.select(ring_halts.c.update_id, sa.func.max(ring_halts.c.resumed_at).label("at"))
            .where(ring_halts.c.resumed_at.is_not(None))
            .group_by(ring_halts.c.update_id)
        )
        return {row.update_id: row.at for row in self._conn.execute(query) if row.update_id in ids}

    def _halt(self, update_id: str, ring: str, why: str, now: datetime) -> list[Halt]:
        """Remember a halt, with its ticket; nothing when another patrol has just done so."""
        label = labels_of(self._conn, [update_id]).get(update_id, update_id)
        row = {
            "id": uuid4().hex,
            "update_id": update_id,
            "ring": ring,
            "why": why,
            "halted_at": now,
            "resumed_by": "",
            "resumed_why": "",
            "open_key": update_id,
        }
        insert_if_absent(self._conn, ring_halts, [row])
        mine = sa.select(ring_halts.c.id).where(ring_halts.c.open_key == update_id)
        if self._conn.execute(mine).scalar_one() != row["id"]:
            return []
        evidence = {"update": update_id, "label": label, "ring": ring, "reason": why}
        subject = f"{label}: rollout halted in ring {ring}: {why}"
        raise_ticket(self._conn, None, Signal.ROLLOUT_HALTED, subject, update_id, evidence, now, _about(update_id))
        audit.append(self._conn, "nightshift", "rollout_halted", None, evidence, now)
        return [Halt(update_id, label, ring, why, now)]

    def _close_ticket(self, update_id: str, why: str, now: datetime) -> None:
        query = sa.select(tickets.c.id).where(
            tickets.c.signal == Signal.ROLLOUT_HALTED.value,
            tickets.c.update_id == update_id,
            tickets.c.closed_at.is_(None),
        )
        for ticket_id in self._conn.execute(query).scalars().all():
            close_ticket(self._conn, ticket_id, now, why)

    def _ids(self, update: str) -> tuple[str, ...]:
        """Return the update ids that a KB or an id means. Raises LedgerError when no device ever lacked one."""
        known = self._conn.execute(sa.select(updates.c.id, updates.c.kbs)).all() if update[:2] == "KB" else []
        found = {row.id for row in known if update in row.kbs}
        if not found and update[:2] != "KB":
            found = set(self._conn.execute(sa.select(updates.c.id).where(updates.c.id == update)).scalars())
        if not found:
            raise LedgerError(f"update: '{update}' was never found on a device; use a KB such as KB5068861, or an id")
        return tuple(sorted(found))


def judged(
    rings: Sequence[Ring], stages: Sequence[Stage], tallies: Sequence[Tally], halted: bool, now: datetime
) -> list[Stage]:
    """Return the stages after a look at the counts. The first ring is open at once; one that is open stays open."""
    found = [replace(stages[0], opened_at=stages[0].opened_at or now), *stages[1:]]
    proven: set[str] = set()
    for place, ring in enumerate(rings[:-1]):
        proven |= tallies[place].proven
        here, after = found[place], found[place + 1]
        if here.opened_at is None:
            found[place] = replace(here, healthy_since=None, why=f"ring {ring.name} is not open yet itself")
            continue
        waits = unhealthy(ring, tallies[place], proven, tallies[place + 1].models)
        if waits or halted:
            found[place] = replace(here, healthy_since=None, why="; ".join(waits))
            continue
        since = here.healthy_since or now
        why = f"ring {ring.name} is healthy, and has been for long enough {since + ring.soak:%a %Y-%m-%d %H:%M} UTC"
        found[place] = replace(here, healthy_since=since, why=why)
        if after.opened_at is None and since + ring.soak <= now:
            found[place + 1] = replace(after, opened_at=now)
    return found


def _fault(rings: Sequence[Ring], tallies: Sequence[Tally]) -> tuple[str, str] | None:
    """Return the ring whose failures are above its limit, with the reason in words."""
    for ring, tally in zip(rings, tallies, strict=True):
        if too_many_failures(ring, tally):
            why = (
                f"it failed on {tally.failed} of {tally.concerned} devices of ring {ring.name}, above {ring.failures} %"
            )
            return ring.name, why
    return None


def _opens(before: Stage, after: Stage) -> bool:
    return before.opened_at is None and after.opened_at is not None


def _tallies(
    found: Mapping[str, Iterable[Deployment]],
    places: Mapping[str, tuple[int, str | None]],
    resumed: Mapping[str, datetime],
    rings: int,
) -> dict[str, list[Tally]]:
    """Count devices by update and ring. Failures from before a person let the rollout go on are pending again."""
    states: dict[str, list[list[tuple[Deployed, str | None]]]] = defaultdict(lambda: [[] for _ring in range(rings)])
    for one in (one for of_update in found.values() for one in of_update):
        if one.device not in places or one.state is Deployed.GONE:
            continue
        place, model = places[one.device]
        excused = one.state is Deployed.FAILED and one.update_id in resumed and one.at <= resumed[one.update_id]
        states[one.update_id][place].append((Deployed.MISSING if excused else one.state, model))
    return {update_id: [_tally(ring) for ring in by_ring] for update_id, by_ring in states.items()}


def _tally(devices_of_ring: Sequence[tuple[Deployed, str | None]]) -> Tally:
    states = [state for state, _model in devices_of_ring]
    verified, failed = states.count(Deployed.VERIFIED), states.count(Deployed.FAILED)
    return Tally(
        verified,
        failed,
        len(states) - verified - failed,
        models=frozenset(model for _state, model in devices_of_ring if model),
        proven=frozenset(model for state, model in devices_of_ring if model and state is Deployed.VERIFIED),
    )


def labels_of(conn: sa.Connection, ids: Iterable[str]) -> dict[str, str]:
    """Return the KB of each update, or else its title."""
    found: dict[str, str] = {}
    for part in chunks(ids):
        for row in conn.execute(sa.select(updates.c.id, updates.c.kbs, updates.c.title).where(updates.c.id.in_(part))):
            found[row.id] = row.kbs[0] if row.kbs else row.title or row.id
    return found


def _row(stage: Stage) -> Row:
    return {
        "ring": stage.ring,
        "opened_at": stage.opened_at,
        "opened_by": stage.opened_by,
        "healthy_since": stage.healthy_since,
        "why": stage.why,
    }


def _about(update_id: str) -> str:
    return f"rollout of {update_id}"


def _person(by: str, why: str) -> None:
    """Raise LedgerError unless somebody signs, with a reason."""
    for name, text in (("by", by), ("why", why)):
        if not text.strip():
            raise LedgerError(f"{name}: is empty; say who decides this, and why: it is kept in the audit trail")


_STAGES = (
    sa.select(rollouts, ring_halts.c.why.label("halted_why"))
    .outerjoin(ring_halts, ring_halts.c.open_key == rollouts.c.update_id)
    .where(rollouts.c.update_id.in_(sa.bindparam("ids", expanding=True)))
)
