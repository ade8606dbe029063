# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Orders to roll an update back (helpdesk 8), and how far each has come."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

import sqlalchemy as sa

from ..planner.fleet import Removal, Rollback
from ..planner.model import Attempt, ErrorClass, JobKind, Outcome, Update
from .attempts import attempt_of
from .portable import Row
from .scans import INSTALLED
from .software_tables import installed_lists, rollbacks
from .tables import attempts, device_updates, devices, tickets, updates
from .tickets import close_ticket
from .update_rows import update_of
from .values import Signal


class RemovalState(str, Enum):
    """Where the removal of one update from one device stands."""

    PENDING = "pending"  # installed, and not yet tried
    REMOVED = "removed"  # a search after the order does not find it any more, or the device removed it
    FAILED = "failed"
    CANNOT = "cannot"  # the device says that it cannot be uninstalled, or that only a person can


@dataclass(frozen=True, slots=True)
class Affected:
    """One update that a rollback names, on one device that has it or had it when the order was given."""

    device: str
    update: Update
    state: RemovalState
    last: Attempt | None = None
    last_seen: datetime | None = None


class RollbackReader:
    """Questions about orders."""

    __slots__ = ("_conn",)

    def __init__(self, conn: sa.Connection) -> None:
        self._conn = conn

    def standing(self) -> tuple[Rollback, ...]:
        """The orders that stand, oldest first."""
        return tuple(
            Rollback(row["update_name"], row["reason"], row["ordered_by"], row["ordered_at"], row["at_once"])
            for row in self._conn.execute(_STANDING).mappings()
        )

    def on_device(self, device: str, orders: Sequence[Rollback]) -> tuple[tuple[Removal, ...], str]:
        """What the orders name and the device has, and the id of the search that said so ("": it never listed)."""
        listed = self._conn.execute(_LISTED, {"b_device": device}).one_or_none()
        if listed is None:
            return (), ""
        tried: dict[str, list[Attempt]] = defaultdict(list)
        for row in self._conn.execute(_TRIED, {"b_device": device}).mappings():
            tried[row["update_id"]].append(attempt_of(row))
        found = [update_of(row) for row in self._conn.execute(_INSTALLED, {"b_device": device}).mappings()]
        affected = [(one, order) for one in found if (order := named(one, orders)) is not None]
        raised = self._conn.execute(_RAISED, {"b_device": device}).all() if affected else []
        called = {row.update_id: row.at for row in raised}
        return tuple(
            Removal(
                update,
                order,
                listed.finished_at,
                _since(tried[update.id], order),
                ticketed=update.id in called and called[update.id] >= order.ordered_at,
            )
            for update, order in affected
        ), listed.scan

    def affected(self, order: Rollback) -> tuple[Affected, ...]:
        """Every device that has, or had when the order was given, what it names; by device."""
        tried: dict[tuple[str, str], list[Attempt]] = defaultdict(list)
        for row in self._conn.execute(_ALL_TRIED).mappings():
            tried[row["device"], row["update_id"]].append(attempt_of(row))
        found = {}
        for row in self._conn.execute(_ALL_INSTALLED, {"b_at": order.ordered_at}).mappings():
            update = update_of(row)
            if named(update, [order]) is not None:
                mine = _since(tried[row["device"], update.id], order)
                last = mine[-1] if mine else None
                state = _state(row, update, last)
                found[row["device"], update.id] = Affected(row["device"], update, state, last, row["last_seen"])
        return tuple(found[key] for key in sorted(found))


