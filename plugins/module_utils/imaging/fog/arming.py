# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Arming exactly the seats of a job on a FOG server, and proving it by reading everything back."""

from __future__ import annotations

from collections import Counter

from ..engine import EngineError, JobSpec, Mode, Request
from .client import Client, Said
from .room import Room, belongs, kind
from .rows import Group, Task


def plan(spec: JobSpec, room: Room) -> tuple[Request, ...]:
    """Return the requests that arming takes, in order, without sending any."""
    shutdown = "1" if spec.after == "poweroff" else "0"
    body = f'{{"taskTypeID":{int(kind(spec))},"taskName":"{spec.id}","shutdown":"{shutdown}","wol":false}}'
    steps = [Request(f'PUT /host/{host}/edit {{"imageID":{room.image.id}}}') for host in room.ids]
    if spec.mode is Mode.MULTICAST:
        members = ",".join(str(host) for host in room.ids)
        steps.append(Request(f'POST /group/create {{"name":"{spec.id}","hosts":[{members}]}}'))
        steps.append(Request(f"POST /group/<the new group>/task {body}"))
    else:
        steps += [Request(f"POST /host/{host}/task {body}") for host in room.ids]
    return tuple(steps)


def give_image(client: Client, room: Room) -> None:
    """Give each host the image and read it back. A multicast sends the lowest image of its hosts to all of them."""
    for seat, host in room.hosts.items():
        said = client.set_image(host.id, room.image.id)
        now = client.host(host.id)
        if now is None or now.image != room.image.id:
            has = now.image if now is not None else "gone"
            raise EngineError(
                f"{seat}: FOG did not take image {room.image.name} (it has {has}, said {said}); nothing was armed"
            )


def groups_of(client: Client, spec: JobSpec) -> list[Group]:
    """Return the job's own groups: one, or none, or more when a first run died."""
    return [group for group in client.groups() if group.name == spec.id]


def make_group(client: Client, spec: JobSpec, room: Room) -> Group:
    """Make the job's group with exactly the room's hosts, or take over the one that a first run made."""
    for group in groups_of(client, spec):
        if sorted(client.members(group.id)) == room.ids:
            return group
        client.delete_group(group.id)
    said = client.create_group(spec.id, room.ids)
    made = groups_of(client, spec)
    if len(made) != 1:
        raise EngineError(f"job {spec.id}: FOG has {len(made)} groups of that name after making it (said {said})")
    members = sorted(client.members(made[0].id))
    if members != room.ids:
        raise EngineError(f"job {spec.id}: FOG put hosts {members} into its group, not {room.ids}; nothing was armed")
    return made[0]


def order(client: Client, spec: JobSpec, room: Room) -> list[Said]:
    """Ask for the tasks. What FOG says of it proves nothing."""
    shutdown = spec.after == "poweroff"
    if spec.mode is Mode.MULTICAST:
        group = make_group(client, spec, room)
        return [client.group_task(group.id, kind(spec), spec.id, shutdown=shutdown)]
    return [client.host_task(host, kind(spec), spec.id, shutdown=shutdown) for host in room.ids]


def ours(tasks: tuple[Task, ...], spec: JobSpec) -> list[Task]:
    """Return the tasks of the job among ``tasks``."""
    return [task for task in tasks if belongs(task.name, spec)]


def faults(client: Client, spec: JobSpec, room: Room) -> list[str]:
    """Return what is wrong with what is armed for the job; nothing when exactly the room is, with the one image."""
    tasks = ours(client.active_tasks(), spec)
    armed = Counter(task.host for task in tasks)
    wrong = [f"host {host} has no task" for host in room.ids if not armed[host]]
    wrong += [f"host {host} has {count} tasks" for host, count in sorted(armed.items()) if count > 1]
    wrong += [f"host {host or '0 (a ghost)'} is not in the room" for host in sorted(armed) if host not in room.ids]
    wrong += [f"task {t.id} has image {t.image}, not {room.image.id}" for t in tasks if t.image != room.image.id]
    wrong += [f"task {t.id} is of type {t.type}, not {int(kind(spec))}" for t in tasks if t.type != kind(spec)]
    if spec.mode is Mode.MULTICAST:
        wrong += _faults_of_session(client, spec, room, {task.id for task in tasks})
    return wrong


def _faults_of_session(client: Client, spec: JobSpec, room: Room, tasks: set[int]) -> list[str]:
    sessions = [session for session in client.active_sessions() if belongs(session.name, spec)]
    if len(sessions) != 1:
        return [f"it has {len(sessions)} multicast sessions"]
    session = sessions[0]
    wrong = []
    if session.image != room.image.id:
        wrong.append(f"multicast {session.id} sends image {session.image}, not {room.image.id}")
    receivers = client.receivers(session.id)
    if set(receivers) - tasks or len(receivers) != len(tasks):
        wrong.append(f"multicast {session.id} waits for {len(receivers)} receivers, {len(tasks)} seats are armed")
    return wrong
