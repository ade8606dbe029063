# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Stopping one job on a FOG server and nothing else, and proving that none of it stays armed.

FOG cancels everything in the building when it is told to cancel a task that it does not know. So each thing is read
first, must be active and of the job, and only then is cancelled by its id. What FOG says of it is never believed.
"""

from __future__ import annotations

from ..engine import EngineError, JobSpec
from .arming import ours
from .client import Client, Dialect
from .room import belongs
from .rows import Session, Task


def disarm(client: Client, spec: JobSpec) -> tuple[str, ...]:
    """Cancel what is active of the job; return the requests that were sent. Raises EngineError when something stays."""
    sent: list[str] = []
    for session in sessions_of(client, spec):
        sent += _cancel_session(client, spec, session)
    for task in ours(client.active_tasks(), spec):
        sent += _cancel_task(client, spec, task)
    left = [f"task {task.id} of host {task.host}" for task in ours(client.active_tasks(), spec)]
    left += [f"multicast {session.id}" for session in sessions_of(client, spec)]
    if left:
        raise EngineError(f"job {spec.id}: still armed after cancelling: {', '.join(left)}; cancel them on FOG's page")
    return tuple(sent)


def sessions_of(client: Client, spec: JobSpec) -> list[Session]:
    """Return the job's multicasts that are not over."""
    return [session for session in client.active_sessions() if belongs(session.name, spec)]


def _cancel_session(client: Client, spec: JobSpec, listed: Session) -> list[str]:
    session = client.session(listed.id)
    if session is None or not session.active or not belongs(session.name, spec):
        return []
    if not client.receivers(session.id):
        raise EngineError(
            f"job {spec.id}: multicast {session.id} has no receivers, and FOG may take none for all; cancel it on "
            "FOG's page"
        )
    client.cancel_session(session)
    return [f"DELETE /multicastsession/{session.id}/cancel"]


def _cancel_task(client: Client, spec: JobSpec, listed: Task) -> list[str]:
    """Cancel one task by its id, and where the server fails at that (1.5 on PHP 8) by its host's exact body."""
    if not _still(client, spec, listed):
        return []
    client.cancel_task(listed)
    sent = [f"DELETE /task/{listed.id}/cancel"]
    if not _still(client, spec, listed) or listed.host <= 0 or client.dialect is Dialect.V16:
        return sent
    theirs = [task for task in client.active_tasks() if task.host == listed.host and not belongs(task.name, spec)]
    if theirs:
        raise EngineError(
            f"job {spec.id}: host {listed.host} has a task of someone else ({theirs[0].name}), which FOG would cancel "
            f"with task {listed.id}; cancel the latter on FOG's page"
        )
    client.cancel_tasks_of(listed.host)
    return [*sent, f'DELETE /task/cancel {{"hostID":{listed.host}}}']


def _still(client: Client, spec: JobSpec, listed: Task) -> bool:
    task = client.task(listed.id)
    return task is not None and task.active and belongs(task.name, spec) and task.host == listed.host
