# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a job means on one FOG server: its hosts, its image, its tasks, and everything that forbids it."""

from __future__ import annotations

from dataclasses import dataclass

from ..bitrate import bits_per_second
from ..engine import EngineError, JobSpec, Mode, Problem, Seat
from .client import Client
from .rows import Host, Image, Node, Session, Task, TaskType

LONGEST_NAME = 50  # of a group, in FOG's database


@dataclass(frozen=True, slots=True)
class Room:
    """The job's seats as FOG's hosts, by the seats' names, and its image."""

    hosts: dict[str, Host]
    image: Image

    @property
    def ids(self) -> list[int]:
        """The ids of the hosts, in order."""
        return sorted(host.id for host in self.hosts.values())


def belongs(name: str, spec: JobSpec) -> bool:
    """Whether a task or a multicast of this name is the job's: FOG adds the name of the group or host to it."""
    return name == spec.id or name.startswith(f"{spec.id} - ")


def kind(spec: JobSpec) -> TaskType:
    """Return the type of the job's tasks."""
    return TaskType.MULTICAST if spec.mode is Mode.MULTICAST else TaskType.DEPLOY_NO_SNAPINS


def room_of(client: Client, spec: JobSpec) -> Room:
    """Find the seats and the image. Raises EngineError with every reason why they are not all there."""
    hosts, problems = _seats(client.hosts(), spec)
    image, wrong = _image(client.images(), spec)
    problems += wrong
    if problems or image is None:
        raise EngineError("; ".join(f"{p.seat}: {p.what}" if p.seat else p.what for p in problems))
    return Room(hosts, image)


def hosts_of(client: Client, spec: JobSpec) -> dict[str, Host]:
    """Find those seats that FOG knows, by their MACs: enough to look at a job, or to stop it."""
    return _seats(client.hosts(), spec)[0]


def problems_of(client: Client, spec: JobSpec) -> tuple[Problem, ...]:
    """Return everything that forbids the job; only questions are asked."""
    hosts, problems = _seats(client.hosts(), spec)
    problems += _image(client.images(), spec)[1]
    problems += _name(spec)
    problems += _nodes(client.nodes(), spec)
    problems += _running(client.active_tasks(), client.active_sessions(), hosts, spec)
    return tuple(problems)


def _name(spec: JobSpec) -> list[Problem]:
    if len(spec.id) > LONGEST_NAME:
        return [Problem(f"job {spec.id}: FOG cuts names at {LONGEST_NAME} characters; use a shorter name for the room")]
    return []


def _seats(known: tuple[Host, ...], spec: JobSpec) -> tuple[dict[str, Host], list[Problem]]:
    hosts: dict[str, Host] = {}
    problems: list[Problem] = []
    if not spec.seats:
        problems.append(Problem(f"room {spec.room}: it has no seats; name them"))
    for seat in spec.seats:
        found = [host for host in known if seat.mac in host.macs]
        host = found[0] if found else None
        if host is None:
            problems.append(Problem(f"FOG knows no host with MAC {seat.mac}; register it there", seat.name))
        elif len(found) > 1:
            names = ", ".join(other.name for other in found)
            problems.append(Problem(f"FOG has MAC {seat.mac} at several hosts: {names}; leave it at one", seat.name))
        elif any(other.id == host.id for other in hosts.values()):
            problems.append(Problem(f"FOG's host {host.name} is two seats of the room; correct the MACs", seat.name))
        else:
            hosts[seat.name] = host
            problems += _one_seat(seat, host)
    return hosts, problems


def _one_seat(seat: Seat, host: Host) -> list[Problem]:
    problems = []
    if host.name.lower() != seat.name.split(".")[0].lower():
        problems.append(Problem(f"FOG calls the host with MAC {seat.mac} {host.name}; correct one of them", seat.name))
    if host.pending:
        problems.append(Problem("the host waits for approval in FOG; approve it there", seat.name))
    return problems


def _image(images: tuple[Image, ...], spec: JobSpec) -> tuple[Image | None, list[Problem]]:
    found = [image for image in images if image.name == spec.image]
    if len(found) != 1:
        return None, [Problem(f"image {spec.image}: FOG has {len(found)} of that name; one is needed")]
    image = found[0]
    problems = []
    if not image.enabled:
        problems.append(Problem(f"image {spec.image}: it is not enabled in FOG; enable it or choose another"))
    if image.split and spec.mode is Mode.MULTICAST:
        problems.append(
            Problem(
                f"image {spec.image}: it lies in pieces of 200 MiB, of which a multicast sends the first only; "
                "capture it unsplit, or deploy by unicast"
            )
        )
    return image, problems


def _nodes(nodes: tuple[Node, ...], spec: JobSpec) -> list[Problem]:
    masters = [node for node in nodes if node.master and node.enabled]
    if not masters:
        return [Problem("storage nodes: no master is enabled; the image could not be sent")]
    if spec.max_bitrate is None or spec.mode is not Mode.MULTICAST:
        return []
    return [
        Problem(
            f"storage node {node.id}: FOG limits its multicast to {node.bitrate or 'nothing'}, the job to "
            f"{spec.max_bitrate} bit/s; set the bitrate on the node's page"
        )
        for node in masters
        if not 0 < bits_per_second(node.bitrate) <= spec.max_bitrate
    ]


def _running(
    tasks: tuple[Task, ...], sessions: tuple[Session, ...], hosts: dict[str, Host], spec: JobSpec
) -> list[Problem]:
    names = {host.id: name for name, host in hosts.items()}
    problems = []
    for task in tasks:
        if belongs(task.name, spec):
            continue
        if task.host in names:
            problems.append(Problem(f"FOG has another task for it: {task.name}; cancel it there", names[task.host]))
        elif task.host <= 0:
            problems.append(Problem(f"FOG has a task for no host: {task.id} {task.name}; cancel it there"))
        elif task.name.startswith(("reimage-", "capture-")):
            problems.append(Problem(f"another job runs on this server: {task.name}; wait for its end"))
    problems += [
        Problem(f"another multicast runs on this server: {session.id} {session.name}; wait for its end")
        for session in sessions
        if not belongs(session.name, spec)
    ]
    return problems
