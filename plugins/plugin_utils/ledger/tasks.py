# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Manual tasks: what a person installs, from the call to the recorded result (enterprise 6)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

import sqlalchemy as sa

from ..planner.fleet import ManualTask, TaskResult
from . import audit
from .deployed import Pair
from .devices import lock
from .errors import LedgerError
from .portable import chunks, insert_if_absent
from .rollout_tables import manual_tasks
from .tables import tickets
from .tickets import close_ticket, raise_ticket
from .values import Signal


@dataclass(frozen=True, slots=True)
class Task:
    """A row. ``responsible``: whom the register names; None: nobody. ``result`` is None while it is open."""

    id: str
    device: str
    update_id: str
    label: str
    why: str
    responsible: str | None
    bulletin: str
    opened_at: datetime
    closed_at: datetime | None = None
    result: TaskResult | None = None
    note: str = ""
    closed_by: str = ""


def left_to_people(conn: sa.Connection, updates: Collection[str]) -> frozenset[Pair]:
    """Return where one of ``updates`` is, or was, a person's task: a rollout has nothing to expect there."""
    found = sa.select(manual_tasks.c.device, manual_tasks.c.update_id)
    return frozenset(
        (device, update_id)
        for part in chunks(updates)
        for device, update_id in conn.execute(found.where(manual_tasks.c.update_id.in_(part)))
    )


class TaskReader:
    """Questions about manual tasks. Reached as ``tx.tasks``."""

    __slots__ = ("_conn",)

    def __init__(self, conn: sa.Connection) -> None:
        self._conn = conn

    def open(self, device: str | None = None) -> tuple[Task, ...]:
        """The open tasks, oldest first; of one device, or of all."""
        here = sa.and_(
            *(() if device is None else (manual_tasks.c.device == device,)), manual_tasks.c.closed_at.is_(None)
        )
        query = sa.select(manual_tasks).where(here).order_by(manual_tasks.c.opened_at, manual_tasks.c.id)
        return tuple(_task(row) for row in self._conn.execute(query))

    def of_device(self, device: str) -> dict[str, ManualTask]:
        """The last task about each update on a device, as the planner sees it."""
        found: dict[str, ManualTask] = {}
        for row in self._conn.execute(_OF_DEVICE, {"device": device}):
            result = TaskResult(row.result) if row.result else None
            found[row.update_id] = ManualTask(row.opened_at, row.closed_at, result)
        return found


class Tasks(TaskReader):
    """Questions about manual tasks, and what people do about them."""

    __slots__ = ()

    def call(
        self,
        device: str,
        update_id: str,
        label: str,
        why: str,
        responsible: str | None,
        bulletin: str,
        now: datetime,
    ) -> Task:
        """The open task for an update on a device: given now, with its ticket, or long since. Raises UnknownDevice."""
        lock(self._conn, device)
        row = {
            "id": uuid4().hex[:12],
            "device": device,
            "update_id": update_id,
            "label": label,
            "why": why,
            "responsible": responsible,
            "bulletin": bulletin,
            "opened_at": now,
            "note": "",
            "closed_by": "",
            "open_key": update_id,
        }
        insert_if_absent(self._conn, manual_tasks, [row])
        here = sa.and_(manual_tasks.c.device == device, manual_tasks.c.open_key == update_id)
        task = _task(self._conn.execute(sa.select(manual_tasks).where(here)).one())
        evidence = {
            "device": device,
            "update": update_id,
            "label": label,
            "task": task.id,
            "responsible": responsible,
            "bulletin": bulletin,
            "reason": why,
        }
        subject = f"{device}: {label} must be installed by hand ({why}); record the result of task {task.id}"
        raise_ticket(self._conn, device, Signal.MANUAL_TASK, subject, update_id, evidence, now)
        return task

    def close(self, task_id: str, result: TaskResult, by: str, note: str, now: datetime) -> Task:
        """Record the result of an open task and close its tickets. Raises LedgerError when it is not open."""
        if not by.strip():
            raise LedgerError("by: is empty; say who did it: it is kept in the audit trail")
        found = self._conn.execute(sa.select(manual_tasks).where(manual_tasks.c.id == task_id)).one_or_none()
        if found is None:
            raise LedgerError(f"task: '{task_id}' does not exist; list the open ones with state: listed")
        task = _task(found)
        if task.closed_at is not None:
            done = f"{task.result.value if task.result else ''} by {task.closed_by}"
            raise LedgerError(f"task: '{task_id}' was closed {task.closed_at:%Y-%m-%d %H:%M} UTC ({done})")
        change = {"closed_at": now, "result": result.value, "note": note, "closed_by": by}
        self._conn.execute(sa.update(manual_tasks).where(manual_tasks.c.id == task_id).values(**change, open_key=None))
        concerned = sa.select(tickets.c.id).where(
            tickets.c.device == task.device,
            tickets.c.update_id == task.update_id,
            tickets.c.signal.in_([Signal.MANUAL_TASK.value, Signal.UPDATE_FAILED.value]),
            tickets.c.closed_at.is_(None),
        )
        for ticket_id in self._conn.execute(concerned).scalars().all():
            close_ticket(self._conn, ticket_id, now, f"{result.value} by {by}: {note}")
        detail = {"task": task_id, "update": task.update_id, "result": result.value, "note": note}
        audit.append(self._conn, by, "task_closed", task.device, detail, now)
        return _task(self._conn.execute(sa.select(manual_tasks).where(manual_tasks.c.id == task_id)).one())


def _task(row: sa.Row[tuple[object, ...]]) -> Task:
    values = {name: value for name, value in row._mapping.items() if name != "open_key"}
    values["result"] = TaskResult(values["result"]) if values["result"] else None
    return Task(**values)


_OF_DEVICE = (
    sa.select(manual_tasks.c.update_id, manual_tasks.c.opened_at, manual_tasks.c.closed_at, manual_tasks.c.result)
    .where(manual_tasks.c.device == sa.bindparam("device"))
    .order_by(manual_tasks.c.opened_at, manual_tasks.c.id)
)
