# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The verbs of imaging on a FOG server."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

from ..engine import EngineError, JobProgress, JobSpec, Mode, Problem, Request, SeatProgress, SeatState, Started
from . import arming
from .client import Client
from .disarming import disarm, sessions_of
from .room import Room, belongs, hosts_of, problems_of, room_of
from .rows import Host, LogRow, State, Task

_NOT_IMAGING = frozenset({12, 13, 14})  # snapins and waking do not boot into FOG's own system
_STATES = {
    State.NEW: SeatState.ARMED,
    State.QUEUED: SeatState.ARMED,
    State.CHECKED_IN: SeatState.STARTED,
    State.IN_PROGRESS: SeatState.STARTED,
    State.COMPLETE: SeatState.DONE,
    State.FAILED: SeatState.FAILED,
}


class FogEngine:
    """The engine ``fog``. ``zone``: the server's own time zone, which its times do not tell; None: times are left out.

    FOG has one time of waiting for all its multicasts (FOG_UDPCAST_MAXWAIT, in minutes): ``wait_seconds`` of a job
    cannot change it.
    """

    def __init__(self, client: Client, zone: tzinfo | None = None) -> None:
        self._client = client
        self._zone = zone

    def preflight(self, spec: JobSpec) -> tuple[Problem, ...]:
        """Return everything that forbids the job; only questions are asked."""
        return problems_of(self._client, spec)

    def start(self, spec: JobSpec, *, check: bool = False) -> Started:
        """Give the seats the image, arm exactly them, and prove it. No PC is woken or restarted by this.

        Raises EngineError; whatever was armed is cancelled before.
        """
        problems = self.preflight(spec)
        if problems:
            raise EngineError("; ".join(f"{p.seat}: {p.what}" if p.seat else p.what for p in problems))
        room = room_of(self._client, spec)
        if self._started(spec, room):
            return Started(changed=False)
        steps = arming.plan(spec, room)
        if check:
            return Started(changed=True, requests=steps)
        arming.give_image(self._client, room)
        said = arming.order(self._client, spec, room)
        self._prove(spec, room, f" (FOG said {', '.join(sorted({str(one) for one in said}))})")
        return Started(changed=True, requests=steps)

    def progress(self, spec: JobSpec) -> JobProgress:
        """Say how far the job is, as FOG claims."""
        tasks = {name: self._latest(spec, host) for name, host in hosts_of(self._client, spec).items()}
        seats = tuple(self._seat(spec, seat.name, tasks.get(seat.name)) for seat in spec.seats)
        sessions = sessions_of(self._client, spec)
        active = arming.ours(self._client.active_tasks(), spec)
        known = [task for task in tasks.values() if task is not None]
        expected = len(self._client.receivers(sessions[0].id)) if sessions else len(known)
        return JobProgress(
            seats=seats,
            closed=not sessions and not active,
            joined=sum(task.checked_in is not None for task in known),
            expected=expected,
            detail=f"multicast {sessions[0].id} is open" if sessions else "",
        )

    def cancel(self, spec: JobSpec, *, check: bool = False) -> Started:
        """Stop this job and no other, and prove that none of its seats stays armed."""
        if check:
            steps = self._steps_of_cancel(spec)
            return Started(changed=bool(steps), requests=steps)
        sent = disarm(self._client, spec)
        return Started(changed=bool(sent), requests=tuple(Request(step) for step in sent))

    def verify(self, spec: JobSpec) -> tuple[SeatProgress, ...]:
        """Return what FOG's tasks and its log say of each seat: done only where both do. It is still a claim.

        Any machine of the network can tell FOG that a PC is done, and a multicast that got into disorder says so too.
        """
        hosts = hosts_of(self._client, spec)
        seats = []
        for seat in spec.seats:
            host = hosts.get(seat.name)
            task = self._latest(spec, host) if host is not None else None
            said = self._seat(spec, seat.name, task)
            if said.state is SeatState.DONE and not (host and task and self._logged(spec, host, task)):
                detail = "FOG calls the task complete, its log has no end of it"
                said = SeatProgress(seat.name, SeatState.UNKNOWN, said.percent, detail=detail)
            seats.append(said)
        return tuple(seats)

    def finish(self, spec: JobSpec, *, check: bool = False) -> Started:
        """Disarm what is left and delete the job's group. Raises EngineError while a seat is being written."""
        writing = [task for task in arming.ours(self._client.active_tasks(), spec) if task.state == State.IN_PROGRESS]
        if writing:
            hosts = ", ".join(str(task.host) for task in writing)
            raise EngineError(f"job {spec.id}: hosts {hosts} are being written; cancel the job first if they hang")
        steps = list(self._steps_of_cancel(spec))
        groups = arming.groups_of(self._client, spec)
        steps += [Request(f"DELETE /group/{group.id}/delete") for group in groups]
        if check:
            return Started(changed=bool(steps), requests=tuple(steps))
        disarm(self._client, spec)
        for group in groups:
            self._client.delete_group(group.id)
        left = arming.groups_of(self._client, spec)
        if left:
            raise EngineError(f"job {spec.id}: FOG keeps its group {left[0].id}; delete it on FOG's page")
        return Started(changed=bool(steps), requests=tuple(steps))

    def armed(self) -> frozenset[str]:
        """Return the MACs that FOG would write to, or read from, at their next boot, of this job or any other."""
        told = {task.host for task in self._client.active_tasks() if task.type not in _NOT_IMAGING}
        return frozenset(mac for host in self._client.hosts() if host.id in told for mac in host.macs)

    def _started(self, spec: JobSpec, room: Room) -> bool:
        """Whether the job was started already, whole. Raises EngineError when it was in part, after disarming it."""
        had = {host.id: self._latest(spec, host) for host in room.hosts.values()}
        active = arming.ours(self._client.active_tasks(), spec)
        sessions = sessions_of(self._client, spec)
        if not any(had.values()) and not active and not sessions:
            return False
        if all(task is not None and task.state == State.QUEUED for task in had.values()):
            self._prove(spec, room, "")
            return True
        receivers = {task for session in sessions for task in self._client.receivers(session.id)}
        known = {task.id for task in had.values() if task is not None}
        if all(had.values()) and receivers <= known and {task.id for task in active} <= known:
            return True
        disarm(self._client, spec)
        raise EngineError(f"job {spec.id}: it was armed in part, and is disarmed now; start it under a new id")

    def _prove(self, spec: JobSpec, room: Room, said: str) -> None:
        wrong = arming.faults(self._client, spec, room)
        if wrong:
            disarm(self._client, spec)
            raise EngineError(f"job {spec.id}: FOG armed something else, and is disarmed: {'; '.join(wrong)}{said}")

    def _latest(self, spec: JobSpec, host: Host) -> Task | None:
        tasks = [task for task in self._client.tasks_of(host.id) if belongs(task.name, spec)]
        return max(tasks, key=lambda task: task.id, default=None)

    def _logged(self, spec: JobSpec, host: Host, task: Task) -> bool:
        return any(_of(row, task, spec) for row in self._client.log_of(host.id))

    def _seat(self, spec: JobSpec, name: str, task: Task | None) -> SeatProgress:
        if task is None:
            return SeatProgress(name, SeatState.UNKNOWN, detail="FOG has no task of this job for it")
        state = _STATES.get(State(task.state), SeatState.UNKNOWN) if task.state in tuple(State) else SeatState.UNKNOWN
        if task.state == State.CANCELLED:
            state = self._cancelled(spec, task)
        return SeatProgress(
            seat=name,
            state=state,
            percent=100.0 if state is SeatState.DONE else task.percent,
            rate=task.rate,
            remaining=task.remaining,
            since=self._utc(task.checked_in),
            detail=f"{task.copied} of {task.total}" if task.copied else "",
        )

    def _cancelled(self, spec: JobSpec, task: Task) -> SeatState:
        """Closing a multicast that hangs makes even its complete tasks cancelled ones: the log still knows."""
        if task.checked_in is None and not task.percent:
            return SeatState.CANCELLED
        done = any(_of(row, task, spec) for row in self._client.log_of(task.host))
        return SeatState.DONE if done else SeatState.INTERRUPTED

    def _steps_of_cancel(self, spec: JobSpec) -> tuple[Request, ...]:
        sessions = sessions_of(self._client, spec)
        steps = [Request(f"DELETE /multicastsession/{session.id}/cancel") for session in sessions]
        if spec.mode is Mode.UNICAST or not sessions:
            tasks = arming.ours(self._client.active_tasks(), spec)
            steps += [Request(f"DELETE /task/{task.id}/cancel") for task in tasks]
        return tuple(steps)

    def _utc(self, local: datetime | None) -> datetime | None:
        if local is None or self._zone is None:
            return None
        return local.replace(tzinfo=self._zone).astimezone(UTC)


def _of(row: LogRow, task: Task, spec: JobSpec) -> bool:
    """Whether a row of FOG's log is a whole run of this task with the job's image."""
    return (
        row.type == "down"
        and row.image == spec.image
        and row.start is not None
        and row.finish is not None
        and row.finish > row.start
        and (task.created is None or row.start >= task.created)
    )