class Rollbacks(RollbackReader):
    """Questions, orders and their end."""

    __slots__ = ()

    def order(self, order: Rollback) -> Rollback:
        """Give an order; one that stands for the same name already is returned as it is, but for ``at_once``."""
        stands = next((one for one in self.standing() if one.update == order.update), None)
        if stands is not None:
            if order.at_once == stands.at_once:
                return stands
            self._conn.execute(_HURRY, {"b_name": order.update, "b_once": order.at_once})
            return replace(stands, at_once=order.at_once)
        row = {
            "update_name": order.update,
            "reason": order.reason,
            "ordered_by": order.by,
            "ordered_at": order.ordered_at,
            "at_once": order.at_once,
            "lifted_why": "",
            "open_key": order.update,
        }
        self._conn.execute(sa.insert(rollbacks), [row])
        return order

    def lift(self, update: str, by: str, why: str, now: datetime) -> bool:
        """End an order; False when none stands. What was removed may be installed again from then on."""
        given = {"b_name": update, "b_by": by, "b_why": why, "b_at": now}
        if self._conn.execute(_LIFT, given).rowcount == 0:
            return False
        for row in self._conn.execute(_OPEN).mappings():
            if named(update_of(row), self.standing()) is None:
                close_ticket(self._conn, row["ticket"], now, "no order names the update any more")
        return True


def named(update: Update, orders: Sequence[Rollback]) -> Rollback | None:
    """The order that names an update by its id, its KB or its package."""
    names = (update.id, *update.kbs)
    return next((one for one in orders if one.update in names), None)


def _since(tried: Sequence[Attempt], order: Rollback) -> tuple[Attempt, ...]:
    return tuple(one for one in tried if one.at >= order.ordered_at)


def _state(row: Row, update: Update, last: Attempt | None) -> RemovalState:
    if row["gone_at"] is not None or (last is not None and last.outcome is Outcome.SUCCEEDED):
        return RemovalState.REMOVED
    if not update.uninstallable or (last is not None and last.error_class is ErrorClass.NEEDS_PERSON):
        return RemovalState.CANNOT
    return RemovalState.PENDING if last is None or last.outcome is not Outcome.FAILED else RemovalState.FAILED


_DEVICE: sa.BindParameter[str] = sa.bindparam("b_device")
_NAME: sa.BindParameter[str] = sa.bindparam("b_name")
_STANDING = sa.select(rollbacks).where(rollbacks.c.open_key.is_not(None)).order_by(rollbacks.c.id)
_HURRY = sa.update(rollbacks).where(rollbacks.c.open_key == _NAME).values(at_once=sa.bindparam("b_once"))
_LIFT = (
    sa.update(rollbacks)
    .where(rollbacks.c.open_key == _NAME)
    .values(
        lifted_by=sa.bindparam("b_by"), lifted_at=sa.bindparam("b_at"), lifted_why=sa.bindparam("b_why"), open_key=None
    )
)
_LISTED = sa.select(installed_lists.c.scan, installed_lists.c.finished_at).where(installed_lists.c.device == _DEVICE)
_held = sa.and_(device_updates.c.relation == INSTALLED, device_updates.c.digest == updates.c.digest)
_INSTALLED = (
    sa.select(updates)
    .join(device_updates, _held)
    .where(device_updates.c.device == _DEVICE, device_updates.c.gone_at.is_(None))
    .order_by(device_updates.c.id)
)
_called = tickets.c.signal == Signal.REMOVAL_FAILED.value
_RAISED = (
    sa.select(tickets.c.update_id, sa.func.max(tickets.c.raised_at, type_=tickets.c.raised_at.type).label("at"))
    .where(tickets.c.device == _DEVICE, _called)
    .group_by(tickets.c.update_id)
)
_OPEN = (
    sa.select(updates, tickets.c.id.label("ticket"))
    .join(tickets, tickets.c.update_id == updates.c.id)
    .where(_called, tickets.c.open_key.is_not(None))
)
_removing = sa.and_(attempts.c.kind == JobKind.UNINSTALL.value, attempts.c.outcome != Outcome.NOT_STARTED.value)
_ALL_TRIED = sa.select(attempts).where(_removing).order_by(attempts.c.at, attempts.c.id)
_TRIED = _ALL_TRIED.where(attempts.c.device == _DEVICE)
_ALL_INSTALLED = (
    sa.select(updates, device_updates.c.device, device_updates.c.gone_at, devices.c.last_seen)
    .join(device_updates, _held)
    .join(devices, devices.c.name == device_updates.c.device)
    .where(sa.or_(device_updates.c.gone_at.is_(None), device_updates.c.gone_at >= sa.bindparam("b_at")))
    .order_by(device_updates.c.id)
)
